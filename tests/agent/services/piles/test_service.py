"""Charging piles: free, charging, finished and in the way; the queue, and what is broken."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.contract.signals import Charging, Measured
from agent.effects import Hide, Say, Show
from agent.messages import Action, Due, Started
from agent.services.piles.service import Piles
from agent.services.piles.settings import PileSettings
from tests.agent.journal import Journey, told

PILES = {
    "p1": PileSettings(name="1号桩", device="m1"),
    "p2": PileSettings(name="2号桩"),
}


@pytest.fixture
def journey() -> Journey:
    return Journey(Piles(PILES))


def draws(journey: Journey, watts: float, start: float, seconds: int = 120) -> None:
    """The meter of the first pile says the same for so long."""
    for after in range(0, seconds, 10):
        at = start + after
        journey.send(Measured(source="m1", quantity="power", value=watts, unit="W", at=at))


def says(journey: Journey, state: str, at: float = 0.0, pile: str = "p1") -> None:
    """The operator tells how a pile is."""
    journey.send(replace(told("pile.status", pile=pile, state=state), at=at))


def states(journey: Journey) -> list[str]:
    return [record.data["state"] for record in journey.records("pile.changed")]


def chooses(journey: Journey, action: str, value: str = "") -> None:
    journey.send(Action(action=action, value=value, service="piles"))


def test_a_meter_tells_what_a_pile_does(journey: Journey) -> None:
    """Free, charging, finished; a pause shorter than a minute is none."""
    draws(journey, 2, 0)
    draws(journey, 3300, 200)
    draws(journey, 5, 400, 40)
    draws(journey, 3300, 440)
    assert states(journey) == ["free", "charging"]
    draws(journey, 5, 600)
    assert states(journey) == ["free", "charging", "finished"]


def test_a_charged_car_is_asked_to_move_a_few_times(journey: Journey) -> None:
    """After ten minutes, each half hour, four times; not once it has gone."""
    says(journey, "charging")
    says(journey, "finished", 100)
    assert journey.reminders["move.p1"] == 600
    for _ in range(4):
        assert "move.p1" in journey.reminders
        journey.reminders.pop("move.p1")
        journey.send(Due(service="piles", name="move.p1"))
    assert [record.data["repeat"] for record in journey.records("pile.move")] == [0, 1, 2, 3]
    assert len([effect for effect in journey.effects if isinstance(effect, Say)]) == 4
    journey.send(Due(service="piles", name="move.p1", at=9000))
    assert states(journey)[-1] == "free"  # a meter alone never sees that it has gone
    journey.send(Due(service="piles", name="move.p1"))
    assert len(journey.records("pile.move")) == 4


def test_turnover_of_a_day(journey: Journey) -> None:
    """Sessions, minutes of charging, minutes in the way; a pause by the grid is no new session."""
    for state, at in (
        ("charging", 0),
        ("paused", 600),
        ("charging", 900),
        ("finished", 1500),
        ("free", 2100),
        ("charging", 3000),
    ):
        says(journey, state, at)
    journey.send(Due(service="piles", name="day", at=3600))
    [day] = journey.records("pile.day")
    assert (day.data["sessions"], day.data["charging_min"], day.data["blocked_min"]) == (2, 30, 10)


def test_who_waits_is_called_in_turn(journey: Journey) -> None:
    """A number on the screen; called when a pile is free."""
    says(journey, "charging")
    chooses(journey, "piles.open")
    chooses(journey, "piles.queue")
    assert journey.screen == "piles.queued"
    chooses(journey, "back")
    chooses(journey, "piles.queue")
    says(journey, "free", 10)
    [called] = [effect for effect in journey.effects if isinstance(effect, Say)]
    assert called.values == {"pile": "1号桩", "number": 1}
    assert journey.state.queue == (2,)


def test_what_is_broken_is_reported_once(journey: Journey) -> None:
    """By its operator with the reason, by a resident with two choices."""
    journey.send(told("pile.status", pile="p2", state="fault", reason="GroundFailure"))
    chooses(journey, "piles.open")
    chooses(journey, "piles.report")
    chooses(journey, "piles.broken", "p1")
    chooses(journey, "piles.broken", "p1")
    faults = [(one.data["pile"], one.data["by"]) for one in journey.records("pile.fault")]
    assert faults == [("p2", "pile"), ("p1", "resident")]
    journey.send(told("pile.status", pile="p9", state="free"))
    assert len(journey.records("command.rejected")) == 1


def test_the_screen_follows_while_somebody_looks(journey: Journey) -> None:
    """Quietly; and is given back."""
    chooses(journey, "piles.open")
    says(journey, "free")
    shown = journey.effects[-1]
    assert isinstance(shown, Show) and shown.silent and shown.values["free"] == "1号桩"
    chooses(journey, "home")
    assert isinstance(journey.effects[-1], Hide)
    says(journey, "charging")
    assert isinstance(journey.effects[-2], Hide)


@given(
    st.lists(
        st.sampled_from(
            (
                *("free", "preparing", "charging", "paused", "finished", "fault", "closed"),
                *("piles.open", "piles.queue", "piles.report", "back", "home"),
                *("move.p1", "day", "restart", "drawing", "idle"),
            )
        ),
        max_size=60,
    )
)
def test_states_are_told_once_and_queues_stay_short(life: list[str]) -> None:
    """Whatever happens: no state twice in a row, no more calls than who waits."""
    journey, at = Journey(Piles(PILES)), 0.0
    for what in life:
        at += 50
        if what == "restart":
            journey.restart()
            journey.send(Started(rebooted=False, at=at))
        elif what in ("drawing", "idle"):
            draws(journey, 3000 if what == "drawing" else 0, at, 100)
            at += 100
        elif what in ("day", "move.p1"):
            journey.send(Due(service="piles", name=what, at=at))
        elif what.startswith("piles.") or what in ("back", "home"):
            chooses(journey, what)
        else:
            says(journey, what, at)
    told_states = states(journey)
    assert all(a != b for a, b in itertools.pairwise(told_states))
    drawn = sum(what == "piles.queue" for what in life)
    calls = [e for e in journey.effects if isinstance(e, Say) and e.phrase == "piles.next"]
    assert len(calls) + len(journey.state.queue) <= drawn


def test_a_pile_that_speaks_is_believed_before_its_meter() -> None:
    """What OCPP says of it counts; reserved is not free; unknown changes nothing."""
    journey = Journey(Piles({"east": PileSettings(name="东边", device="pile_1")}))
    for state, expected in (
        ("free", "free"),
        ("charging", "charging"),
        ("unknown", "charging"),
        ("finished", "finished"),
        ("reserved", "closed"),
    ):
        journey.send(Charging(source="pile_1", state=state, at=100.0))  # type: ignore[arg-type]
        assert journey.state.piles["east"].state == expected
    journey.send(Charging(source="pile_1", state="free", at=200.0))
    for at in range(300, 900, 60):
        watts = Measured(source="pile_1", quantity="power", value=7000.0, unit="W", at=float(at))
        journey.send(watts)
    assert journey.state.piles["east"].state == "free"
