"""Medical values of Bluetooth, with published and computed bytes."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.health.values import (
    BloodPressure,
    Refused,
    Temperature,
    blood_pressure,
    float32,
    sfloat,
    temperature,
)

SEEN = datetime(2024, 6, 15, 17, 17, 27)
NOW = datetime(2026, 11, 22, 8, 30)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            "1E 78 00 50 00 5D 00 EA 07 0B 16 08 1E 00 48 00 01 00 00",
            BloodPressure(120, 80, 93, 72, NOW, 1, ()),
        ),
        (
            "16 7C 00 56 00 61 00 E8 07 06 0F 11 11 1B 33 00 00 00",
            BloodPressure(124, 86, 97, 51, SEEN, None, ()),
        ),
        (
            "16 7C 00 56 00 61 00 E8 07 06 0F 11 11 1B 33 00 27 00",
            BloodPressure(124, 86, 97, 51, SEEN, None, ("moved", "loose", "irregular", "position")),
        ),
        ("04 DC F4 2F F3 BF F3 DA F2", BloodPressure(124.4, 81.5, 95.9, 73, None, None, ())),
        (
            "14 FF 07 FF 07 FF 07 FF 07 02 00",
            BloodPressure(None, None, None, None, None, None, ("loose",)),
        ),
        ("00 00 08 00 08 00 08", BloodPressure(None, None, None, None, None, None, ())),
        ("00 78 00 50 00 00 00", BloodPressure(120, 80, None, None, None, None, ())),
    ],
)
def test_blood_pressure(data: str, said: BloodPressure) -> None:
    assert blood_pressure(bytes.fromhex(data)) == said


def test_kilopascals() -> None:
    told = blood_pressure(bytes.fromhex("05 A0 F0 6B F0 7C F0 48 00"))
    assert told.systolic == pytest.approx(120, abs=0.1)
    assert told.diastolic == pytest.approx(80.3, abs=0.1)
    assert told.pulse == 72


def test_a_clock_that_was_never_set() -> None:
    data = bytes.fromhex("02 78 00 50 00 5D 00 D0 07 00 00 00 00 00")
    assert blood_pressure(data).taken is None


@pytest.mark.parametrize("data", ["", "16 7C 00", "00 78 00 50 00 5D 00 01", "1E 78"])
def test_lengths_that_do_not_fit(data: str) -> None:
    with pytest.raises(Refused):
        blood_pressure(bytes.fromhex(data))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("06 6E 01 00 FF EA 07 0B 16 08 1E 00 02", Temperature(36.6, NOW, 2)),
        ("01 DA 03 00 FF", Temperature(37, None, None)),
        ("00 FB FF FF FF", Temperature(-0.5, None, None)),
        ("00 FF FF 7F 00", Temperature(None, None, None)),
    ],
)
def test_temperature(data: str, said: Temperature) -> None:
    assert temperature(bytes.fromhex(data)) == said


@pytest.mark.parametrize("special", ["FF 07", "00 08", "FE 07", "02 08", "01 08"])
def test_specials_are_no_numbers(special: str) -> None:
    assert sfloat(bytes.fromhex(special)) is None


@pytest.mark.parametrize(
    "special", ["FF FF 7F 00", "00 00 80 00", "FE FF 7F 00", "02 00 80 00", "01 00 80 00"]
)
def test_long_specials_are_no_numbers(special: str) -> None:
    assert float32(bytes.fromhex(special)) is None


@settings(deadline=None)
@given(st.binary(max_size=24))
def test_any_bytes(data: bytes) -> None:
    """A measurement in bounds, or refused."""
    for read in (blood_pressure, temperature):
        try:
            told = read(data)
        except Refused:
            continue
        if isinstance(told, BloodPressure):
            assert all(one is None or 0 < one < 1000 for one in told[:4])


@settings(deadline=None)
@given(st.integers(-2045, 2045), st.integers(-8, 7))
def test_every_number_comes_back(mantissa: int, exponent: int) -> None:
    raw = (mantissa & 0xFFF) | (exponent & 0xF) << 12
    assert sfloat(raw.to_bytes(2, "little")) == pytest.approx(mantissa * 10.0**exponent)
