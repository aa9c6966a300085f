"""A code scanner on a serial line: GM65, GM60, GM861 and their kin."""

from __future__ import annotations

import threading
from typing import ClassVar, Literal

import msgspec

from agent.contract.driver import Accepts, DriverUnavailable, Emit, Emits, Site
from agent.contract.signals import Scanned, Unreadable
from drivers.bus import Port
from drivers.bus.serial_line import SerialLine
from drivers.scanner.frames import HEARTBEAT, SETUP_OFF, ScannerParser
from drivers.scanner.telling import Telling

END_S = 0.05
"""Silence that ends a code without a tail."""
LOOK_S = 0.25
"""How often `stop` is seen while nobody scans."""
BEAT_S, BEATS = 10.0, 3
"""Every so many seconds it is asked whether it is there; so often without an answer it is not."""


class ScannerSerialSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scanner that sends by UART or as a virtual serial port, not as a keyboard."""

    port: Port
    """Path of the serial port; see `drivers.bus.Port`."""
    baud: Literal[9600, 19200, 38400, 57600, 115200] = 9600
    """As the scanner is set; GM65 leaves the factory with 9600."""
    model: Literal["gm65", "plain"] = "gm65"
    """gm65 is told to obey no printed setup codes, and asked whether it is there. To a plain
    scanner nothing is sent, and nobody notices when it is dead."""


class ScannerSerial:
    """Emits `Scanned` for each code that is text, and once for one that stays there; `Unreadable`
    for what is no text, or too long."""

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (Scanned, Unreadable)
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: ScannerSerialSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._clock = site.clock
        self._telling = Telling(name, site.clock)

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Read until *stop* is set.

        Raises:
            DriverUnavailable: no port, unplugged, or a GM65 that does not answer.
        """
        settings = self._settings
        parser = ScannerParser()
        asks = settings.model == "gm65"
        with SerialLine(settings.port, settings.baud) as line:
            if asks:
                line.write(SETUP_OFF)
            beat, missed, answers = self._clock.boot(), 0, 0
            while not stop.is_set():
                data = line.take(END_S if parser.pending else LOOK_S)
                for found in parser.feed(data) if data else parser.silence():
                    self._telling.tell(found, emit)
                if data or not asks or self._clock.boot() - beat < BEAT_S:
                    continue
                missed = missed + 1 if parser.answers == answers else 0
                beat, answers = self._clock.boot(), parser.answers
                if missed >= BEATS:
                    raise DriverUnavailable(
                        f"{settings.port}: the scanner does not answer; check its power, baud "
                        f'{settings.baud} and that it is set to serial output (model = "plain" '
                        "for one that takes no commands)"
                    )
                line.write(HEARTBEAT)
