"""Every kind of item, from the first page to its record, over the packs that ship."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract.signals import DeviceBack, PersonDown, Printed, Spoken
from agent.dialogue.views import Article, Ballot, Form, List, Phrase, Progress, Slots, Status
from agent.effects import Hide, Say, Show, Slip
from agent.messages import (
    Action,
    DeviceDown,
    Due,
    LanguageChanged,
    PacksReplaced,
    RecordDelivered,
    Started,
)
from agent.packs.packaged import packs_in
from agent.services.packs.format import Pack
from agent.services.packs.service import Packs
from tests.agent.journal import Journey, told, worded

NOON = datetime.datetime(2026, 11, 30, 12, 0, tzinfo=datetime.UTC).timestamp() - 8 * 3600
CODE = "4711"


@cache
def packs() -> dict[str, Pack]:
    """The packs that ship, read once."""
    return packs_in()


class Visit(Journey):
    """Somebody at the kiosk, at noon on a Monday."""

    def __init__(self) -> None:
        super().__init__(Packs(packs(), "gate-1", "speaker"))
        self.wall: float | None = NOON

    def choose(self, *ids: str) -> Show:
        """Choose what is offered, by id: ``packs.open.lift/consent``."""
        for id in ids:
            if id not in ("packs.services", "reading.open", "back", "home"):
                offered = {choice.id: choice.wish for choice in self.show.choices}
                assert id in offered, (id, list(offered))
                action, value = offered[id].action, offered[id].value
            else:
                action, value = id, ""
            self._count += 1
            number = f"0192f7a0-0000-7000-8000-{self._count:012d}"
            self.send(Action(action=action, value=value, id=number, wall=self.wall))
        return self.show

    def open(self, value: str) -> Show:
        """As somebody who says what they want."""
        self.choose("packs.services")
        self.send(Action(action="packs.open", value=value, id="x", wall=self.wall))
        return self.show

    def say_digits(self, digits: str) -> Show:
        """Press digits."""
        return self.choose(*(f"packs.digit.{digit}" for digit in digits))

    @property
    def show(self) -> Show:
        """The newest screen."""
        return next(effect for effect in reversed(self.effects) if isinstance(effect, Show))

    def offers(self) -> list[str]:
        """Ids of what can be chosen."""
        return [choice.id for choice in self.show.choices]


@pytest.fixture
def visit() -> Visit:
    """Somebody has just come."""
    return Visit()


def entries() -> Iterator[tuple[str, str, str]]:
    """Pack, item and id of every affair."""
    for name, item in packs()["affairs"].items.items():
        for entry in item.entry:  # type: ignore[attr-defined]
            yield "affairs", name, entry.id


def test_an_affair_says_all_that_it_shows(visit: Visit) -> None:
    """What stands in its rows is in what is spoken, with whom to ask."""
    show = visit.open("affairs/elders-and-relief/MZ14")
    assert isinstance(show.view, Status) and show.words is not None
    spoken = worded(show.words[2])
    for row in show.view.rows:
        for part in worded(row.value).rstrip("。").split("；"):
            assert part.rstrip("。") in spoken
    assert "请以窗口答复为准" in spoken
    assert show.words[1] == Phrase("label.packs.as_of", {"date": "2025"})


def test_what_was_not_found_is_not_invented(visit: Visit) -> None:
    """An affair of which nothing is known says so, and whom to ask."""
    show = visit.open("affairs/elders-and-relief/MZ15")
    assert show.words is not None and "没有查到" in worded(show.words[2])
    assert show.words[1] == Phrase("label.packs.unproven")


def test_papers_are_read_one_by_one(visit: Visit) -> None:
    """The checklist is an article of its own: each paper a sentence."""
    visit.open("affairs/elders-and-relief/MZ14")
    show = visit.choose("packs.papers")
    assert isinstance(show.view, Article)
    assert worded(show.view.sentence) == "1，身份证。"
    visit.send(Spoken(text="", utterance=show.utterance, state="finished"))
    assert "委托书" in worded(visit.show.view)


def test_papers_are_printed_where_there_is_a_printer(visit: Visit) -> None:
    """A checklist to take along, said to lie ready only when it does; a printer that is broken is
    not offered."""
    show = visit.open("affairs/elders-and-relief/MZ14")
    assert "packs.print" not in [choice.action for choice in show.choices]
    printing = Visit()
    printing.service = Packs(packs(), "gate-1", "speaker", "printer")
    printing.send(Started(rebooted=False))
    printing.open("affairs/elders-and-relief/MZ14")
    before = printing.show.words
    printing.choose("packs.print")
    assert printing.show.words == before
    [slip] = [effect for effect in printing.effects if isinstance(effect, Slip)]
    assert slip.device == "printer" and slip.lines[0] == "□ 身份证"
    assert printing.send(Printed(source="printer", job="another")) == []
    [said] = printing.send(Printed(source="printer", job=slip.job))
    assert isinstance(said, Say) and said.phrase == "packs.printed"
    printing.send(DeviceDown(source="printer", reason="out of paper"))
    assert "packs.print" not in [choice.action for choice in printing.show.choices]
    printing.send(DeviceBack(source="printer"))
    printing.choose("packs.print")


def test_an_article_is_read_to_its_end(visit: Visit) -> None:
    """Each sentence leads to the next; a fall stops it; slower, back and again work."""
    show = visit.open("lift/consent")
    sentences = 0
    while show.screen == "reading.aloud":
        sentences += 1
        visit.send(Spoken(text="", utterance=show.utterance, state="finished"))
        show = visit.show
    assert show.screen == "reading.over" and sentences == 6
    show = visit.choose("reading.again", "reading.next", "reading.slower")
    assert show.rate < 1
    visit.send(PersonDown(track=1, confidence=0.9, reason="drop"))
    assert visit.show.screen == "reading.paused"
    visit.choose("reading.continue")
    assert visit.show.screen == "reading.aloud"
    visit.choose("reading.stop")
    assert visit.show.screen == "packs.services"


def test_a_sentence_that_was_cut_off_is_said_again(visit: Visit) -> None:
    """After two seconds of quiet."""
    show = visit.open("lift/consent")
    visit.send(Spoken(text="", utterance="", state="finished"))
    assert visit.reminders["resume"] == 2.0
    visit.send(Due(service="packs", name="resume"))
    assert visit.show == show


def form(visit: Visit) -> Show:
    """Fill in the form that asks a lawyer, up to the look at all of it."""
    visit.open("law/appointment")
    visit.choose("packs.agree", "packs.answer.house", "packs.answer.phone")
    visit.say_digits("13812345678")
    return visit.choose("packs.enough")


def test_a_form_is_filled_checked_and_sent(visit: Visit) -> None:
    """Why it asks comes first; nothing personal is spoken; one record has it all."""
    show = visit.open("law/appointment")
    assert "purpose" in str(show.words)
    show = form(visit)
    assert show.words is not None
    assert "13812345678" in str(show.view) and "13812345678" not in str(show.words[2])
    assert not visit.records("form.sent")
    show = visit.choose("packs.send")
    (record,) = visit.records("form.sent")
    assert record.data["answers"] == {
        "about": ["house"],
        "how": ["phone"],
        "phone": ["13812345678"],
    }
    assert record.data["keep_days"] == 30
    assert " ".join(record.data["code"]) in str(show.words)
    assert "13812345678" not in str(visit.state)


def test_a_wrong_answer_says_what_fits(visit: Visit) -> None:
    """Too few digits: why, and the question again; nothing typed: it must be answered."""
    visit.open("law/appointment")
    visit.choose("packs.agree", "packs.answer.house", "packs.answer.meet")
    show = visit.choose("packs.enough")
    assert isinstance(show.view, Form) and "needed" in str(show.view.mistake)
    visit.say_digits("123")
    show = visit.choose("packs.enough")
    assert isinstance(show.view, Form) and "phone-bounds" in str(show.view.mistake)


def test_going_back_keeps_the_answers(visit: Visit) -> None:
    """Back is the question before; home forgets everything."""
    form(visit)
    visit.choose("back", "back")
    assert isinstance(visit.show.view, Form) and visit.show.view.step == 2
    visit.choose("home")
    assert isinstance(visit.latest[0], Hide)
    assert visit.state.trail == () and "138" not in str(visit.state)


def test_what_became_of_a_form_is_told_by_its_code(visit: Visit) -> None:
    """Kept, sent, accepted, to be completed, done: at this kiosk, by six digits."""
    form(visit)
    visit.choose("packs.send")
    (record,) = visit.records("form.sent")
    visit.choose("packs.finish")
    visit.send(RecordDelivered(kind="form.sent", subject=record.subject))
    for kind, stage in (("accepted", "accepted"), ("incomplete", "incomplete"), ("done", "done")):
        visit.send(told(f"form.{kind}", form=record.subject, note="请带户口簿。"))
        visit.choose("home", "packs.services", "packs.follow")
        show = visit.say_digits(record.data["code"])
        assert isinstance(show.view, Progress)
        assert f"label.packs.stage.{stage}" in str(show.view)
        assert "请带户口簿" in str(show.words)
    visit.send(told("form.accepted", "late", form=record.subject))
    (rejected,) = visit.records("command.rejected")
    assert rejected.data["place"] == "data.form"


def test_a_code_of_another_kiosk_is_asked_for(visit: Visit) -> None:
    """Upstream is asked, and its answer shown when it comes."""
    visit.choose("packs.services", "packs.follow")
    visit.say_digits("123456")
    assert visit.records("form.followed")[0].data["code"] == "123456"
    visit.send(told("form.found", code="123456", stage="accepted", what="约律师"))
    assert isinstance(visit.show.view, Progress) and visit.show.words is not None
    title, text, *_ = visit.show.words
    assert title == Phrase("label.packs.follow.title")  # the kiosk's own: upstream's stands below
    assert isinstance(text, Phrase) and text.values["what"] == "约律师"


def book(visit: Visit) -> Show:
    """Ask for the first slot of the first day."""
    show = visit.open("ecircle/venues")
    show = visit.choose(visit.offers()[0])
    show = visit.choose(visit.offers()[0])
    assert isinstance(show.view, Slots)
    visit.choose(visit.offers()[0])
    return visit.choose("packs.send")


def test_a_slot_is_reserved_here_and_then_confirmed(visit: Visit) -> None:
    """What is not confirmed says so; the slot is gone for the next resident."""
    show = book(visit)
    (record,) = visit.records("booking.requested")
    assert record.data["start"].startswith("2026-11-30T13:00")
    assert show.words is not None and show.words[0] == Phrase("label.packs.slot.reserved")
    visit.send(told("booking.confirmed", booking=record.subject))
    assert visit.show.words is not None
    assert visit.show.words[0] == Phrase("label.packs.slot.accepted")
    assert visit.show.words[2].values["slot"] == "accepted"  # type: ignore[union-attr]
    visit.choose("home")
    visit.open("ecircle/venues")
    visit.choose("packs.location.room-1", "packs.day.2026-11-30")
    assert isinstance(visit.show.view, Slots)
    assert "13:00" in visit.show.view.full


def test_two_kiosks_ask_for_the_last_place(visit: Visit) -> None:
    """Who comes second is told, and the place is full from then on."""
    book(visit)
    (record,) = visit.records("booking.requested")
    taken = {"pack": "ecircle", "item": "venues", "location": "room-1", "parties": 1}
    visit.send(told("slots.taken", "t", start=record.data["start"], **taken))
    visit.send(told("booking.refused", booking=record.subject, note="别人先约了。"))
    assert visit.show.words is not None
    assert visit.show.words[0] == Phrase("label.packs.slot.refused")
    visit.choose("home")
    visit.open("ecircle/venues")
    visit.choose("packs.location.room-1", "packs.day.2026-11-30")
    assert "13:00" in visit.show.view.full  # type: ignore[union-attr]


def test_nothing_is_booked_while_the_time_is_unknown(visit: Visit) -> None:
    """A kiosk without the time of day says so."""
    visit.wall = None
    visit.open("ecircle/venues")
    show = visit.choose("packs.location.room-1")
    assert show.words is not None and show.words[1] == Phrase("label.packs.no-clock")


def test_votes_go_up_as_totals_only(visit: Visit) -> None:
    """One vote a visit; an hour later one record of counts, without who or when."""
    for vote in ("bench", "bench", "light"):
        show = visit.open("voices/poll")
        assert isinstance(show.view, Ballot)
        visit.choose(f"packs.vote.{vote}")
        assert visit.show.view.results  # type: ignore[union-attr]
        visit.choose("home")
    visit.open("voices/poll")
    visit.choose("packs.vote.ramp")
    visit.choose("packs.finish")
    visit.open("voices/poll")
    assert visit.show.view.results  # type: ignore[union-attr]
    assert not visit.records("poll.counted")
    visit.send(Due(service="packs", name="report"))
    (record,) = visit.records("poll.counted")
    assert record.data["votes"] == {"bench": 2, "light": 1, "ramp": 1}
    visit.send(Due(service="packs", name="report"))
    assert len(visit.records("poll.counted")) == 1


def test_a_proposal_is_supported_once(visit: Visit) -> None:
    """And its count goes up with the totals."""
    visit.open("community-cloud/ideas")
    visit.choose("packs.proposal.shade", "packs.support")
    assert "packs.support" not in visit.offers()
    visit.send(Due(service="packs", name="report"))
    assert visit.records("poll.counted")[0].data["votes"] == {"support": 1}


def test_progress_says_the_step_and_who_holds_it(visit: Visit) -> None:
    """A building's step, its days, who pays what."""
    visit.open("lift/progress")
    show = visit.choose("packs.project.demo-1")
    assert isinstance(show.view, Progress)
    assert [stage.state for stage in show.view.stages][:4] == ["done", "done", "now", "later"]
    assert show.words is not None
    assert "第3步" in worded(show.words[2]) and "规划资源部门" in str(show.words)
    visit.choose("back")
    show = visit.choose("packs.shares")
    assert "六楼" in worded(show.view) and "118800元" in worded(show.view)


