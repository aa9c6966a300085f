"""What bin sensors on LoRaWAN send: Milesight EM310, EM400, EM500; Dragino LDDS and LLDS12.

Milesight: channel, type, value (low byte first), and so on; no lengths, so an unknown pair ends
it (SensorDecoders, README of each model). Dragino: eight bytes, high byte first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from drivers.ultrasonic.reading import Reading

Model = Literal["em310", "em400", "em500", "ldds20", "ldds45", "ldds75", "llds12"]

MILESIGHT_PORT, DRAGINO_PORT = 85, 2
NONE_MM = 0xFFFD
"""Milesight: out of range from here on."""
_FAINT = 100
"""Strength of a lidar's echo below which its distance is a guess."""


@dataclass(frozen=True)
class Told:
    """What one payload says; None where it says nothing of it."""

    distance: Reading | None = None
    """Millimetres, or why there are none."""
    battery_percent: int | None = None
    battery_volts: float | None = None
    celsius: float | None = None
    tilted: bool | None = None
    """By 20 degrees or more: an open lid, or a bin on its side."""


_NEAREST = {"ldds20": 20, "ldds45": 30, "ldds75": 280}
_TILT = {"em310": b"\x04\x00", "em400": b"\x05\x00"}
_DISTANCE = {"em310": b"\x03\x82", "em400": b"\x04\x82", "em500": b"\x03\x82"}
_WARMTH = {"em400": b"\x03\x67"}
_BATTERY = b"\x01\x75"
_ALARM = 0x80
"""Set in the channel of a value that comes with an alarm, a byte more."""
_OTHERS = {
    b"\xff\x0b": 1, b"\xff\x01": 1, b"\xff\x16": 8, b"\xff\x09": 2, b"\xff\x0a": 2,
    b"\xff\x0f": 1,
}  # fmt: skip
"""Of the message after a join."""


def told(model: Model, port: int | None, payload: bytes) -> Told:
    """What *payload* says; nothing where the port is not that of readings. Never raises."""
    if model in _DISTANCE:
        return _milesight(model, payload) if port in (None, MILESIGHT_PORT) else Told()
    return _dragino(model, payload) if port in (None, DRAGINO_PORT) else Told()


def _milesight(model: str, payload: bytes) -> Told:
    distance: Reading | None = None
    battery = celsius = tilted = None
    rest = payload
    while len(rest) > 2:
        key, extra = rest[:2], 0
        if key[0] & _ALARM and key not in _OTHERS:
            key, extra = bytes([key[0] & ~_ALARM, key[1]]), 1
        if key in _OTHERS:
            size = _OTHERS[key]
        elif key in (_DISTANCE[model], _WARMTH.get(model)):
            size = 2
        elif key in (_BATTERY, _TILT.get(model)):
            size = 1
        else:
            break  # an unknown value, or history: what follows cannot be told
        value = rest[2 : 2 + size]
        if len(rest) < 2 + size + extra:
            break
        rest = rest[2 + size + extra :]
        if key == _BATTERY:
            battery = value[0] if value[0] <= 100 else None
        elif key == _DISTANCE[model]:
            mm = int.from_bytes(value, "little")
            distance = "invalid" if mm >= NONE_MM else mm or "no_echo"
        elif key == _WARMTH.get(model):
            celsius = _celsius(int.from_bytes(value, "little", signed=True))
        elif key == _TILT.get(model):
            tilted = value[0] == 1 if value[0] in (0, 1) else None
    if tilted and distance is not None:
        distance = "invalid"  # it looks at something else than the waste
    return Told(distance, battery, None, celsius, tilted)


def _dragino(model: str, payload: bytes) -> Told:
    if len(payload) < 8:
        return Told()
    volts = (int.from_bytes(payload[:2], "big") & 0x3FFF) / 1000
    if model == "llds12":
        celsius = int.from_bytes(payload[2:4], "big", signed=True) / 10
        mm = int.from_bytes(payload[4:6], "big")
        strength = int.from_bytes(payload[6:8], "big")
        faint = strength < _FAINT or strength == 0xFFFF or not mm
        return Told("invalid" if faint else mm, None, volts, _celsius(round(celsius * 10)))
    mm = int.from_bytes(payload[2:4], "big")
    if not payload[7] or not mm:
        reading: Reading = "no_echo"
    else:
        reading = "invalid" if mm < _NEAREST[model] or mm == 0x14 else mm
    return Told(reading, None, volts)


def _celsius(tenths: int) -> float | None:
    return tenths / 10 if -400 <= tenths <= 850 else None
