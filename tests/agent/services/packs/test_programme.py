"""Programmes: what is next, its words read aloud, and being reminded of it."""

from __future__ import annotations

import pytest

from agent.dialogue.views import Article, Form, List, Phrase
from agent.effects import Remind, Say
from agent.messages import Due, VisitOver
from tests.agent.journal import worded
from tests.agent.services.packs.test_journeys import NOON, Visit

DAY = 86_400
TUESDAY = NOON + DAY
REMINDER = "broadcast/aixin/programme/rehab-hour"


@pytest.fixture
def visit() -> Visit:
    """At noon on a Monday."""
    visit = Visit()
    visit.open("aixin/programme")
    return visit


def offered(visit: Visit) -> list[str]:
    """The broadcasts, in order."""
    return [id.removeprefix("packs.broadcast.") for id in visit.offers() if "broadcast" in id]


def test_what_comes_next_stands_first(visit: Visit) -> None:
    """A weekly one that is over is next week's."""
    assert isinstance(visit.show.view, List)
    assert offered(visit) == ["rehab-hour", "job-talk", "sign-language"]
    visit.choose("home")
    visit.wall = TUESDAY + 2.5 * 3600
    visit.open("aixin/programme")
    assert offered(visit)[0] == "rehab-hour", "it is on"
    visit.choose("home")
    visit.wall = TUESDAY + 4 * 3600
    visit.open("aixin/programme")
    assert offered(visit)[0] == "job-talk"


def test_without_the_time_of_day_all_is_listed(visit: Visit) -> None:
    """By weekday; nothing is promised for the spot."""
    visit.choose("home")
    visit.wall = None
    visit.open("aixin/programme")
    visit.choose("packs.broadcast.rehab-hour")
    assert "packs.remind-here" not in visit.offers() and "每星期二" in worded(visit.show.words)


def test_it_says_what_when_by_whom_and_that_it_is_an_example(visit: Visit) -> None:
    """And where; the text is read sentence by sentence."""
    show = visit.choose("packs.broadcast.rehab-hour")
    assert show.words is not None
    for part in ("每星期二", "14:00", "社区康复师", "居委会活动室", "这是样例"):
        assert part in worded(show.words[2])
    show = visit.choose("packs.text")
    assert isinstance(show.view, Article) and "坐着锻炼" in worded(show.view.sentence)


def test_a_call_is_agreed_to_first(visit: Visit) -> None:
    """Which one is known; purpose, consent and number are asked; the record says all of it."""
    visit.choose("packs.broadcast.job-talk")
    show = visit.choose("packs.remind")
    assert "purpose" in str(show.words)
    show = visit.choose("packs.agree")
    assert isinstance(show.view, Form) and (show.view.step, show.view.steps) == (2, 3)
    assert "您同意吗" in str(show.words)
    visit.choose("packs.answer.yes")
    visit.say_digits("62580000")
    visit.choose("packs.enough")
    assert not visit.records("form.sent")
    visit.choose("packs.send")
    (record,) = visit.records("form.sent")
    assert record.data["answers"] == {
        "programme": ["job-talk"],
        "consent": ["yes"],
        "phone": ["62580000"],
    }


def test_who_waits_is_told_when_it_begins(visit: Visit) -> None:
    """Half an hour before, not a day; once; and not when they have gone."""
    visit.choose("packs.broadcast.rehab-hour")
    assert "packs.remind-here" not in visit.offers()
    visit.choose("home")
    visit.wall = TUESDAY + 2 * 3600 - 600
    visit.open("aixin/programme")
    visit.choose("packs.broadcast.rehab-hour", "packs.remind-here")
    assert visit.reminders[REMINDER] == 600
    visit.restart()
    visit.send(Due(service="packs", name=REMINDER))
    assert Say("packs.begins", {"title": "康复一小时"}, 1) in visit.latest  # type: ignore[arg-type]
    visit.send(Due(service="packs", name=REMINDER))
    assert not [effect for effect in visit.latest if isinstance(effect, Say)]
    visit.choose("packs.remind-here")
    visit.send(VisitOver())
    assert Remind(REMINDER, None) in visit.latest and REMINDER not in visit.reminders


def test_a_form_opened_from_its_pack_asks_which_one(visit: Visit) -> None:
    """Nothing is answered in advance."""
    visit.choose("home")
    visit.open("aixin/remind")
    visit.choose("packs.agree")
    assert isinstance(visit.show.view, Form) and visit.show.view.step == 1
    assert visit.show.words is not None and visit.show.words[0] != Phrase("")
