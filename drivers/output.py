"""Things that are switched by one pin: a lamp, a buzzer, a relay (a door lock, a beacon)."""

from __future__ import annotations

import contextlib
import logging
import math
import threading
from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from agent.contract.driver import Accepts, DriverUnavailable, Emit, Emits, Site
from agent.contract.orders import Beep, Blink, Switch
from agent.contract.signals import Switched
from drivers.pins import Pin, claiming, watching

if TYPE_CHECKING:
    from gpiozero import DigitalInputDevice, DigitalOutputDevice

log = logging.getLogger(__name__)

BEEP_S = 0.1
"""Length of a beep and of the silence after it."""
LOOK_S = 0.25
"""How often a contact that is read back is looked at."""
FOLLOWS_S = 1.0
"""A relay moves in 0.02 s, a contactor in less than this."""

_on_alone: dict[tuple[int, str], str] = {}
"""The relay that has each interlock (of one set of pins) for itself."""


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
    interlock: Annotated[str, msgspec.Meta(max_length=32)] = ""
    """A word shared by relays of which only one may be on, such as the two directions of a
    barrier: while one is on, orders to the others are refused. Empty: none."""
    readback_pin: Pin | None = None
    """BCM number of a pin with an auxiliary contact to ground, closed while the relay is on. None:
    the level of its own pin is read back, which does not notice a contact that is welded."""


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
    look_s: float | None = None
    """How often the output is looked at while nothing happens; None: never."""

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
                if self._may(pulses):
                    self._pulses = pulses
                else:
                    log.warning("order-refused driver=%s order=%r by=interlock", self.name, order)
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
                self._rested(OFF)

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

    def _may(self, pulses: Pulses) -> bool:
        """Whether others allow these."""
        return True

    def _rested(self, pulses: Pulses) -> None:
        """The output is off after *pulses*."""

    def _look(self, device: DigitalOutputDevice) -> None:
        """Compare what the output does with what it should do."""

    def _play(self, device: DigitalOutputDevice, pulses: Pulses, stop: threading.Event) -> None:
        """Return when another order came or *stop* is set."""
        done = 0
        while done < pulses.times:
            device.on()
            if not self._rest(device, pulses, pulses.on_s, stop):
                return
            device.off()
            if not self._rest(device, pulses, pulses.off_s, stop):
                return
            done += 1
        device.off()
        self._rested(pulses)
        self._rest(device, OFF, math.inf, stop)

    def _rest(
        self, device: DigitalOutputDevice, pulses: Pulses, seconds: float, stop: threading.Event
    ) -> bool:
        """Whether the time passed undisturbed."""
        clock = self._site.clock
        end = clock.boot() + seconds
        while True:
            self._look(device)
            left = None if math.isinf(seconds) else max(0.0, end - clock.boot())
            due, beat = left, self.look_s
            if math.isinf(pulses.times):  # nothing comes of one blink among countless ones
                due, beat = (
                    None,
                    min((one for one in (left, beat) if one is not None), default=None),
                )
            if clock.wait(self._changed, due, beat) or stop.is_set():
                return False
            if clock.boot() >= end:
                return True


class Lamp(Output):
    """A lamp: after a failure it shows again what it should show."""

    resumes = True


class Buzzer(Output):
    """A buzzer: also beeps; a sound that is too late is not made."""

    accepts: ClassVar[Accepts] = (Switch, Blink, Beep)


class Relay(Output):
    """A relay: a door that could not be opened in time stays shut.

    Emits `Switched` with the state that is read back, at the start and at each change. An
    auxiliary contact that does not follow within a second is told as such, and once.
    """

    emits: ClassVar[Emits] = (Switched,)

    def __init__(self, name: str, settings: RelaySettings, site: Site) -> None:
        super().__init__(name, settings, site)
        self._relay = settings
        self._alone = (id(site.pin_factory), settings.interlock)
        self._contact: DigitalInputDevice | None = None
        self._told: bool | None = None
        self._astray: float | None = None
        """Since when the contact does not do what the pin says."""

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Hold the pin until *stop* is set, then switch off.

        Raises:
            DriverUnavailable: a pin is missing or in use, or the contact does not follow.
        """
        if self._astray is None:
            self._told = None
        self._emit = emit
        with contextlib.ExitStack() as held:
            if self._relay.readback_pin is not None:
                # Looked at, not waited for: an edge would end the pulse that it belongs to
                self._contact = held.enter_context(
                    watching(self._site, self._relay.readback_pin, True, threading.Event())
                )
                self.look_s = LOOK_S
            super().run(emit, stop)

    def _limited(self, pulses: Pulses) -> Pulses:
        limit = self._relay.max_on_s
        if pulses == OFF or limit is None or pulses.on_s <= limit:
            return pulses
        once = math.isinf(pulses.on_s)
        return Pulses(1 if once else pulses.times, limit, pulses.off_s, lasts=False)

    def _may(self, pulses: Pulses) -> bool:
        if pulses == OFF or not self._relay.interlock:
            return True
        return _on_alone.setdefault(self._alone, self.name) == self.name

    def _rested(self, pulses: Pulses) -> None:
        welded = self._contact is not None and self._contact.is_active
        with self._lock:
            # A new order may have come meanwhile; a contact that is still closed lets nobody on
            if pulses == self._pulses and not welded and _on_alone.get(self._alone) == self.name:
                del _on_alone[self._alone]

    def _look(self, device: DigitalOutputDevice) -> None:
        wanted = bool(device.value)
        on = wanted if self._contact is None else bool(self._contact.is_active)
        now = self._site.clock.boot()
        self._astray = None if on == wanted else now if self._astray is None else self._astray
        late = self._astray is not None and now - self._astray >= FOLLOWS_S
        if on != self._told and (on == wanted or late):
            self._told = on
            self._emit(Switched(source=self.name, on=on))
        if late:
            raise DriverUnavailable(
                f"the contact on GPIO{self._relay.readback_pin} says {_WORDS[on]} and the relay on "
                f"GPIO{self._relay.pin} should be {_WORDS[wanted]}; look whether it is welded, or "
                "its wires are loose"
            )


_WORDS = {True: "on", False: "off"}


def _pulses(order: Switch | Blink | Beep) -> Pulses:
    match order:
        case Beep(times=times):
            return Pulses(times, BEEP_S, BEEP_S, order.lasts)
        case Blink(on_s=on_s, off_s=off_s, times=times):
            return Pulses(math.inf if times is None else times, on_s, off_s, order.lasts)
        case Switch(on=on):
            return Pulses() if on else OFF
