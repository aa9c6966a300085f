"""The driver of trigger-and-echo sensors, on gpiozero's mock pins."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract.signals import Measured, Signal
from drivers.ultrasonic.gpio import UltrasonicGpio, UltrasonicGpioSettings
from drivers.ultrasonic.reading import distance
from hw_mocks.pins import MockPins
from tests.drivers.running import Running, site
from tests.waiting import wait_for

TRIGGER, ECHO = 23, 24


def driver(pins: MockPins, **changes: Any) -> UltrasonicGpio:
    """The sensor's driver, quick enough for a test."""
    defaults: dict[str, Any] = {"trigger": TRIGGER, "echo": ECHO, "interval_s": 0.1, "silence_s": 1}
    return UltrasonicGpio("bin", UltrasonicGpioSettings(**defaults | changes), site(pins.factory))


def first(pins: MockPins, mm: int | None) -> float | str | None:
    """The first reading of a surface at *mm*."""
    pins.distance(TRIGGER, ECHO, mm)
    with Running(driver(pins)) as running:
        signal = wait_for(lambda: running.signals and running.signals[0])
    assert isinstance(signal, Measured) and signal.source == "bin"
    return signal.missing or signal.value


@settings(deadline=None, max_examples=40)
@given(st.integers(21, 3999))
def test_distance(mm: int) -> None:
    """The time of the echo becomes the distance, to the millimetre."""
    assert first(MockPins(), mm) == mm


@pytest.mark.parametrize("mm", [None, 0, 20, 4000, 6000])
def test_no_distance(mm: int | None) -> None:
    """The blind zone is too near; beyond the range, as without an echo, there is none."""
    assert first(MockPins(), mm) == ("too_near" if mm is not None and mm <= 20 else "no_echo")


def test_follows_the_level() -> None:
    """Every interval brings what is there now; a surface that has gone is not remembered."""
    pins = MockPins()
    pins.distance(TRIGGER, ECHO, 800)
    with Running(driver(pins)) as running:
        for mm in (800, None, 1200):
            pins.distance(TRIGGER, ECHO, mm)
            expected = [distance("bin", "no_echo" if mm is None else mm)]
            wait_for(partial(_ends_with, running.signals, expected))


def _ends_with(signals: list[Signal], expected: list[Measured]) -> bool:
    return signals[-1:] == expected


def test_wire_is_cut() -> None:
    """A sensor that never answers is reported with both its pins; nothing is made up."""
    pins = MockPins()
    pins.distance(TRIGGER, ECHO, 800)
    with Running(driver(pins)) as running:
        wait_for(lambda: running.signals)
        pins.distance(TRIGGER, ECHO, 800, connected=False)
        why = running.why()
    assert why == (
        "no answer on GPIO24 for 1 s; check the sensor's power and the trigger wire on GPIO23"
    )
    readings = [s.value for s in running.signals if isinstance(s, Measured)]
    assert set(readings[readings.index(None) :]) == {None}


def test_pins_are_free_again() -> None:
    """After a stop the same pins open once more."""
    pins = MockPins()
    assert [first(pins, 800), first(pins, 900)] == [800, 900]


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"echo": TRIGGER}, "trigger and echo are both 23; give each its own pin"),
        ({"min_mm": 400, "max_mm": 400}, "min_mm must be below max_mm, got 400 and 400"),
        ({"max_mm": 6501}, "6000"),
    ],
)
def test_settings(wrong: dict[str, Any], text: str) -> None:
    """What cannot work is refused, with the remedy."""
    with pytest.raises(msgspec.ValidationError, match=text):
        msgspec.convert({"trigger": TRIGGER, "echo": ECHO} | wrong, UltrasonicGpioSettings)
