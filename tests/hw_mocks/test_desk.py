"""The stand-ins for the people who answer forms, bookings and calls for help."""

from __future__ import annotations

import pytest

from hw_mocks.desk import Desk, Mood
from hw_mocks.upstream import Upstream
from tests.hw_mocks.test_upstream import event, post
from tests.waiting import wait_for

BOOKING = {
    "booking": "b",
    "code": "654321",
    "pack": "ecircle",
    "item": "venues",
    "location": "room-1",
    "start": "2026-12-01T09:00",
}
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
        post(upstream, form, event(2, lane=1, kind="booking.requested", **BOOKING))
        wait_for(lambda: [one["kind"] for one in upstream.report(0)["commands"]] == expected)


def test_votes_arrive_as_totals() -> None:
    """And are added up."""
    with Upstream() as upstream, Desk(upstream, "silent") as desk:
        counted = (
            event(n, lane=1, kind="poll.counted", ballot="bench", votes={"ramp": 2}) for n in (1, 2)
        )
        post(upstream, *counted)
        wait_for(lambda: desk.tally == {"bench": {"ramp": 4}})


def test_a_booking_is_found_by_card_until_it_is_given_back() -> None:
    """And by its code, then without the card."""
    card = "0123456789abcdef" * 2
    with Upstream() as upstream, Desk(upstream, delay=0.01):

        def said() -> list[dict[str, object]]:
            return [
                one["data"]
                for one in upstream.report(0)["commands"]
                if one["kind"] != "slots.taken"
            ]

        post(upstream, event(1, lane=1, kind="booking.requested", card=card, **BOOKING))
        post(upstream, event(2, lane=1, kind="card.followed", card=card))
        wait_for(lambda: len(said()) == 2)
        assert said()[1]["booking"] == "b" and said()[1]["card"] == card
        post(upstream, event(3, lane=1, kind="form.followed", code="654321"))
        wait_for(lambda: len(said()) == 3)
        assert said()[2]["stage"] == "accepted" and said()[2]["card"] == ""
        post(upstream, event(4, lane=1, kind="booking.cancelled", booking="b"))
        post(upstream, event(5, lane=1, kind="form.followed", code="654321"))
        wait_for(lambda: len(said()) == 4)
        assert said()[3]["stage"] == "refused"
