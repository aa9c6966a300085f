"""Distance sensors with a trigger and an echo pin: HC-SR04 and the like."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from agent.contract.driver import Accepts, DriverUnavailable, Emit, Emits, Site
from agent.contract.signals import Measured
from drivers.pins import Pin, claiming
from drivers.ultrasonic.air import AIR
from drivers.ultrasonic.reading import Reading, bounded, distance

if TYPE_CHECKING:
    from gpiozero import DigitalOutputDevice, InputDevice

log = logging.getLogger(__name__)

TRIGGER_S = 0.000_01
ECHO_S = 0.1
"""The longest an echo takes: without a target the pin falls after 38 ms (HC-SR04) to 60 ms
(JSN-SR04T)."""
SOUND_MM_S = 343_400
"""Speed of sound at 20 °C; 331.3 + 0.606 T m/s, so 6 % less in hard frost."""


class UltrasonicGpioSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sensor on two pins; a 5 V sensor needs a divider on its echo wire. For indoors: use a
    serial sensor for outdoor bins."""

    measures: ClassVar[frozenset[str]] = frozenset({"distance"})
    trigger: Pin
    """BCM number of the pin that starts a reading."""
    echo: Pin
    """BCM number of the pin on which the echo is timed."""
    interval_s: Annotated[float, msgspec.Meta(ge=0.1, le=60)] = 0.5
    """Seconds from one reading to the next."""
    min_mm: Annotated[int, msgspec.Meta(ge=0, le=6000)] = 20
    """Readings at or below this are too near: the blind zone. HC-SR04 20, JSN-SR04T 250."""
    max_mm: Annotated[int, msgspec.Meta(ge=1, le=6000)] = 4000
    """Readings at or beyond this are no echo. Without a target an HC-SR04 gives 6500."""
    silence_s: Annotated[float, msgspec.Meta(ge=1, le=60)] = 3.0
    """The sensor counts as broken when its echo pin has been still for so many seconds."""

    def __post_init__(self) -> None:
        if self.trigger == self.echo:
            raise ValueError(f"trigger and echo are both {self.echo}; give each its own pin")
        if self.min_mm >= self.max_mm:
            raise ValueError(
                f"min_mm must be below max_mm, got {self.min_mm} and {self.max_mm}; "
                "see the sensor's data sheet for its range"
            )


class UltrasonicGpio:
    """Emits one `Measured` distance per interval, or why there is none.

    gpiozero's DistanceSensor is not used: it pings sixteen times a second, and keeps the last
    distance, or waits without end, when no echo comes back. The timing is the same: edges
    carry the time stamps of the pin factory (with lgpio, the Linux kernel's).
    """

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (Measured,)
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: UltrasonicGpioSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._site = site

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Ping until *stop* is set.

        Raises:
            DriverUnavailable: a pin is missing or in use, or the sensor does not answer.
        """
        from gpiozero import DigitalOutputDevice, InputDevice

        settings = self._settings
        with contextlib.ExitStack() as held:
            with claiming(self._site, settings.trigger, settings.echo) as factory:
                trigger = held.enter_context(
                    DigitalOutputDevice(settings.trigger, pin_factory=factory)
                )
                echo = _Echo(
                    held.enter_context(
                        InputDevice(settings.echo, pull_up=False, pin_factory=factory)
                    )
                )
            self._ping_until(stop, emit, trigger, echo)

    def _ping_until(
        self, stop: threading.Event, emit: Emit, trigger: DigitalOutputDevice, echo: _Echo
    ) -> None:
        clock = self._site.clock
        silence = clock.silence(self._settings.silence_s)
        while not stop.is_set():
            with AIR.ping():
                seconds = echo.of(trigger)
            if seconds is not None:
                silence.heard()
            elif silence.over:
                raise DriverUnavailable(
                    f"no answer on GPIO{self._settings.echo} for {self._settings.silence_s:g} s; "
                    f"check the sensor's power and the trigger wire on GPIO{self._settings.trigger}"
                )
            emit(distance(self.name, self._reading(seconds)))
            clock.wait(stop, beat=self._settings.interval_s)

    def _reading(self, seconds: float | None) -> Reading:
        if seconds is None:
            return "no_echo"
        mm = round(seconds * SOUND_MM_S / 2)
        return bounded(mm, self._settings.min_mm, self._settings.max_mm)


class _Echo:
    """The pulse on the echo pin: as long as the sound was on its way, there and back."""

    def __init__(self, device: InputDevice) -> None:
        self._device = device
        self._rise: float | None = None
        self._seconds: float | None = None
        self._fallen = threading.Event()
        device.pin.bounce = None
        device.pin.edges = "both"
        # The pin keeps only a weak reference to this method
        device.pin.when_changed = self._changed

    def of(self, trigger: DigitalOutputDevice) -> float | None:
        """Seconds of the echo of one ping; None when the pin did not rise and fall."""
        self._rise = self._seconds = None
        self._fallen.clear()
        trigger.on()
        time.sleep(TRIGGER_S)
        trigger.off()
        self._fallen.wait(ECHO_S)
        return self._seconds

    def _changed(self, ticks: float, state: int) -> None:
        if state:
            self._rise = ticks
        elif self._rise is not None:
            self._seconds = self._device.pin_factory.ticks_diff(ticks, self._rise)
            self._fallen.set()
