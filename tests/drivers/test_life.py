"""Devices that hang: their last value for ever."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract.clock import BootClock
from agent.contract.driver import DriverUnavailable
from agent.contract.signals import Measured
from drivers.life import FEWEST, Unmoved, mains


class Hand(BootClock):
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def boot(self) -> float:
        return self.now


def hours_until_told(values: list[float], step_s: float, hours: float) -> float | None:
    """When *values*, one every *step_s*, are told to be frozen; None: not at all."""
    clock = Hand()
    unmoved = Unmoved(clock, hours)
    for value in values:
        try:
            unmoved.judge(value, "it")
        except DriverUnavailable:
            return (clock.now - 1000) / 3600
        clock.now += step_s
    return None


def test_a_constant_is_told_after_its_hours() -> None:
    """A million readings of 1,200 mm, as a sensor that hangs sent them."""
    assert hours_until_told([1200.0] * 100_000, 1, 24) == pytest.approx(24)
    assert hours_until_told([1200.0] * 100_000, 1, 0) is None


def test_one_other_reading_is_life() -> None:
    assert hours_until_told(([1200.0] * 80_000 + [1201.0]) * 4, 1, 24) is None


def test_few_readings_tell_nothing() -> None:
    """A clock that is moved, or a sensor that is seldom read, is no proof."""
    assert hours_until_told([20.0] * (FEWEST - 1), 1e6, 24) is None


def test_opened_again_and_still_the_same_is_not_back() -> None:
    clock = Hand()
    unmoved = Unmoved(clock, 1)
    for _ in range(FEWEST - 1):
        unmoved.judge(5, "it")
    clock.now += 3600
    for _ in range(3):
        with pytest.raises(DriverUnavailable, match="it has been exactly 5 for 1 h"):
            unmoved.judge(5, "it")
    unmoved.judge(6, "it")


@settings(deadline=None)
@given(st.lists(st.sampled_from([1.0, 2.0]), max_size=200))
def test_no_run_no_complaint(values: list[float]) -> None:
    """Told only where a run of equal readings is long enough in both ways."""
    told = hours_until_told(values, 360, 2)
    runs = "".join("a" if value == 1 else "b" for value in values)
    assert (told is not None) == ("a" * 21 in runs or "b" * 21 in runs)


def volts(*values: float | None) -> list[Measured]:
    return [
        Measured(quantity="voltage", value=v, unit="V", missing="" if v is not None else "invalid")
        for v in values
    ]


def test_mains_that_never_move() -> None:
    """All phases the same, to the tenth of a volt; a phase without power proves nothing."""
    clock = Hand()
    dead, dark = Unmoved(clock, 6), Unmoved(clock, 6)
    with pytest.raises(DriverUnavailable, match=r"voltage of meter 7 has been exactly 230.1"):
        for _ in range(1000):
            clock.now += 30
            mains([*volts(230.1), Measured(quantity="power", value=0, unit="W")], dead, "meter 7")
    for _ in range(1000):
        clock.now += 30
        assert len(mains(volts(0.0, None), dark, "meter 8")) == 2
