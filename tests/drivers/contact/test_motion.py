"""Motion sensors on gpiozero's mock pins."""

from __future__ import annotations

import time
from typing import Any

import pytest

from agent.contract.signals import Presence, Signal
from drivers.contact.motion import Motion, MotionSettings
from hw_mocks.pins import MockPins
from tests.drivers.running import Running, site
from tests.waiting import wait_for

PIN = 5


def driver(pins: MockPins, **settings: Any) -> Motion:
    return Motion("hall", MotionSettings(pin=PIN, hold_s=1, **settings), site(pins.factory))


def there(*states: bool) -> list[Signal]:
    return [Presence(source="hall", present=present) for present in states]


@pytest.mark.parametrize("settings", [{}, {"pull_up": True}])
def test_somebody_comes_and_goes(settings: dict[str, Any]) -> None:
    """Told at the start, with the first motion, and a while after the last."""
    pins = MockPins()
    with Running(driver(pins, **settings)) as running:
        wait_for(lambda: running.signals == there(False))
        pins.set(PIN, True)
        wait_for(lambda: running.signals == there(False, True))
        pins.set(PIN, False)
        gone = time.monotonic()
        wait_for(lambda: running.signals == there(False, True, False))
        assert time.monotonic() - gone >= 0.5


def test_a_cut_wire_of_an_alarm_sensor_is_motion() -> None:
    """Closed at rest: who cuts the wire is noticed."""
    pins = MockPins()
    pins.set(PIN, True)
    with Running(driver(pins, pull_up=True, closed_at_rest=True)) as running:
        wait_for(lambda: running.signals == there(False))
        pins.set(PIN, False)
        wait_for(lambda: running.signals == there(False, True))
