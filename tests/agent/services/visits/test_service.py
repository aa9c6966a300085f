"""Visits: one for each cause, with reminders, until somebody has been there."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.contract.signals import PersonDown
from agent.effects import Pass
from agent.messages import Concern, Due, Started
from agent.services.fall.service import Falls
from agent.services.fall.settings import FallSettings
from agent.services.visits.service import Visits
from agent.services.visits.settings import VisitSettings
from tests.agent.journal import Journey, told

WANG = VisitSettings(
    name="3号楼201王阿姨",
    devices=("radar", "meter", "door"),
    consent_until=datetime.date(2027, 1, 1),
)


def concern(case: str, device: str = "meter", *, over: bool = False) -> Concern:
    return Concern(
        device=device,
        cause="power",
        case=case,
        reason="没有用电",
        over=over,
        at=1.0,
        id=f"s-{case}",
    )


def overdue() -> Due:
    return Due(service="visits", name="overdue.wang")


@pytest.fixture
def journey() -> Journey:
    return Journey(Visits({"wang": WANG}))


def kinds(journey: Journey) -> list[str]:
    return [record.kind for record in journey.records()]


def test_an_alarm_becomes_one_visit_with_an_outcome(journey: Journey) -> None:
    """For the right helper, with the reason; the same alarm makes no second one, ever."""
    journey.send(concern("a"), concern("a"))
    [visit] = journey.records("visit.requested")
    assert visit.data["helper"] == "助残员" and visit.data["reason"] == "没有用电"
    journey.send(told("visit.accepted", visit=visit.data["visit"], helper="李阿姨"))
    assert journey.reminders["overdue.wang"] == 3600
    journey.send(told("visit.closed", visit=visit.data["visit"], outcome="fine"))
    journey.restart()
    journey.send(concern("a"))
    assert kinds(journey) == ["visit.requested", "visit.done"]
    assert not journey.reminders
    [done] = journey.records("visit.done")
    assert done.data["helper"] == "李阿姨"


def test_another_alarm_of_the_same_household_joins(journey: Journey) -> None:
    """Who goes knows all reasons; nobody is sent twice."""
    journey.send(concern("a"), concern("b", "door"), concern("c", "other"))
    assert kinds(journey) == ["visit.requested", "visit.joined"]


def test_a_visit_outlasts_its_reasons(journey: Journey) -> None:
    """That it is as usual again is told; somebody looks all the same."""
    journey.send(concern("a"), concern("b", "door"), concern("a", over=True))
    assert kinds(journey)[-1] == "visit.joined"
    journey.send(concern("b", "door", over=True), overdue())
    assert kinds(journey)[-2:] == ["visit.eased", "visit.overdue"]


def test_it_is_overdue_until_somebody_has_been_there(journey: Journey) -> None:
    """Nobody takes it; somebody does and says nothing; nobody opens: somebody goes again."""
    journey.send(concern("a"), overdue(), overdue())
    visit = journey.records("visit.requested")[0].data["visit"]
    journey.send(told("visit.accepted", visit=visit, helper="李阿姨"), overdue())
    journey.send(told("visit.closed", visit=visit, outcome="nobody"), overdue())
    late = [record.data for record in journey.records("visit.overdue")]
    assert [(one["waits_for"], one["helper"], one["repeat"]) for one in late] == [
        ("helper", "助残员", 0),
        ("helper", "助残员", 1),
        ("outcome", "李阿姨", 0),
        ("helper", "助残员", 0),
    ]
    journey.send(told("visit.closed", visit=visit, outcome="hospital"), overdue())
    assert kinds(journey)[-1] == "visit.done"
    journey.send(told("visit.closed", visit=visit, outcome="fine"))
    assert kinds(journey)[-1] == "command.rejected"


def test_nobody_is_visited_whose_consent_is_over(journey: Journey) -> None:
    """Their alarms go their own ways."""
    journey.send(Started(rebooted=False, wall=1_830_000_000.0, at=0.5), concern("a"))
    assert kinds(journey) == []


def test_a_fall_is_passed_on_when_help_is_called() -> None:
    """Not at the question: at the alarm, and when it is over."""
    fall = Journey(Falls(FallSettings()))
    fall.send(PersonDown(source="radar", track=1, confidence=0.9, reason="radar", id="f"))
    assert not [effect for effect in fall.effects if isinstance(effect, Pass)]
    fall.send(Due(service="fall", name="answer"), told("fall.closed", fall="f"))
    passed = [effect.fact for effect in fall.effects if isinstance(effect, Pass)]
    assert [(one.device, one.case, one.over) for one in passed if isinstance(one, Concern)] == [
        ("radar", "f", False),
        ("radar", "f", True),
    ]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("worry", "over", "due", "accepted", "closed", "restart")),
            st.sampled_from("abcd"),
        ),
        max_size=60,
    )
)
def test_never_two_visits_for_one_cause(life: list[tuple[str, str]]) -> None:
    """Whatever happens: visits begin and end in turn, and each case is in one of them."""
    journey = Journey(Visits({"wang": WANG}))
    for what, case in life:
        visit = journey.state.households.get("wang")
        known = visit.visit if visit and visit.visit else "none"
        match what:
            case "worry" | "over":
                journey.send(concern(case, over=what == "over"))
            case "due":
                journey.send(overdue())
            case "accepted":
                journey.send(told("visit.accepted", visit=known, helper="李阿姨"))
            case "closed":
                outcome = "nobody" if case == "a" else "fine"
                journey.send(told("visit.closed", visit=known, outcome=outcome))
            case "restart":
                journey.restart()
    turns = [kind for kind in kinds(journey) if kind in ("visit.requested", "visit.done")]
    assert turns == (["visit.requested", "visit.done"] * len(turns))[: len(turns)]
    cases = [record.data["case"] for record in journey.records() if "case" in record.data]
    assert len(cases) == len(set(cases))


def test_a_command_for_others_changes_nothing(journey: Journey) -> None:
    """Words that are about no visit pass by; the visit that is open stays."""
    journey.send(concern("a"))
    journey.send(told("pile.status", pile="p1", state="charging"))
    assert kinds(journey) == ["visit.requested"]
