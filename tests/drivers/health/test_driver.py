"""Meters over Bluetooth, with bleak itself on a radio of our own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.contract.signals import Measured
from drivers.health import driver as module
from drivers.health.driver import HealthMeter, HealthMeterSettings
from hw_mocks.bluetooth import DBUS_DAEMON, Radio
from hw_mocks.devices.health import MockHealthMeter
from tests.drivers.running import Running, site
from tests.waiting import wait_for

pytest.importorskip("bleak")
pytestmark = pytest.mark.skipif(DBUS_DAEMON is None, reason="apt-get install dbus")

CUFF, EAR = "00:11:22:33:44:55", "00:11:22:33:44:66"
FIRST = {"systolic": 120, "diastolic": 80, "pulse": 60}
SECOND = {"systolic": 124, "diastolic": 86, "pulse": 51, "doubt": "loose"}
TOLD = [("systolic", 124, "loose"), ("diastolic", 86, "loose"), ("pulse", 51, "loose")]


@pytest.fixture
def radio(monkeypatch: pytest.MonkeyPatch) -> Iterator[Radio]:
    monkeypatch.setattr(module, "QUIET_S", 0.2)
    with tempfile.TemporaryDirectory(prefix="linli-") as folder:  # a socket's path is short
        radio = Radio(Path(folder))
        for name, value in radio.environment.items():
            monkeypatch.setenv(name, value)
        yield radio
        radio.close()


def cuff() -> HealthMeter:
    return HealthMeter("cuff", HealthMeterSettings(address=CUFF), site())


def told(running: Running) -> list[tuple[str, float | None, str]]:
    return [(s.quantity, s.value, s.part) for s in running.signals if isinstance(s, Measured)]


@pytest.mark.parametrize("hangs_up", [True, False])
def test_the_newest_of_all_that_was_stored(radio: Radio, hangs_up: bool) -> None:
    """And not the same again when it wakes the next time; what it doubts is said. Whether the
    meter ends the connection as soon as it has sent, or waits for the kiosk to do so."""
    meter = MockHealthMeter(radio, CUFF, "blood_pressure")
    meter.peripheral.hangs_up = hangs_up
    meter.set(FIRST)
    meter.set(SECOND)
    with Running(cuff()) as running:
        wait_for(lambda: len(running.signals) == 3)
        wait_for(lambda: not meter.peripheral.awake)
        meter.peripheral.awake = True
        wait_for(lambda: not meter.peripheral.awake)
        assert told(running) == TOLD
        meter.set(FIRST)
        wait_for(lambda: len(running.signals) == 6)
        assert running.stop() < 2
    assert told(running)[3:] == [("systolic", 120, ""), ("diastolic", 80, ""), ("pulse", 60, "")]


def test_what_is_no_measurement_is_left_out(radio: Radio, caplog: pytest.LogCaptureFixture) -> None:
    """The others that come with it count; nothing of anybody's health is in the log."""
    meter = MockHealthMeter(radio, CUFF, "blood_pressure")
    meter.set(SECOND)
    whole = meter.peripheral.indicates
    meter.peripheral.indicates = lambda: [b"\x16\x7c", *whole(), b""]
    with Running(cuff()) as running:
        wait_for(lambda: len(running.signals) == 3)
    assert told(running) == TOLD
    assert caplog.text.count("measurement refused") == 2 and "124" not in caplog.text


def test_two_meters_on_one_radio(radio: Radio) -> None:
    """Each is told by its own driver."""
    pressure = MockHealthMeter(radio, CUFF, "blood_pressure")
    ear = MockHealthMeter(radio, EAR, "temperature")
    settings = HealthMeterSettings(address=EAR, kind="temperature")
    with Running(cuff()) as one, Running(HealthMeter("ear", settings, site())) as other:
        ear.set({"celsius": 38.4})
        wait_for(other.has_emitted)
        pressure.set(SECOND)
        wait_for(lambda: len(one.signals) == 3)
    assert told(one) == TOLD and told(other) == [("body_temperature", 38.4, "")]


def test_no_bluetooth(radio: Radio) -> None:
    """A machine without a system bus: the place and the remedy."""
    with Running(cuff()) as running:
        assert "Bluetooth cannot be used" in running.why()
