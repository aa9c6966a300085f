"""Things that are switched by one pin: a lamp, a buzzer, a relay (a door lock, a beacon)."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec

from agent.contract.driver import Emit, Site
from drivers.pins import Pin, claiming

if TYPE_CHECKING:
    from gpiozero import DigitalOutputDevice

log = logging.getLogger(__name__)

LOOK_S = 0.25
"""How often `stop` is looked at while nothing changes."""
BEEP_S = 0.1
"""Length of a beep and of the silence after it."""

Seconds = Annotated[float, msgspec.Meta(ge=0.02, le=3600)]
Times = Annotated[int, msgspec.Meta(ge=1, le=1000)]


class LampSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A lamp, off until a command says otherwise."""

    pin: Pin
    """BCM number of the pin, 0 to 27."""
    active_high: bool = True
    """False when the lamp is on while the pin is low."""


class BuzzerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A buzzer with its own tone, off until a command says otherwise."""

    pin: Pin
    """BCM number of the pin, 0 to 27."""
    active_high: bool = True
    """False when the buzzer sounds while the pin is low."""


class RelaySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A relay, off until a command says otherwise."""

    pin: Pin
    """BCM number of the pin, 0 to 27."""
    active_high: bool = True
    """False for the usual relay boards with optocouplers: on while the pin is low."""
    max_on_s: Annotated[float, msgspec.Meta(ge=0.1, le=3600)] | None = None
    """Off by itself so many seconds after each command: a lock never stays powered."""


class Blink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Command ``{"blink": {"on_s": 0.5, "off_s": 0.5, "times": 3}}``; for ever without times."""

    on_s: Seconds = 0.5
    off_s: Seconds = 0.5
    times: Times | None = None


class Action(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command: exactly one of these."""

    on: bool | None = None
    blink: Blink | None = None
    beep: Times | None = None

    def __post_init__(self) -> None:
        if [self.on, self.blink, self.beep].count(None) != 2:
            raise ValueError("give exactly one of `on`, `blink` and `beep`")


class Pulses(msgspec.Struct, frozen=True):
    """What the pin does: on, off, and so on, then it stays off."""

    times: float = math.inf
    on_s: float = math.inf
    off_s: float = 0.0

    @property
    def lasting(self) -> bool:
        """Whether it is a state, and not something that happens and is over."""
        return self.times == 0 or math.isinf(self.times * self.on_s)


OFF = Pulses(times=0)


class Output:
    """Holds the pin and plays the last command; off at start, on stop and when it fails.

    A killed process cannot switch off, and a Pi keeps the level of its pins: the next start
    does it. A lock that must not rely on that needs a relay board with its own timer.
    """

    isolated: ClassVar[bool] = False
    actions: ClassVar[frozenset[str]] = frozenset({"on", "blink"})
    """The commands this kind takes."""
    resumes: ClassVar[bool] = False
    """A lasting command that comes while the pin is not ours is carried out later."""

    def __init__(
        self, name: str, settings: LampSettings | BuzzerSettings | RelaySettings, site: Site
    ) -> None:
        self.name = name
        self._settings = settings
        self._site = site
        self._pulses = OFF
        self._running = False
        self._lock = threading.Lock()
        self._changed = threading.Event()

    def command(self, action: Mapping[str, Any]) -> None:
        """Switch, blink or beep; replaces what went before. A wrong command is logged."""
        try:
            asked = msgspec.convert(action, Action)
            if not self.actions.issuperset(action):
                raise msgspec.ValidationError(f"takes only {', '.join(sorted(self.actions))}")
        except msgspec.ValidationError as error:
            log.error("bad-command driver=%s action=%s error=%s", self.name, dict(action), error)
            return
        pulses = self._limited(_pulses(asked))
        with self._lock:
            if self._running or (self.resumes and pulses.lasting) or pulses == OFF:
                self._pulses = pulses
            else:
                log.warning("command-lost driver=%s action=%s", self.name, dict(action))
        self._changed.set()

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Hold the pin until *stop* is set, then switch off.

        Raises:
            DriverUnavailable: the pin is missing or in use.
        """
        from gpiozero import DigitalOutputDevice

        with claiming(self._site, self._settings.pin) as factory:
            device = DigitalOutputDevice(
                self._settings.pin, active_high=self._settings.active_high, pin_factory=factory
            )
        with device:
            try:
                self._follow(device, stop)
            finally:
                device.off()

    def _follow(self, device: DigitalOutputDevice, stop: threading.Event) -> None:
        with self._lock:
            self._running = True
        try:
            while not stop.is_set():
                self._changed.clear()
                with self._lock:
                    pulses = self._pulses
                self._play(device, pulses, stop)
        finally:
            with self._lock:
                self._running = False
                if not (self.resumes and self._pulses.lasting):
                    self._pulses = OFF

    def _limited(self, pulses: Pulses) -> Pulses:
        return pulses

    def _play(self, device: DigitalOutputDevice, pulses: Pulses, stop: threading.Event) -> None:
        """Return when another command came or *stop* is set."""
        done = 0
        while done < pulses.times:
            device.on()
            if not self._rest(pulses.on_s, stop):
                return
            device.off()
            if not self._rest(pulses.off_s, stop):
                return
            done += 1
        device.off()
        self._rest(math.inf, stop)

    def _rest(self, seconds: float, stop: threading.Event) -> bool:
        """Whether the time passed undisturbed."""
        end = time.monotonic() + seconds
        while not stop.is_set():
            left = end - time.monotonic()
            if left <= 0:
                return True
            if self._changed.wait(min(left, LOOK_S)):
                return False
        return False


class Lamp(Output):
    """A lamp: after a failure it shows again what it should show."""

    resumes = True


class Buzzer(Output):
    """A buzzer: also takes ``{"beep": times}``; a sound that is too late is not made."""

    actions = frozenset({"on", "blink", "beep"})


class Relay(Output):
    """A relay: a door that could not be opened in time stays shut."""

    def _limited(self, pulses: Pulses) -> Pulses:
        limit = self._settings.max_on_s if isinstance(self._settings, RelaySettings) else None
        if limit is None or pulses.on_s <= limit:
            return pulses
        once = math.isinf(pulses.on_s)
        return Pulses(1 if once else pulses.times, limit, pulses.off_s)


def _pulses(action: Action) -> Pulses:
    if action.beep is not None:
        return Pulses(action.beep, BEEP_S, BEEP_S)
    if action.blink is not None:
        times = math.inf if action.blink.times is None else action.blink.times
        return Pulses(times, action.blink.on_s, action.blink.off_s)
    return Pulses() if action.on else OFF
