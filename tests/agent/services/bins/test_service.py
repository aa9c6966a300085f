"""Bins: a task per filling, and a broken sensor is never "full"."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.contract.signals import Measured, Missing
from agent.effects import Lane
from agent.messages import DeviceDown
from agent.services.bins.service import Bins
from agent.services.bins.settings import BinSettings
from tests.agent.journal import Journey

SETTINGS = {"north": BinSettings(name="北门", device="bin_1", empty_mm=1800, full_mm=300)}


def distance(mm: int | Missing, id: str = "reading") -> Measured:
    if isinstance(mm, int):
        return Measured(source="bin_1", quantity="distance", value=mm, unit="mm", id=id)
    return Measured(source="bin_1", quantity="distance", value=None, unit="mm", missing=mm, id=id)


@pytest.fixture
def journey() -> Journey:
    return Journey(Bins(SETTINGS))


def test_filling_makes_one_task_and_emptying_closes_it(journey: Journey) -> None:
    """85 % makes a task, going up and down above 40 % none, below 40 % the task is closed."""
    journey.send(*[distance(1800)] * 5, *[distance(400, "reading-9")] * 5)
    [full] = journey.records("bin.full")
    assert full.lane is Lane.TASK
    assert full.data["bin"] == "north" and full.data["percent"] == 93
    journey.send(*[distance(900)] * 5, *[distance(400)] * 5)
    assert len(journey.records("bin.full")) == 1
    journey.send(*[distance(1700)] * 5)
    [emptied] = journey.records("bin.emptied")
    assert emptied.data["task"] == full.data["task"]
    journey.send(*[distance(400)] * 5)
    assert len(journey.records("bin.full")) == 2


def test_outliers_make_no_task(journey: Journey) -> None:
    """Two wild readings of five (a bird, a hand) change nothing."""
    journey.send(*[distance(1800)] * 5, distance(310), distance(310), *[distance(1800)] * 3)
    assert not journey.records("bin.full")


def test_no_echo_is_a_fault_and_never_full(journey: Journey) -> None:
    """Ten seconds without an echo: one fault, no task; echoes again: restored."""
    journey.send(*[distance(1800)] * 5, *[distance("no_echo")] * 50)
    assert len(journey.records("bin.fault")) == 1
    assert not journey.records("bin.full")
    journey.send(*[distance(1800)] * 5)
    assert len(journey.records("bin.restored")) == 1


def test_too_near_is_full(journey: Journey) -> None:
    """A heap that reaches into the sensor's blind zone is a full bin, not a broken sensor."""
    journey.send(*[distance(1800)] * 5, *[distance("too_near")] * 50)
    [full] = journey.records("bin.full")
    assert full.data["percent"] == 100
    assert not journey.records("bin.fault")


def test_what_has_no_result_yet_says_nothing(journey: Journey) -> None:
    """A sensor that probes is neither broken nor full; other quantities are not the level."""
    other = Measured(source="bin_1", quantity="battery", value=3, unit="%")
    journey.send(*[distance("probing")] * 100, *[other] * 10)
    assert not journey.records()


def test_unplugged_sensor_is_a_fault_once(journey: Journey) -> None:
    """A sensor that is gone is reported with the driver's reason, once."""
    journey.send(*[DeviceDown(source="bin_1", reason="unplugged")] * 2)
    [fault] = journey.records("bin.fault")
    assert fault.data["reason"] == "unplugged"


def test_task_outlasts_a_restart(journey: Journey) -> None:
    """After a restart a bin that is still full makes no second task."""
    journey.send(*[distance(400)] * 5)
    journey.restart()
    journey.send(*[distance(400)] * 5)
    assert len(journey.records("bin.full")) == 1


def test_readings_alone_are_not_worth_a_write(journey: Journey) -> None:
    """Equal levels leave the durable state untouched, so the card is not worn."""
    journey.send(*[distance(1000)] * 5)
    before = journey.service.durable(journey.state)
    journey.send(*[distance(1003)] * 20)
    assert journey.service.durable(journey.state) == before


@given(st.lists(st.sampled_from(get_args(Missing)) | st.integers(0, 5000), max_size=200))
def test_tasks_and_clearances_alternate(readings: list[int | Missing]) -> None:
    """Whatever a sensor says: tasks are opened and closed in turn, never two open at once."""
    journey = Journey(Bins(SETTINGS))
    journey.send(*[distance(mm) for mm in readings])
    kinds = [r.kind for r in journey.records() if r.kind in ("bin.full", "bin.emptied")]
    assert kinds == ["bin.full", "bin.emptied"] * (len(kinds) // 2) + ["bin.full"] * (
        len(kinds) % 2
    )


@given(st.integers(0, 20000))
def test_percent_stays_within_its_range(mm: int) -> None:
    """Beyond the marks the filling is 0 or 100, never outside."""
    assert 0 <= Bins(SETTINGS).percent("north", mm) <= 100
