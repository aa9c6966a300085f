"""Blood pressure meters and thermometers: keep what they measure, and send it over Bluetooth."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hw_mocks.bluetooth import DBUS_DAEMON, Peripheral, Radio
from hw_mocks.devices import Stand

WORDS = {"health_meter": frozenset({"set", "plug", "unplug"})}
_KEEPS = 30
"""Measurements that it remembers, of whoever used it."""
_FIRST = datetime(2026, 1, 5, 9, 0)
"""By its own clock."""
_PRESSURE = {"systolic", "diastolic", "pulse"}
_DOUBTS = {"moved": 0x01, "loose": 0x02, "irregular": 0x04, "position": 0x20}


class MockHealthMeter:
    """A meter of service 1810 or 1809 on our own radio: awake once somebody has measured."""

    def __init__(self, radio: Radio, address: str, kind: str) -> None:
        pressure = kind == "blood_pressure"
        self.peripheral = Peripheral(address, *(("1810", "2a35") if pressure else ("1809", "2a1c")))
        self.peripheral.indicates = lambda: list(self._stored)
        self.peripheral.hangs_up = True
        self.plugged = True
        self._pressure = pressure
        self._stored: list[bytes] = []
        self._taken = _FIRST
        self._latest: Mapping[str, Any] = {}
        radio.add(self.peripheral)

    def wired(self) -> Mapping[str, Any]:
        return {}

    def connect(self, plugged: bool) -> None:
        self.plugged = plugged
        self.peripheral.awake = False

    def state(self) -> Mapping[str, Any]:
        return self._latest

    def set(self, values: Mapping[str, Any]) -> None:
        """Somebody measures: *values* come out of it."""
        self._taken += timedelta(minutes=2)
        if self._pressure:
            data = self._pressures(values)
        elif set(values) == {"celsius"} and isinstance(values["celsius"], int | float):
            data = temperature(values["celsius"], self._taken)
        else:
            raise ValueError(f"it takes celsius; got {dict(values)}")
        self._stored = [*self._stored, data][-_KEEPS:]
        self._latest = dict(values)
        self.peripheral.awake = self.plugged

    def _pressures(self, values: Mapping[str, Any]) -> bytes:
        numbers = {key: value for key, value in values.items() if key != "doubt"}
        doubt = values.get("doubt", "")
        whole = {key: round(one) for key, one in numbers.items() if isinstance(one, int | float)}
        if set(whole) != _PRESSURE or not all(0 <= one < 2000 for one in whole.values()):
            raise ValueError(f"it takes systolic, diastolic and pulse, 0 to 1999; got {numbers}")
        if doubt not in ("", *_DOUBTS):
            raise ValueError(f"doubt is one of {', '.join(_DOUBTS)}; got {doubt!r}")
        return blood_pressure(**whole, taken=self._taken, status=_DOUBTS.get(doubt, 0))

    def close(self) -> None:
        """It ends with the radio."""


def blood_pressure(
    systolic: int, diastolic: int, pulse: int, taken: datetime, status: int = 0
) -> bytes:
    """The bytes of 2A35: mmHg and beats a minute, with time and status."""
    mean = round((systolic + 2 * diastolic) / 3)
    three = b"".join(sfloat(one) for one in (systolic, diastolic, mean))
    return b"\x16" + three + _time(taken) + sfloat(pulse) + status.to_bytes(2, "little")


def temperature(celsius: float, taken: datetime) -> bytes:
    """The bytes of 2A1C: °C to a tenth, with time, measured in the ear."""
    tenths = round(celsius * 10)
    return b"\x06" + tenths.to_bytes(3, "little", signed=True) + b"\xff" + _time(taken) + b"\x03"


def sfloat(whole: int) -> bytes:
    """A whole number as a SFLOAT of IEEE 11073: its mantissa, and no power of ten."""
    return (whole & 0xFFF).to_bytes(2, "little")


def _time(at: datetime) -> bytes:
    return at.year.to_bytes(2, "little") + bytes((at.month, at.day, at.hour, at.minute, at.second))


def make(name: str, settings: Mapping[str, Any], stand: Stand) -> MockHealthMeter | None:
    """A meter that nobody has used yet; None on a bench without a radio, or without D-Bus."""
    if stand.radio is None or DBUS_DAEMON is None:
        return None
    return MockHealthMeter(
        stand.radio, str(settings["address"]), str(settings.get("kind", "blood_pressure"))
    )
