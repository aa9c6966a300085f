"""A blood pressure meter, up to Bluetooth itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

import pytest

from agent.contract.signals import Measured
from drivers.health import driver as module
from drivers.health.driver import HealthMeter, HealthMeterSettings
from tests.drivers.running import Running, site
from tests.waiting import wait_for

bleak = pytest.importorskip("bleak")

OLD = "16 78 00 56 00 61 00 E8 07 06 0E 11 11 1B 33 00 00 00"
NEW = "16 7C 00 56 00 61 00 E8 07 06 0F 11 11 1B 33 00 02 00"


class Radio:
    """What bleak finds and hears."""

    awake = True
    stored: ClassVar[list[str]] = []

    def __init__(self, device: object) -> None:
        self.is_connected = True

    @classmethod
    async def find_device_by_address(cls, address: str, timeout: float) -> object | None:
        return address if cls.awake else None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        """It sleeps again."""
        type(self).awake = False

    async def start_notify(self, which: str, came: Callable[[Any, bytearray], None]) -> None:
        assert which.startswith("00002a35")
        for value in self.stored:
            came(None, bytearray.fromhex(value))


@pytest.fixture
def radio(monkeypatch: pytest.MonkeyPatch) -> type[Radio]:
    monkeypatch.setattr(bleak, "BleakScanner", Radio)
    monkeypatch.setattr(bleak, "BleakClient", Radio)
    monkeypatch.setattr(module, "QUIET_S", 0.02)
    Radio.awake, Radio.stored = True, []
    return Radio


def meter() -> HealthMeter:
    return HealthMeter("cuff", HealthMeterSettings(address="00:11:22:33:44:55"), site())


def test_the_newest_of_all_that_was_stored(radio: type[Radio]) -> None:
    """And not the same again when it wakes the next time; what it doubts is said."""
    radio.stored = [NEW, OLD, "16 7C"]
    with Running(meter()) as running:
        wait_for(lambda: len(running.signals) == 3)
        radio.awake = True
        wait_for(lambda: not radio.awake)
        assert running.stop() < 2
    assert [(s.quantity, s.value, s.part) for s in running.signals if isinstance(s, Measured)] == [
        ("systolic", 124, "loose"), ("diastolic", 86, "loose"), ("pulse", 51, "loose"),
    ]  # fmt: skip


def test_no_bluetooth(radio: type[Radio], monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object) -> None:
        raise bleak.exc.BleakError("no adapter")

    monkeypatch.setattr(radio, "find_device_by_address", fails)
    with Running(meter()) as running:
        assert "Bluetooth cannot be used (no adapter)" in running.why()
