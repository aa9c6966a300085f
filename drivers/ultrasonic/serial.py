"""Distance sensors on a serial line: A02YYUW, JSN-SR04T, MaxBotix."""

from __future__ import annotations

import logging
import threading
from collections import deque
from functools import partial
from typing import Annotated, ClassVar, Literal

import msgspec

from agent.contract.driver import Accepts, Emit, Emits, Site
from agent.contract.signals import Measured
from drivers.bus import Port
from drivers.bus.serial_line import SerialLine, decoded
from drivers.ultrasonic.air import AIR
from drivers.ultrasonic.frames import A02Parser, MaxBotixParser, Parser
from drivers.ultrasonic.reading import Reading, bounded, distance, median

log = logging.getLogger(__name__)

LONGEST_REST_S = 0.5
"""Seconds between two looks at the line at the most, for `silence_s` and the unplugged."""
TRIGGER = b"\x55"
"""Asks a JSN-SR04T in mode 3 for a reading."""
ANSWER_S = 0.15
"""It answers after its echo, 60 ms at the longest, and 4 ms of bytes."""
WINDOW = 64
"""Readings kept between two signals: more only come from a line that floods."""


class UltrasonicSerialSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """A sensor that sends its reading on its own, several times a second, or when asked."""

    measures: ClassVar[frozenset[str]] = frozenset({"distance"})
    port: Port
    """Path of the serial port; see `drivers.bus.Port`."""
    protocol: Literal["a02", "maxbotix"] = "a02"
    """a02: A02YYUW, SEN0311, SEN0312, SEN0627, and JSN-SR04T in mode 2 (47 kΩ).
    maxbotix: HRXL-MaxSonar (unit mm), XL-MaxSonar (unit cm)."""
    asks: bool = False
    """True: the sensor measures only when it is asked (JSN-SR04T in mode 3, 120 kΩ)."""
    unit: Literal["mm", "cm"] = "mm"
    """What the sensor counts in. cm for SEN0627 and XL-MaxSonar, mm for the others."""
    baud: Literal[9600, 115200] = 9600
    """115200 for SEN0598 and SEN0599, 9600 for the others."""
    min_mm: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 30
    """Readings at or below this are too near: the blind zone. A02YYUW 30, JSN-SR04T 250,
    HRXL-MaxSonar 300 or 500 (it sends that number for all that is nearer)."""
    max_mm: Annotated[int, msgspec.Meta(ge=1, le=20_000)] = 4500
    """Readings at or beyond this are no echo. HRXL-MaxSonar sends 5000 or 9999, XL-MaxSonar
    765 cm, when it sees nothing."""
    rate_hz: Annotated[float, msgspec.Meta(ge=0.1, le=10)] = 2.0
    """At most so many signals a second; each is the median of the readings since the last."""
    silence_s: Annotated[float, msgspec.Meta(ge=1, le=60)] = 3.0
    """The sensor counts as broken after so many seconds without a reading."""

    def __post_init__(self) -> None:
        if self.min_mm >= self.max_mm:
            raise ValueError(
                f"min_mm must be below max_mm, got {self.min_mm} and {self.max_mm}; "
                "see the sensor's data sheet for its range"
            )


class UltrasonicSerial:
    """Reads the line, emits the median of each window as a `Measured` distance.

    What is within the blind zone is too near, and counts as nearer than all else; a reading
    without echo or out of range counts as none: a window has none when more than half of it has.
    """

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (Measured,)
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: UltrasonicSerialSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._clock = site.clock

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Read until *stop* is set.

        Raises:
            DriverUnavailable: no port, no bytes, no frames among the bytes, or unplugged.
        """
        settings = self._settings
        parser = self._parser()
        window: deque[Reading] = deque(maxlen=WINDOW)
        with SerialLine(settings.port, settings.baud) as line:
            silence = self._clock.silence(settings.silence_s)
            emitted = self._clock.boot()
            rest = min(LONGEST_REST_S, 1 / settings.rate_hz)
            read = partial(self._asked, line, stop, rest)
            if not settings.asks:
                read = partial(line.read, stop, rest)
            for readings in decoded(read, parser.feed, silence, self._complaint, stop):
                window.extend(map(self._bounded, readings))
                now = self._clock.boot()
                if window and now - emitted >= 1 / settings.rate_hz - rest / 2:
                    emit(distance(self.name, median(window)))
                    window.clear()
                    emitted = now

    def _asked(self, line: SerialLine, stop: threading.Event, rest: float) -> bytes:
        """Have it measure, and give what it answers."""
        with AIR.ping():
            line.flush()
            line.write(TRIGGER)
            data = line.take(ANSWER_S)
        self._clock.wait(stop, beat=rest)
        return data

    def _parser(self) -> Parser:
        if self._settings.protocol == "a02":
            return A02Parser()
        return MaxBotixParser(digits=4 if self._settings.unit == "mm" else 3)

    def _bounded(self, reading: Reading) -> Reading:
        if isinstance(reading, str):
            return reading
        mm = reading if self._settings.unit == "mm" else reading * 10
        return bounded(mm, self._settings.min_mm, self._settings.max_mm)

    def _complaint(self, strays: int) -> str:
        settings = self._settings
        if not strays:
            return (
                f"{settings.port} sent nothing for {settings.silence_s:g} s; "
                "check power and the TX wire"
            )
        return (
            f"{settings.port} sent {strays} bytes in {settings.silence_s:g} s but no reading in "
            f"protocol {settings.protocol}, unit {settings.unit}, baud {settings.baud}; "
            "compare these with the sensor's model in kiosk.toml"
        )
