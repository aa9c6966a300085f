"""What tells who somebody is: read back in a headset alone; else the voice says where it stands."""

from __future__ import annotations

import pytest

from agent.effects import Show
from agent.messages import HeardAlone, VisitOver
from tests.agent.dialogue.residents import Residents
from tests.agent.journal import worded
from tests.agent.services.packs.test_journeys import Visit, form

NUMBER = "13812345678"
SPACED = " ".join(NUMBER)


def said(show: Show, language: str = "zh-CN") -> str:
    """What is spoken of a screen."""
    assert show.words is not None
    return worded(show.words[2], language)


def test_the_loudspeaker_says_that_it_is_on_the_screen() -> None:
    """In each language; what is not personal is read back as ever."""
    show = form(Visit())
    assert NUMBER in worded(show.view) and show.private
    assert "在屏幕上" in said(show) and "房子的事" in said(show)
    assert "is on the screen" in said(show, "en") and "画面" in said(show, "ja")
    assert not {NUMBER, SPACED} & {*said(show).split("。")}


def test_the_headset_reads_it_digit_by_digit() -> None:
    """And nothing keeps the voice from reading the whole screen, typed digits too."""
    visit = Visit()
    visit.send(HeardAlone(on=True))
    visit.open("law/appointment")
    visit.choose("packs.agree", "packs.answer.house", "packs.answer.phone")
    assert not visit.show.private
    visit.say_digits(NUMBER)
    show = visit.choose("packs.enough")
    assert SPACED in said(show) and not show.private


def test_pulled_out_it_is_silent_at_once() -> None:
    """The screen that stands there is another one for the voice; the next resident's too."""
    visit = Visit()
    visit.send(HeardAlone(on=True))
    form(visit)
    visit.send(HeardAlone(on=False))
    assert visit.show.private and SPACED not in said(visit.show)
    visit.send(HeardAlone(on=True), VisitOver())
    assert SPACED in said(visit.show), "it is still in"
    visit.restart()
    assert not visit.state.alone


@pytest.mark.parametrize("alone", [False, True])
def test_reading_the_whole_screen_says_it_in_the_headset_only(alone: bool) -> None:
    """As somebody who only hears asks for it."""
    kiosk = Residents()
    kiosk.give(HeardAlone(on=alone))
    for id in ("packs.services", "packs.open.law", "packs.open.law/appointment", "packs.agree"):
        while id not in kiosk.offered:
            kiosk.touch("packs.more")
        kiosk.touch(id)
    for id in ("house", "phone"):
        kiosk.touch(f"packs.answer.{id}")
    for digit in NUMBER:
        kiosk.touch(f"packs.digit.{digit}")
    kiosk.touch("packs.enough")
    kiosk.dialogue.orders()
    kiosk.touch("repeat")
    orders = [told.order for told in kiosk.dialogue.orders()]
    spoken = "".join(str(getattr(order, "text", "")) for order in orders)
    assert spoken and (SPACED in spoken) is alone
    assert (NUMBER in spoken) is False or alone
