"""Distance sensors: on serial lines, and on trigger and echo pins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from hw_mocks.devices import Device, Stand
from hw_mocks.devices.serial import SerialDevice
from hw_mocks.pin_bridge import PinClient
from hw_mocks.serial_lines import Protocol as Sends

WORDS = {
    "ultrasonic_serial": frozenset({"distance", "bytes", "unplug", "plug"}),
    "ultrasonic_gpio": frozenset({"distance", "unplug", "plug"}),
}


class Sensor(Device, Protocol):
    """A device that measures one distance."""

    @property
    def mm(self) -> int | None:
        """What it measures; None when no echo comes back."""

    def measure(self, mm: int | None) -> None:
        """Measure this from now on."""


class SerialSensor(SerialDevice):
    """Sends its reading on a pseudo-terminal."""

    def state(self) -> Mapping[str, Any]:
        return {"mm": self.mm}

    def set(self, values: Mapping[str, Any]) -> None:
        self.measure(_mm(values))


class EchoSensor:
    """Answers on its echo pin."""

    def __init__(self, pins: PinClient, settings: Mapping[str, Any], mm: int) -> None:
        self._pins = pins
        self._trigger, self._echo = int(settings["trigger"]), int(settings["echo"])
        self.mm: int | None = mm
        self.plugged = True
        self._tell()

    def wired(self) -> Mapping[str, Any]:
        return {}

    def state(self) -> Mapping[str, Any]:
        return {"mm": self.mm}

    def set(self, values: Mapping[str, Any]) -> None:
        self.measure(_mm(values))

    def measure(self, mm: int | None) -> None:
        """Measure this from now on."""
        self.mm = mm
        self._tell()

    def connect(self, plugged: bool) -> None:
        self.plugged = plugged
        self._tell()

    def close(self) -> None:
        """Nothing is sent of its own accord."""

    def _tell(self) -> None:
        self._pins.distance(self._trigger, self._echo, self.mm, self.plugged)


def make(name: str, settings: Mapping[str, Any], stand: Stand) -> Sensor:
    """The sensor of this table, looking at what the stand says."""
    if settings["type"] == "ultrasonic_gpio":
        return EchoSensor(stand.pins, settings, stand.sees)
    return SerialSensor(stand.folder / name, _sends(settings), stand.sees)


def _sends(settings: Mapping[str, Any]) -> Sends:
    if settings.get("protocol", "a02") == "a02":
        return "a02"
    return "maxbotix-mm" if settings.get("unit", "mm") == "mm" else "maxbotix-cm"


def _mm(values: Mapping[str, Any]) -> int | None:
    match dict(values):
        case {"mm": int(mm)} if len(values) == 1 and not isinstance(mm, bool):
            return mm
        case {"mm": None} if len(values) == 1:
            return None
    raise ValueError(f"a distance sensor takes mm, a whole number or nothing; got {dict(values)}")
