"""Things that are switched by one pin: a lamp, a buzzer, a relay (a door lock, a beacon)."""

from __future__ import annotations

import logging
import math
import threading
from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from agent.contract.driver import Accepts, Emit, Emits, Site
from agent.contract.orders import Beep, Blink, Switch
from drivers.pins import Pin, claiming

if TYPE_CHECKING:
    from gpiozero import DigitalOutputDevice

log = logging.getLogger(__name__)

BEEP_S = 0.1
"""Length of a beep and of the silence after it."""


class LampSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A lamp, off until an order says otherwise."""

    pin: Pin
    """BCM number of the pin, 0 to 27."""
    active_high: bool = True
    """False when the lamp is on while the pin is low."""


class BuzzerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A buzzer with its own tone, off until an order says otherwise."""

    pin: Pin
    """BCM number of the pin, 0 to 27."""
    active_high: bool = True
    """False when the buzzer sounds while the pin is low."""


class RelaySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A relay, off until an order says otherwise."""

    pin: Pin
    """BCM number of the pin, 0 to 27."""
    active_high: bool = True
    """False for the usual relay boards with optocouplers: on while the pin is low."""
    max_on_s: Annotated[float, msgspec.Meta(ge=0.1, le=3600)] | None = None
    """Off by itself so many seconds after each order: a lock never stays powered."""


class Pulses(msgspec.Struct, frozen=True):
    """What the pin does: on, off, and so on, then it stays off."""

    times: float = math.inf
    on_s: float = math.inf
    off_s: float = 0.0
    lasts: bool = True
    """Whether it is a state, and not something that happens and is over."""


OFF = Pulses(times=0)


class Output:
    """Holds the pin and carries out the last order; off at start, on stop and when it fails.

    A killed process cannot switch off, and a Pi keeps the level of its pins: the next start
    does it. A lock that must not rely on that needs a relay board with its own timer.
    """

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = ()
    accepts: ClassVar[Accepts] = (Switch, Blink)
    resumes: ClassVar[bool] = False
    """An order that lasts and comes while the pin is not ours is carried out later."""

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

    def command(self, order: Switch | Blink | Beep) -> None:
        """Switch, blink or beep; replaces what went before."""
        pulses = self._limited(_pulses(order))
        with self._lock:
            if self._running or (self.resumes and pulses.lasts) or pulses == OFF:
                self._pulses = pulses
            else:
                log.warning("order-lost driver=%s order=%r", self.name, order)
        self._changed.set()

    def wake(self) -> None:
        """See `Wakeful`."""
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
            while True:
                self._changed.clear()  # before the look at *stop*: no wake is lost
                if stop.is_set():
                    return
                with self._lock:
                    pulses = self._pulses
                self._play(device, pulses, stop)
        finally:
            with self._lock:
                self._running = False
                if not (self.resumes and self._pulses.lasts):
                    self._pulses = OFF

    def _limited(self, pulses: Pulses) -> Pulses:
        return pulses

    def _play(self, device: DigitalOutputDevice, pulses: Pulses, stop: threading.Event) -> None:
        """Return when another order came or *stop* is set."""
        done = 0
        while done < pulses.times:
            device.on()
            if not self._rest(pulses, pulses.on_s, stop):
                return
            device.off()
            if not self._rest(pulses, pulses.off_s, stop):
                return
            done += 1
        device.off()
        self._site.clock.wait(self._changed)

    def _rest(self, pulses: Pulses, seconds: float, stop: threading.Event) -> bool:
        """Whether the time passed undisturbed."""
        clock, passes = self._site.clock, None if math.isinf(seconds) else seconds
        if math.isinf(pulses.times):  # nothing comes of one blink among countless ones
            disturbed = clock.wait(self._changed, beat=passes)
        else:
            disturbed = clock.wait(self._changed, due=passes)
        return not (disturbed or stop.is_set())


class Lamp(Output):
    """A lamp: after a failure it shows again what it should show."""

    resumes = True


class Buzzer(Output):
    """A buzzer: also beeps; a sound that is too late is not made."""

    accepts: ClassVar[Accepts] = (Switch, Blink, Beep)


class Relay(Output):
    """A relay: a door that could not be opened in time stays shut."""

    def _limited(self, pulses: Pulses) -> Pulses:
        limit = self._settings.max_on_s if isinstance(self._settings, RelaySettings) else None
        if limit is None or pulses.on_s <= limit:
            return pulses
        once = math.isinf(pulses.on_s)
        return Pulses(1 if once else pulses.times, limit, pulses.off_s, lasts=False)


def _pulses(order: Switch | Blink | Beep) -> Pulses:
    match order:
        case Beep(times=times):
            return Pulses(times, BEEP_S, BEEP_S, order.lasts)
        case Blink(on_s=on_s, off_s=off_s, times=times):
            return Pulses(math.inf if times is None else times, on_s, off_s, order.lasts)
        case Switch(on=on):
            return Pulses() if on else OFF
