"""Medical values of Bluetooth: 2A35 blood pressure, 2A1C temperature (GATT).

Numbers are those of IEEE 11073: a mantissa and a power of ten; some mantissas mean that there is
none, and that is never 0.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

_MMHG = 7.50062
"""Millimetres of mercury in a kilopascal."""
_STATUS = ((0x01, "moved"), (0x02, "loose"), (0x04, "irregular"), (0x20, "position"))
_TYPES = frozenset(range(1, 10))


class Refused(ValueError):
    """The bytes are no measurement; the text says why."""


class BloodPressure(NamedTuple):
    """One measurement; None for what it does not have."""

    systolic: float | None
    """mmHg, as the others."""
    diastolic: float | None
    mean: float | None
    pulse: float | None
    """Beats a minute."""
    taken: datetime | None
    """By the meter's own clock."""
    user: int | None
    doubts: tuple[str, ...]
    """What the meter says against it: moved, loose (cuff), irregular (pulse), position."""


class Temperature(NamedTuple):
    """One measurement; None for what it does not have."""

    celsius: float | None
    taken: datetime | None
    kind: int | None
    """Where: 1 armpit, 2 body, 3 ear, 4 finger, 6 mouth, 9 ear drum."""


def sfloat(data: bytes) -> float | None:
    """The number in two bytes, low byte first; None for none."""
    raw = int.from_bytes(data, "little")
    mantissa, exponent = raw & 0xFFF, raw >> 12
    if 0x7FE <= mantissa <= 0x802:
        return None
    return _number(mantissa - (mantissa >> 11 << 12), exponent - (exponent >> 3 << 4))


def float32(data: bytes) -> float | None:
    """The number in four bytes, low byte first; None for none."""
    raw = int.from_bytes(data, "little")
    mantissa, exponent = raw & 0xFFFFFF, raw >> 24
    if 0x7FFFFE <= mantissa <= 0x800002:
        return None
    return _number(mantissa - (mantissa >> 23 << 24), exponent - (exponent >> 7 << 8))


def blood_pressure(data: bytes) -> BloodPressure:
    """The measurement in the bytes of 2A35.

    Raises:
        Refused: their number is not what their flags say.
    """
    flags = data[0] if data else 0
    sizes = (7, *(size for bit, size in ((2, 7), (4, 2), (8, 1), (16, 2)) if flags & bit))
    if len(data) != sum(sizes):
        raise Refused(f"{len(data)} bytes where flags {flags:02x} mean {sum(sizes)}")
    factor = _MMHG if flags & 1 else 1.0
    three = [_times(sfloat(data[at : at + 2]), factor) for at in (1, 3, 5)]
    rest = data[7:]
    taken = pulse = user = None
    status = 0
    if flags & 2:
        taken, rest = _time(rest[:7]), rest[7:]
    if flags & 4:
        pulse, rest = _positive(sfloat(rest[:2])), rest[2:]
    if flags & 8:
        user, rest = rest[0], rest[1:]
    if flags & 16:
        status = int.from_bytes(rest, "little")
    doubts = tuple(word for bit, word in _STATUS if status & bit)
    systolic, diastolic, mean = (_positive(one) for one in three)
    return BloodPressure(systolic, diastolic, mean, pulse, taken, user, doubts)


def temperature(data: bytes) -> Temperature:
    """The measurement in the bytes of 2A1C.

    Raises:
        Refused: their number is not what their flags say.
    """
    flags = data[0] if data else 0
    whole = 5 + (7 if flags & 2 else 0) + (1 if flags & 4 else 0)
    if len(data) != whole:
        raise Refused(f"{len(data)} bytes where flags {flags:02x} mean {whole}")
    told = float32(data[1:5])
    if told is not None and flags & 1:
        told = (told - 32) / 1.8
    taken = _time(data[5:12]) if flags & 2 else None
    kind = data[-1] if flags & 4 and data[-1] in _TYPES else None
    return Temperature(None if told is None else _times(told, 1), taken, kind)


def _number(mantissa: int, exponent: int) -> float:
    # By way of decimal digits: 1244 × 10⁻¹ is 124.4 and not 124.4000…1
    return float(f"{mantissa}e{exponent}")


def _times(number: float | None, factor: float) -> float | None:
    return None if number is None else float(f"{number * factor:.6g}")


def _positive(number: float | None) -> float | None:
    """Nobody's pressure or pulse is 0: meters say so when they have none."""
    return number if number is not None and 0 < number < 1000 else None


def _time(data: bytes) -> datetime | None:
    """The time in seven bytes; None for a clock that was never set."""
    year = int.from_bytes(data[:2], "little")
    try:
        return datetime(year, *data[2:7]) if year > 2000 else None
    except ValueError:
        return None
