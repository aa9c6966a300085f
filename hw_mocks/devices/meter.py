"""Meters on a bus: answer in their own bytes to who asks for their address."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from hw_mocks.bus import MockBus
from hw_mocks.devices import Stand
from hw_mocks.devices.serial import BusDevice

WORDS = dict.fromkeys(
    ("household_meter", "modbus", "pzem004t", "pzem004t_v1"), frozenset({"set", "plug", "unplug"})
)

_DIGITS: Mapping[bytes, tuple[str, int, int]] = {
    # identifier as on the wire → quantity, bytes, what one unit counts
    b"\x00\x00\x01\x00": ("energy", 4, 100),
    b"\x00\x00\x03\x02": ("power", 3, 10),
    b"\x00\x01\x01\x02": ("voltage", 2, 10),
    b"\x00\x01\x02\x02": ("current", 3, 1000),
    b"\x00\x00\x06\x02": ("power_factor", 2, 1000),
    b"\x02\x00\x80\x02": ("frequency", 2, 100),
}


class HouseholdMeter(BusDevice):
    """Speaks DL/T 645-2007."""

    def __init__(self, bus: MockBus, name: str, address: str) -> None:
        self._address = bytes.fromhex("000000000001" if address[0] == "A" else address)[::-1]
        values = {
            "energy": 1206.42, "power": 271.5, "voltage": 220.1, "current": 1.234,
            "power_factor": 0.99, "frequency": 50.0,
        }  # fmt: skip
        super().__init__(bus, name, values)

    def answer(self, request: bytes) -> bytes | None:
        frame = request.lstrip(b"\xfe")
        if len(frame) != 16 or frame[1:7] not in (self._address, b"\xaa" * 6) or frame[8] != 0x11:
            return None
        identifier = bytes((byte - 0x33) & 0xFF for byte in frame[10:14])
        if identifier not in _DIGITS:
            return self._frame(0xD1, b"\x02")
        quantity, size, counts = _DIGITS[identifier]
        number = self.values[quantity]
        digits = f"{round(abs(number) * counts):0{2 * size}d}"
        written = bytearray(bytes.fromhex(digits)[::-1])
        if number < 0:
            written[-1] |= 0x80
        return self._frame(0x91, identifier + bytes(written))

    def _frame(self, control: int, data: bytes) -> bytes:
        frame = b"\x68" + self._address + b"\x68" + bytes([control, len(data)])
        frame += bytes((byte + 0x33) & 0xFF for byte in data)
        return b"\xfe\xfe" + frame + bytes([sum(frame) & 0xFF, 0x16])


class Registers(BusDevice):
    """Speaks Modbus RTU; holds what its map says."""

    def __init__(
        self, bus: MockBus, name: str, address: int, function: int, layout: Mapping[str, Any]
    ) -> None:
        self._address, self._function, self._layout = address, function, layout
        super().__init__(bus, name, dict.fromkeys(layout, 1.0))

    def answer(self, request: bytes) -> bytes | None:
        if len(request) != 8 or request[0] != self._address or crc(request) != 0:
            return None
        function, register, count = struct.unpack(">BHH", request[1:6])
        held = self._held()
        if function != self._function:
            return self._signed(bytes([self._address, function | 0x80, 1]))
        if any(register + n not in held for n in range(count)):
            return self._signed(bytes([self._address, function | 0x80, 2]))
        words = b"".join(held[register + n].to_bytes(2, "big") for n in range(count))
        return self._signed(bytes([self._address, function, len(words)]) + words)

    def _held(self) -> dict[int, int]:
        held = {}
        for name, one in self._layout.items():
            kind = one.get("kind", "u16")
            counted = (self.values[name] - one.get("offset", 0)) / one.get("scale", 1)
            form = {"u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i", "f32": ">f"}[kind]
            raw = struct.pack(form, counted if kind == "f32" else round(counted))
            words = [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]
            for at, word in enumerate(words[::-1] if one.get("low_word_first") else words):
                held[one["register"] + at] = word
        return held

    def _signed(self, frame: bytes) -> bytes:
        return frame + crc(frame).to_bytes(2, "little")


class PzemV1(BusDevice):
    """A PZEM-004T before Modbus."""

    def __init__(self, bus: MockBus, name: str) -> None:
        values = {"voltage": 230.2, "current": 17.32, "power": 2200.0, "energy": 99.999}
        super().__init__(bus, name, values)

    def answer(self, request: bytes) -> bytes | None:
        if len(request) != 7 or request[1:6] != bytes([192, 168, 1, 1, 0]):
            return None
        whole, tenths = divmod(round(self.values["voltage"] * 10), 10)
        amperes, hundredths = divmod(round(self.values["current"] * 100), 100)
        told: dict[int, bytes] = {
            0xB0: whole.to_bytes(2, "big") + bytes([tenths]),
            0xB1: bytes([0, amperes, hundredths]),
            0xB2: round(self.values["power"]).to_bytes(2, "big") + b"\0",
            0xB3: round(self.values["energy"] * 1000).to_bytes(3, "big"),
        }
        if request[0] not in told:
            return None
        # The published answer to a question of current has 11h and 20h: plain numbers
        frame = bytes([request[0] - 0x10]) + told[request[0]] + b"\0\0"
        return frame + bytes([sum(frame) & 0xFF])


_PZEM: Mapping[str, Mapping[str, Any]] = {
    "voltage": {"register": 0, "scale": 0.1},
    "current": {"register": 1, "kind": "u32", "low_word_first": True, "scale": 0.001},
    "power": {"register": 3, "kind": "u32", "low_word_first": True, "scale": 0.1},
    "energy": {"register": 5, "kind": "u32", "low_word_first": True, "scale": 0.001},
    "frequency": {"register": 7, "scale": 0.1},
    "power_factor": {"register": 8, "scale": 0.01},
}


def make(name: str, settings: Mapping[str, Any], stand: Stand) -> BusDevice:
    """The meter of this table, on its bus."""
    bus = stand.buses[settings["bus"]]
    if settings["type"] == "household_meter":
        return HouseholdMeter(bus, name, settings["address"])
    if settings["type"] == "pzem004t":
        return Registers(bus, name, settings.get("address", 248), 4, _PZEM)
    if settings["type"] == "pzem004t_v1":
        return PzemV1(bus, name)
    function = settings.get("function", 3)
    return Registers(bus, name, settings["address"], function, settings["registers"])


def crc(frame: bytes) -> int:
    """CRC-16 of Modbus; 0 for a frame that ends with its own."""
    check = 0xFFFF
    for byte in frame:
        check ^= byte
        for _ in range(8):
            check = check >> 1 ^ (0xA001 if check & 1 else 0)
    return check
