"""The stand-in dispatcher: each scripted outcome, told in its order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hw_mocks.dispatcher import Dispatcher, Outcome, Pace
from hw_mocks.upstream import Upstream
from tests.hw_mocks.test_upstream import event, post
from tests.waiting import wait_for

PACE = Pace(answer=0.02, drive=0.02, board=0.02, ride=0.02, give_up=0.1)


@pytest.fixture
def dispatcher() -> Iterator[Dispatcher]:
    """A quick dispatcher behind a real server."""
    with Upstream() as upstream, Dispatcher(upstream, "accept", PACE) as running:
        yield running


def said(dispatcher: Dispatcher) -> list[tuple[str, dict[str, Any]]]:
    commands = dispatcher.upstream.report(0)["commands"]
    return [(command["kind"], command["data"]) for command in commands]


def kinds(dispatcher: Dispatcher) -> list[str]:
    return [kind for kind, _ in said(dispatcher)]


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("accept", ["taxi.accepted", "taxi.arrived", "taxi.on_board", "taxi.completed"]),
        (
            "reassign",
            [
                "taxi.accepted",
                "taxi.reassigning",
                "taxi.accepted",
                "taxi.arrived",
                "taxi.on_board",
                "taxi.completed",
            ],
        ),
        ("driver_cancels", ["taxi.accepted", "taxi.cancelled"]),
        ("no_car", ["taxi.no_car"]),
        ("timeout", ["taxi.cancelled"]),
        (
            "out_of_order",
            ["taxi.arrived", "taxi.accepted", "taxi.on_board", "taxi.completed"],
        ),
        ("late", ["taxi.accepted", "taxi.arrived", "taxi.on_board", "taxi.completed"]),
    ],
)
def test_outcomes(dispatcher: Dispatcher, outcome: Outcome, expected: list[str]) -> None:
    """Each outcome says its words about the order, in its order."""
    dispatcher.outcome = outcome
    post(dispatcher.upstream, event(1, kind="taxi.requested", order="a"))
    wait_for(lambda: len(kinds(dispatcher)) >= len(expected))
    assert kinds(dispatcher) == expected
    assert {data["order"] for _, data in said(dispatcher)} == {"a"}


def test_a_duplicate_is_the_same_command(dispatcher: Dispatcher) -> None:
    """Each word is said twice, under one id."""
    dispatcher.outcome = "duplicate"
    post(dispatcher.upstream, event(1, kind="taxi.requested", order="a"))
    wait_for(lambda: len(kinds(dispatcher)) == 8)
    ids = [command["id"] for command in dispatcher.upstream.report(0)["commands"]]
    assert ids[0::2] == ids[1::2]
    assert len(set(ids)) == 4


def test_the_second_car_is_another_one(dispatcher: Dispatcher) -> None:
    """After a reassignment the plate is a new one, and that one arrives."""
    dispatcher.outcome = "reassign"
    post(dispatcher.upstream, event(1, kind="taxi.requested", order="a"))
    wait_for(lambda: len(kinds(dispatcher)) == 6)
    first, second, arrived = (said(dispatcher)[n][1]["plate"] for n in (0, 2, 3))
    assert first != second == arrived


def test_a_cancellation_ends_the_order(dispatcher: Dispatcher) -> None:
    """Nothing more is said about a cancelled order than that it is cancelled."""
    dispatcher.pace = PACE._replace(drive=60)
    post(dispatcher.upstream, event(1, kind="taxi.requested", order="a"))
    wait_for(lambda: kinds(dispatcher) == ["taxi.accepted"])
    post(dispatcher.upstream, event(2, kind="taxi.cancelled", order="a", reason="user"))
    wait_for(lambda: len(kinds(dispatcher)) == 2)
    assert said(dispatcher)[1] == ("taxi.cancelled", {"order": "a", "by": "user"})
    assert dispatcher.planned == 0


def test_a_question_is_answered_with_the_present_state(dispatcher: Dispatcher) -> None:
    """The last word about the order is repeated; an order never heard of is unknown."""
    dispatcher.pace = PACE._replace(drive=60)
    post(dispatcher.upstream, event(1, kind="taxi.requested", order="a"))
    wait_for(lambda: kinds(dispatcher) == ["taxi.accepted"])
    post(dispatcher.upstream, event(2, kind="taxi.verify", order="a"))
    wait_for(lambda: len(kinds(dispatcher)) == 2)
    assert said(dispatcher)[0] == said(dispatcher)[1]
    post(dispatcher.upstream, event(3, kind="taxi.verify", order="b"))
    wait_for(lambda: len(kinds(dispatcher)) == 3)
    assert said(dispatcher)[2] == ("taxi.unknown_order", {"order": "b"})


def test_silence(dispatcher: Dispatcher) -> None:
    """A silent dispatcher leaves all words to others."""
    dispatcher.outcome = "silent"
    post(dispatcher.upstream, event(1, kind="taxi.requested", order="a"))
    post(dispatcher.upstream, event(2, kind="taxi.verify", order="a"))
    dispatcher.outcome = "accept"
    post(dispatcher.upstream, event(3, kind="taxi.verify", order="z"))
    wait_for(lambda: kinds(dispatcher))
    assert said(dispatcher) == [("taxi.unknown_order", {"order": "z"})]


def test_a_stale_request_gets_no_car(dispatcher: Dispatcher) -> None:
    """A request that spent its life in some buffer is not acted upon."""
    stale = {
        **event(1, kind="taxi.requested", order="a"),
        "expirytime": "2020-01-01T00:00:00.000Z",
    }
    post(dispatcher.upstream, stale, event(2, kind="taxi.verify", order="a"))
    wait_for(lambda: kinds(dispatcher))
    assert kinds(dispatcher) == ["taxi.unknown_order"]


def test_a_helper_accepts_a_fall(dispatcher: Dispatcher) -> None:
    """With a helper on duty each alarm is accepted once, without one none is."""
    dispatcher.outcome = "no_car"
    post(dispatcher.upstream, event(1, kind="fall.alarm", fall="f"))
    post(dispatcher.upstream, event(2, kind="taxi.requested", order="o"))
    wait_for(lambda: kinds(dispatcher))  # so the alarm before it was heard, and nobody was there
    dispatcher.helper = "张阿姨"
    post(dispatcher.upstream, event(3, kind="fall.alarm", fall="g", repeat=1))
    post(dispatcher.upstream, event(4, kind="fall.alarm", fall="g", repeat=2))
    wait_for(lambda: len(said(dispatcher)) > 1)
    wait_for(lambda: dispatcher.planned == 0)
    [_, (kind, data)] = said(dispatcher)
    assert (kind, data["fall"], data["helper"]) == ("fall.accepted", "g", "张阿姨")


def test_an_unknown_outcome_is_refused(dispatcher: Dispatcher) -> None:
    """The error names the outcomes that there are."""
    with pytest.raises(ValueError, match="no outcome 'helicopter'; one of silent, accept"):
        dispatcher.outcome = "helicopter"  # type: ignore[assignment]
