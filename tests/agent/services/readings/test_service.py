"""Readings: reported now and then, and one task for as long as one is beyond its limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.contract.signals import Measured
from agent.messages import DeviceDown, Due
from agent.services.readings.service import Readings
from agent.services.readings.settings import ReadingSettings
from tests.agent.journal import Journey, told

PUMP = ReadingSettings(
    name="泵房水压", device="pump", quantity="pressure", register="in", step=0.05,
    below=0.2, above=0.8, back=0.05, hold_s=60, task="查看泵房",
)  # fmt: skip


@pytest.fixture
def journey() -> Journey:
    return Journey(Readings({"pump": PUMP}))


def reads(journey: Journey, value: float | None, start: float, seconds: float = 90) -> None:
    """The same value for so long, every ten seconds."""
    for after in range(0, int(seconds) + 1, 10):
        one = Measured(
            source="pump",
            quantity="pressure",
            value=value,
            unit="MPa",
            part="in",
            missing="" if value is not None else "invalid",
            at=start + after,
            id=f"{start + after:.0f}",
        )
        journey.send(one)


def kinds(journey: Journey) -> list[str]:
    return [one.kind.removeprefix("reading.") for one in journey.records()]


def test_a_value_is_told_when_it_has_changed(journey: Journey) -> None:
    """First of all, then from the step on; a device that fails is told once."""
    reads(journey, 0.5, 0)
    reads(journey, 0.53, 100)
    reads(journey, 0.56, 200)
    journey.send(DeviceDown(source="pump", reason="gone"), DeviceDown(source="pump", reason="-"))
    assert [one.data["value"] for one in journey.records()] == [0.5, 0.56, None]
    journey.send(Due(service="readings", name="value.pump"))
    assert len(journey.records()) == 3
    reads(journey, 0.56, 400)
    journey.send(Due(service="readings", name="value.pump"))
    assert [one.data["value"] for one in journey.records()][3:] == [0.56, 0.56]


def test_a_restart_does_not_put_off_the_next_report(journey: Journey) -> None:
    """Its hour goes on; where it ends before there is a value again, the first one is told."""
    reads(journey, 0.5, 0)
    for restart in (1000, 2000, 3000):
        journey.restart()
        journey.reminders.clear()
        reads(journey, 0.5, restart)
        assert journey.reminders == {}, "what is under way is left alone"
    journey.restart()
    journey.send(Due(service="readings", name="value.pump", at=3600.0))
    assert len(journey.records()) == 1
    reads(journey, 0.5, 3610)
    assert [one.data["value"] for one in journey.records()] == [0.5, 0.5]
    assert journey.reminders == {"value.pump": 3600}
    journey.restart()
    journey.service = Readings({"pump": replace(PUMP, every_h=0.5)})
    reads(journey, 0.5, 4000)
    assert journey.reminders == {"value.pump": 1800}, "another interval counts at once"


def test_beyond_its_limit_it_is_one_task_until_it_is_back(journey: Journey) -> None:
    """Not for a moment, and not ended by trembling at the limit."""
    reads(journey, 0.1, 0, 30)
    reads(journey, 0.4, 40, 100)
    assert "task" not in kinds(journey)
    reads(journey, 0.1, 200)
    [task] = journey.records("reading.task")
    assert task.data["reason"] == "泵房水压0.1MPa，低于0.2MPa：查看泵房"
    reads(journey, 0.22, 400, 600)
    reads(journey, 0.15, 1100, 600)
    assert kinds(journey).count("task") == 1 and "done" not in kinds(journey)
    reads(journey, 0.5, 2000)
    [done] = journey.records("reading.done")
    assert (done.data["by"], done.data["task"]) == ("device", task.data["task"])
    assert "task.pump" not in journey.reminders


def test_the_task_is_taken_reminded_of_and_reported(journey: Journey) -> None:
    """派单, 整改, 销项; the device has the last word while it works."""
    reads(journey, 0.9, 0)
    task = journey.records("reading.task")[0].data["task"]
    overdue = Due(service="readings", name="task.pump")
    journey.send(overdue, overdue)
    journey.send(told("reading.assigned", task=task, crew="维修班"), overdue)
    journey.send(told("reading.cleared", task=task), overdue)
    waits = [one.data["waits_for"] for one in journey.records("reading.overdue")]
    assert waits == ["crew", "crew", "clearance", "agreement"]
    journey.send(DeviceDown(source="pump", reason="gone"), told("reading.cleared", task=task))
    assert journey.records("reading.done")[0].data["by"] == "crew"
    journey.send(told("reading.cleared", task=task))
    assert journey.records("command.rejected")[0].data["reason"].startswith("there is no such")


def test_other_numbers_are_none_of_its_business(journey: Journey) -> None:
    """Another register, quantity or device."""
    for changes in ({"part": "out"}, {"quantity": "flow"}, {"source": "tank"}):
        one = Measured(source="pump", quantity="pressure", value=0.0, unit="MPa", part="in")
        for at in range(0, 600, 10):
            journey.send(replace(one, at=float(at), **changes))
    assert journey.records() == []


@given(values=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 900), st.booleans())))
def test_tasks_and_their_ends_take_turns(values: list[tuple[float, int, bool]]) -> None:
    """Whatever is read, with restarts anywhere: never two tasks at once, none ended twice."""
    journey, at = Journey(Readings({"pump": PUMP})), 0.0
    for value, seconds, restarts in values:
        reads(journey, value, at, min(seconds, 120))
        at += seconds
        if restarts:
            journey.restart()
    told_ = [kind for kind in kinds(journey) if kind in ("task", "done")]
    assert told_ == (["task", "done"] * len(told_))[: len(told_)]
