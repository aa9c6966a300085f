"""What was sent with a card is asked for with it, at any kiosk, and by nobody else."""

from __future__ import annotations

import msgspec
import pytest

from agent.dialogue.views import List, Progress
from agent.effects import Say
from agent.messages import ResidentKnown, VisitOver
from agent.services.packs.page import Held
from tests.agent.journal import told, worded
from tests.agent.services.packs.test_journeys import Visit, form

MARK = "0123456789abcdef" * 2
KNOWN = ResidentKnown(mark=MARK)


def test_only_who_wishes_it_sends_the_mark() -> None:
    """Without a card there is no such choice; with one there are both."""
    visit = Visit()
    form(visit)
    assert "packs.send-card" not in visit.offers()
    visit.choose("home")
    visit.send(KNOWN)
    form(visit)
    visit.choose("packs.send")
    assert visit.records("form.sent")[0].data.get("card", "") == ""
    visit.choose("packs.finish")
    form(visit)
    visit.choose("packs.send-card")
    assert visit.records("form.sent")[1].data["card"] == MARK


def asked(visit: Visit) -> None:
    """Somebody with a card asks for all that was sent with it."""
    visit.send(KNOWN)
    visit.choose("packs.services", "packs.follow", "packs.follow-card")


def test_a_card_finds_what_was_sent_elsewhere() -> None:
    """One question; each answer is a line; one of them says how far it is, by voice too."""
    visit = Visit()
    asked(visit)
    (record,) = visit.records("card.followed")
    assert record.data["card"] == MARK
    for code, stage in (("111111", "accepted"), ("222222", "done")):
        visit.send(told("form.found", code, code=code, stage=stage, what=f"事{code}", card=MARK))
    assert isinstance(visit.show.view, List)
    assert [id for id in visit.offers() if "carded" in id] == [
        "packs.carded.111111",
        "packs.carded.222222",
    ]
    show = visit.choose("packs.carded.222222")
    assert isinstance(show.view, Progress) and show.words is not None
    assert show.words[2].values["stage"] == "done"  # type: ignore[union-attr]


def test_it_is_forgotten_with_the_visit() -> None:
    """Nor does it reach the disk, nor the next resident; a late answer is shown to nobody."""
    visit = Visit()
    asked(visit)
    visit.send(told("form.found", code="111111", stage="done", what="约律师", card=MARK))
    kept = msgspec.msgpack.encode(visit.service.durable(visit.state))
    assert MARK.encode() not in kept and "约律师".encode() not in kept
    visit.choose("home")
    visit.send(VisitOver())
    visit.send(told("form.found", "late", code="222222", stage="done", what="约律师", card=MARK))
    assert "约律师" not in str(visit.state)
    visit.choose("packs.services", "packs.follow")
    assert "packs.follow-card" not in visit.offers()
    visit.say_digits("111111")
    assert visit.records("form.followed"), "a code is asked for anew"


def booked(visit: Visit) -> None:
    """Up to the look at what is about to be booked."""
    visit.open("ecircle/venues")
    visit.choose("packs.location.room-1", "packs.day.2026-11-30", "packs.slot.13:00")


def found(**other: object) -> dict[str, object]:
    """A booking that was made at another kiosk."""
    booking = {
        "booking": "b-1",
        "code": "333333",
        "stage": "accepted",
        "pack": "ecircle",
        "item": "venues",
        "what": "一号活动室",
        "start": "2026-12-01T09:00",
        "card": MARK,
    }
    return {**booking, **other}


def test_a_booking_is_followed_by_card_where_that_is_wished() -> None:
    """Two choices with a card, one without; the mark is in the record, and nowhere else."""
    visit = Visit()
    booked(visit)
    assert "packs.send-card" not in visit.offers()
    visit.choose("home")
    visit.send(KNOWN)
    booked(visit)
    visit.choose("packs.send-card")
    (record,) = visit.records("booking.requested")
    assert record.data["card"] == MARK
    kept = msgspec.msgpack.encode(visit.service.durable(visit.state))
    assert MARK.encode() not in kept


def test_a_booking_without_a_card_says_nothing_of_one() -> None:
    """As upstreams of before know it."""
    visit = Visit()
    visit.send(KNOWN)
    booked(visit)
    visit.choose("packs.send")
    assert "card" not in visit.records("booking.requested")[0].data


def test_a_card_finds_bookings_and_gives_one_back() -> None:
    """In words of one's own language: place, time, whether it is theirs; then it is gone."""
    visit = Visit()
    asked(visit)
    visit.send(told("form.found", "f", code="111111", stage="done", what="约律师", card=MARK))
    visit.send(told("booking.found", "b", **found()))
    labels = {choice.id: choice.text for choice in visit.show.choices}
    assert worded(labels["packs.carded.333333"], "en") == "一号活动室, Tuesday, 1 December, 09:00"
    show = visit.choose("packs.carded.333333")
    assert isinstance(show.view, Progress) and show.words is not None
    assert "确认了，位子是您的" in worded(list(show.words))
    visit.choose("packs.give-back")
    (record,) = visit.records("booking.cancelled")
    assert (record.data["booking"], record.data["pack"], record.subject) == (
        "b-1",
        "ecircle",
        "b-1",
    )
    assert "packs.carded.333333" not in visit.offers() and "packs.carded.111111" in visit.offers()
    assert Say("packs.given-back") in visit.latest


def test_a_booking_is_found_and_given_back_by_its_digits_too() -> None:
    """At the kiosk where it was made, and at another one that asks."""
    visit = Visit()
    booked(visit)
    visit.choose("packs.send")
    (record,) = visit.records("booking.requested")
    for code in (record.data["code"], "333333"):
        visit.choose("home", "packs.services", "packs.follow")
        visit.say_digits(code)
        if code == "333333":
            assert visit.records("form.followed")[-1].data["code"] == code
            visit.send(told("booking.found", "c", **found(card="")))
        visit.choose("packs.give-back")
    ids = [one.data["booking"] for one in visit.records("booking.cancelled")]
    assert ids == [record.subject, "b-1"] and not visit.state.memory.held
    visit.choose("home")
    booked(visit)  # the slot is free again


@pytest.mark.parametrize(
    "other", [{"stage": "refused"}, {"start": "2026-11-30T11:59"}], ids=["refused", "over"]
)
def test_what_is_not_theirs_any_more_is_not_given_back(other: dict[str, object]) -> None:
    """It can still be read."""
    visit = Visit()
    asked(visit)
    visit.send(told("booking.found", "c", **found(**other)))
    visit.choose("packs.carded.333333")
    assert "packs.give-back" not in visit.offers()


def test_a_late_answer_about_a_booking_is_shown_to_nobody() -> None:
    """Whoever has asked has gone."""
    visit = Visit()
    asked(visit)
    visit.send(VisitOver())
    visit.send(told("booking.found", "c", **found()))
    assert "一号活动室" not in str(visit.state)


def test_bookings_of_before_are_still_named() -> None:
    """A store of an older release has place and time in one text."""
    old = Held("x", "444444", "ecircle", "venues", "活动室，12月1日", slot="a/b/c/2026-12-01T09:00")
    assert (old.named, old.booked, old.record) == ("活动室，12月1日", "2026-12-01T09:00", "x")