def test_notices_are_read_and_answered(visit: Visit) -> None:
    """The newest first; one leads to its form."""
    show = visit.open("community-cloud/board")
    assert isinstance(show.view, List)
    assert visit.offers()[0] == "packs.notice.water-tank"
    visit.choose("packs.notice.bicycle-shed", "packs.begin")
    visit.choose("packs.agree")
    assert isinstance(visit.show.view, Form)


def test_outreach_stops_at_a_word_and_sleeps_at_night(visit: Visit) -> None:
    """Who does not want to be asked is not; at night nobody is."""
    show = visit.open("outreach/heat")
    assert "不是真人" in str(show.words)
    visit.choose("packs.agree", "packs.answer.no", "packs.answer.yes")
    (record,) = visit.records("outreach.answered")
    assert record.data["person"] and not record.data["stopped"]
    visit.choose("home")
    visit.open("outreach/heat")
    visit.choose("packs.agree", "packs.stop")
    assert visit.records("outreach.answered")[-1].data["stopped"]
    visit.choose("home")
    visit.wall = NOON + 9 * 3600
    show = visit.open("outreach/heat")
    assert show.words is not None and show.words[1] == Phrase("label.packs.quiet")


@pytest.mark.parametrize(
    ("language", "heard"), [("zh-CN", "大虹桥"), ("ja", "大虹橋"), ("en", "大虹桥")]
)
def test_an_article_is_read_in_the_language_of_whoever_listens(
    visit: Visit, language: str, heard: str
) -> None:
    """Where it is written in that, and else in Chinese, by the voice of what is read."""
    visit.send(LanguageChanged(language=language))
    show = visit.open("china-japan/about")
    assert show.words is not None and str(show.words[2]).startswith(heard)
    assert show.language == ("ja" if language == "ja" else "zh-CN")


