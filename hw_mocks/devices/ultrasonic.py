"""Distance sensors: on serial lines, and on trigger and echo pins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from hw_mocks.bus import MockBus
from hw_mocks.devices import Device, Stand
from hw_mocks.devices.serial import BusDevice, SerialDevice
from hw_mocks.pin_bridge import PinClient
from hw_mocks.serial_lines import Protocol as Sends

WORDS = {
    "ultrasonic_serial": frozenset({"distance", "set", "bytes", "unplug", "plug"}),
    "ultrasonic_bus": frozenset({"distance", "set", "unplug", "plug"}),
    "ultrasonic_gpio": frozenset({"distance", "set", "unplug", "plug"}),
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


class UrmSensor(BusDevice):
    """Answers on its bus, in its own unit."""

    def __init__(self, bus: MockBus, name: str, settings: Mapping[str, Any], mm: int) -> None:
        self._address = settings.get("address", 0x11)
        self._counts = 1 if settings.get("unit", "cm") == "mm" else 10
        super().__init__(bus, name, {"mm": mm})

    @property
    def mm(self) -> int | None:
        """What it measures; None when no echo comes back."""
        found: int | None = self.values["mm"]
        return found

    def measure(self, mm: int | None) -> None:
        """Measure this from now on."""
        self.values["mm"] = mm

    def set(self, values: Mapping[str, Any]) -> None:
        self.measure(_mm(values))

    def answer(self, request: bytes) -> bytes | None:
        if request[:5] != bytes([0x55, 0xAA, self._address, 0, 2]):
            return None
        told = 0xFFFF if self.mm is None else self.mm // self._counts
        frame = bytes([0x55, 0xAA, self._address, 2, 2]) + told.to_bytes(2, "big")
        return frame + bytes([sum(frame) & 0xFF])


def make(name: str, settings: Mapping[str, Any], stand: Stand) -> Sensor:
    """The sensor of this table, looking at what the stand says."""
    if settings["type"] == "ultrasonic_gpio":
        return EchoSensor(stand.pins, settings, stand.sees)
    if settings["type"] == "ultrasonic_bus":
        return UrmSensor(stand.buses[settings["bus"]], name, settings, stand.sees)
    return SerialSensor(stand.folder / name, _sends(settings), stand.sees)


def _sends(settings: Mapping[str, Any]) -> Sends:
    if settings.get("protocol", "a02") == "a02":
        return "a02"
    return "maxbotix-mm" if settings.get("unit", "mm") == "mm" else "maxbotix-cm"


def _mm(values: Mapping[str, Any]) -> int | None:
    match dict(values):
        case {"mm": int(mm) | float(mm)} if len(values) == 1 and not isinstance(mm, bool):
            return round(mm)
        case {"mm": None | "none"} if len(values) == 1:
            return None
    raise ValueError(f"a distance sensor takes mm, a whole number or nothing; got {dict(values)}")
