"""The stand-ins for the people who answer forms, bookings and calls for help."""

from __future__ import annotations

import pytest

from hw_mocks.desk import Desk, Mood
from hw_mocks.upstream import Upstream
from tests.hw_mocks.test_upstream import event, post
from tests.waiting import wait_for

FORM = {"form": "f-1", "code": "123456", "pack": "law", "item": "appointment"}


@pytest.mark.parametrize(
    ("mood", "expected"),
    [
        ("helpful", ["form.accepted", "form.done", "booking.confirmed"]),
        ("incomplete", ["form.incomplete", "booking.confirmed"]),
        ("full", ["form.accepted", "form.done", "booking.refused"]),
    ],
)
def test_the_desk_answers_in_its_mood(mood: Mood, expected: list[str]) -> None:
    """Each record has its answers, in order."""
    with Upstream() as upstream, Desk(upstream, mood, delay=0.01):
        form = event(1, lane=1, kind="form.sent", **FORM)
        post(upstream, form, event(2, lane=1, kind="booking.requested", booking="b"))
        wait_for(lambda: [one["kind"] for one in upstream.report(0)["commands"]] == expected)


def test_votes_arrive_as_totals() -> None:
    """And are added up."""
    with Upstream() as upstream, Desk(upstream, "silent") as desk:
        counted = (
            event(n, lane=1, kind="poll.counted", ballot="bench", votes={"ramp": 2}) for n in (1, 2)
        )
        post(upstream, *counted)
        wait_for(lambda: desk.tally == {"bench": {"ramp": 4}})
