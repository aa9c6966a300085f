"""The cycle of a task, which bins and readings share."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.services import tasks
from agent.services.bins.state import Bin, BinsState
from agent.services.readings.service import Reading, ReadingsState
from agent.services.tasks import Tasked


class Hours(NamedTuple):
    """As in kiosk.toml."""

    assign_h: float = 2.0
    clear_h: float = 24.0
    remind_h: float = 4.0


STEPS = st.sampled_from(("assigned", "disputed", "overdue", "overdue"))


@given(st.lists(STEPS))
def test_it_is_reminded_of_until_it_is_closed(steps: list[str]) -> None:
    """Whatever happens: a reminder is always under way, it says for whom it waits, and how often
    that was said begins anew with each stage."""
    thing, reminder = tasks.found(Tasked(), "north", "t1", Hours())
    said = 0
    for step in steps:
        match step:
            case "assigned":
                thing, reminder = tasks.assigned(thing, "north", "清运二队", Hours())
                assert (thing.waits_for, reminder.after) == ("clearance", 24 * 3600)
                said = 0
            case "disputed":
                thing, reminder = tasks.disputed(thing, "north", 720.0)
                assert (thing.waits_for, reminder.after) == ("agreement", 720.0)
                said = 0
            case _:
                before = thing
                thing, reminder = tasks.overdue(thing, "north", Hours())
                assert msgspec.structs.replace(thing, reminded=said) == before
                assert reminder.after == 4 * 3600
                said += 1
        assert (thing.task, thing.reminded, reminder.name) == ("t1", said, "task.north")
    assert tasks.closed(thing, "north") == (Tasked(), tasks.closed(Tasked(), "north")[1])
    assert tasks.closed(thing, "north")[1].after is None


@pytest.mark.parametrize(
    ("kind", "field"), [(BinsState, "bins"), (ReadingsState, "readings")], ids=["bins", "readings"]
)
def test_a_task_in_a_store_of_before_goes_on(kind: type, field: str) -> None:
    """It stood among the thing's other values there, and still does."""
    old = {"task": "t1", "waits_for": "agreement", "crew": "清运二队", "reminded": 3}
    state: Any = msgspec.msgpack.decode(msgspec.msgpack.encode({field: {"x": old}}), type=kind)
    thing = getattr(state, field)["x"]
    assert isinstance(thing, Bin | Reading)
    assert {key: getattr(thing, key) for key in old} == old
    assert old.items() <= msgspec.msgpack.decode(msgspec.msgpack.encode(thing)).items()
