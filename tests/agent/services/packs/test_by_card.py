"""What was sent with a card is asked for with it, at any kiosk, and by nobody else."""

from __future__ import annotations

import msgspec

from agent.dialogue.views import List, Progress
from agent.messages import ResidentKnown, VisitOver
from tests.agent.journal import told
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