def test_staff_sign_in_and_close_a_task(visit: Visit) -> None:
    """A wrong code opens nothing; a task is closed once, and by whom is told as a hash."""
    hashed = hashlib.sha256(f"gate-1:{CODE}".encode()).hexdigest()
    visit.send(told("staff.codes", codes=[hashed]))
    visit.send(told("task.given", "t", task="t-1", item="visits", what="三村12号，门一天没有开"))
    visit.open("aixin-visits/visits")
    visit.say_digits("9999")
    show = visit.choose("packs.enough")
    assert "code-wrong" in str(show.view)
    visit.say_digits(CODE)
    visit.choose("packs.enough", "packs.task.t-1", "packs.outcome.helped")
    (record,) = visit.records("task.done")
    assert record.data["outcome"] == "helped" and record.data["by"] == hashed
    assert "packs.task.t-1" not in visit.offers()


def test_search_by_initials_finds_both_readings(visit: Visit) -> None:
    """敬老卡 by J, L, K; 长 as C and as Z."""
    visit.choose("packs.services", "packs.find")
    visit.choose("packs.letters.2", "packs.letters.2", "packs.letters.2")
    while "packs.open.affairs/elders-and-relief/MZ14" not in visit.offers():
        wish = "packs.more" if "packs.more" in visit.offers() else "packs.list"
        visit.choose(wish)
    for second in ("packs.letters.0", "packs.letters.5"):
        visit.choose("home", "packs.services", "packs.find", second)
        if "packs.list" in visit.offers():
            visit.choose("packs.list")
        seen = set(visit.offers())
        while "packs.more" in visit.offers():
            visit.choose("packs.more")
            if set(visit.offers()) <= seen:
                break
            seen |= set(visit.offers())
        assert any("YB07" in id for id in seen), second


