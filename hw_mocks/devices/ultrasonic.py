"""All sensors of a workbench: on serial lines and on trigger and echo pins."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from hw_mocks.equipment import ECHO, RADAR, SERIAL, Equipment
from hw_mocks.pin_bridge import PinClient
from hw_mocks.serial_lines import MockSerialLine, UltrasonicStream
from hw_mocks.serial_lines import Protocol as Sends

PAUSE_S = 2.0
"""After bytes from the bench a sensor's own readings pause for so long: less than the driver's
patience with a silent line."""
EMPTY_MM = 1500
"""What a sensor measures that looks into no bin of kiosk.toml."""


class Sensor(Protocol):
    """One distance sensor."""

    @property
    def mm(self) -> int | None:
        """What it measures; None when no echo comes back."""

    @property
    def plugged(self) -> bool:
        """Whether it is connected."""

    def measure(self, mm: int | None) -> None:
        """Measure this from now on."""

    def connect(self, plugged: bool) -> None:
        """Plug it in, or pull it out."""

    def close(self) -> None:
        """Stop sending."""


class SerialSensor:
    """Sends its reading on a pseudo-terminal."""

    def __init__(self, link: Path, settings: Mapping[str, Any], mm: int) -> None:
        self.line = MockSerialLine(link)
        self._stream = UltrasonicStream(self.line, _sends(settings), mm)
        self._pause: threading.Timer | None = None

    @property
    def mm(self) -> int | None:
        return self._stream.mm

    @property
    def plugged(self) -> bool:
        return self.line.plugged

    def measure(self, mm: int | None) -> None:
        self._stream.mm = mm
        self._resume()

    def connect(self, plugged: bool) -> None:
        if plugged:
            self.line.plug()
        else:
            self.line.unplug()

    def send(self, data: bytes) -> None:
        """Put *data* on the wire in place of readings."""
        if self._pause is not None:
            self._pause.cancel()
        self._stream.fault = "silent"
        self.line.send(data)
        self._pause = threading.Timer(PAUSE_S, self._resume)
        self._pause.daemon = True
        self._pause.start()

    def _resume(self) -> None:
        self._stream.fault = ""

    def close(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
        self._stream.close()
        self.line.close()


class EchoSensor:
    """Answers on its echo pin."""

    def __init__(self, pins: PinClient, settings: Mapping[str, Any], mm: int) -> None:
        self._pins = pins
        self._trigger, self._echo = int(settings["trigger"]), int(settings["echo"])
        self.mm: int | None = mm
        self.plugged = True
        self._tell()

    def measure(self, mm: int | None) -> None:
        self.mm = mm
        self._tell()

    def connect(self, plugged: bool) -> None:
        self.plugged = plugged
        self._tell()

    def close(self) -> None:
        """Nothing is sent of its own accord."""

    def _tell(self) -> None:
        self._pins.distance(self._trigger, self._echo, self.mm, self.plugged)


def sensors(
    equipment: Equipment, bins: Mapping[str, Mapping[str, Any]], folder: Path, pins: PinClient
) -> dict[str, Sensor]:
    """A stand-in for each sensor by its name, looking into an empty bin.

    Serial lines are found in *folder* under the sensor's name.
    """
    empty = {table.get("device"): int(table["empty_mm"]) for table in bins.values()}
    made: dict[str, Sensor] = {}
    for name in equipment.of(SERIAL, ECHO, RADAR):
        settings, mm = equipment.drivers[name], empty.get(name, EMPTY_MM)
        if equipment.type(name) == ECHO:
            made[name] = EchoSensor(pins, settings, mm)
        else:
            made[name] = SerialSensor(folder / name, settings, mm)
    return made


def _sends(settings: Mapping[str, Any]) -> Sends:
    if settings["type"] == RADAR:
        return "radar"
    if settings.get("protocol", "a02") == "a02":
        return "a02"
    return "maxbotix-mm" if settings.get("unit", "mm") == "mm" else "maxbotix-cm"