def test_the_other_language_comes_at_once(visit: Visit) -> None:
    """Where a pack has it."""
    visit.choose("packs.services")
    visit.send(Action(action="packs.open", value="coffee", id="x", wall=NOON))
    visit.send(LanguageChanged(language="en"))
    assert visit.show.words is not None and visit.show.words[0] == "The robot coffee kiosk"


def test_a_new_set_waits_until_the_reader_has_left(visit: Visit) -> None:
    """Who reads keeps the page; the next resident finds the new set."""
    visit.open("lift/consent")
    visit.send(PacksReplaced(packs={"law": packs()["law"]}))
    visit.choose("reading.next")
    assert visit.show.screen == "reading.aloud"
    visit.choose("home", "packs.services")
    assert visit.offers()[0] == "packs.open.law"


def test_a_restart_goes_on_at_the_same_page(visit: Visit) -> None:
    """In the middle of a form: nothing that was answered is asked again."""
    visit.open("law/appointment")
    visit.choose("packs.agree", "packs.answer.house")
    visit.restart()
    visit.send(Started(rebooted=False, wall=NOON))
    visit.choose("packs.answer.phone")
    visit.say_digits("13812345678")
    visit.choose("packs.enough", "packs.send")
    assert visit.records("form.sent")[0].data["answers"]["about"] == ["house"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=60))
def test_no_way_through_the_packs_is_a_dead_end(steps: list[int]) -> None:
    """Whatever is chosen in whatever order, there is a screen with words and a way on."""
    visit = Visit()
    visit.choose("packs.services")
    for step in steps:
        if isinstance(visit.latest[0], Hide):
            visit.choose("packs.services")
        offers = [*visit.offers(), "back"]
        visit.choose(offers[step % len(offers)])
        if not isinstance(visit.latest[0], Hide):
            assert visit.show.words is not None and visit.show.words[0]
            assert visit.show.choices
