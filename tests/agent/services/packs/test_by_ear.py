"""Forms by ear: what is wrong is said with what to do; what is personal is not said aloud."""

from __future__ import annotations

import re

import pytest

from agent.dialogue.views import Form
from tests.agent.dialogue.residents import Residents
from tests.kiosk_ui.samples import WORDS

NUMBER = "13812345678"


def at_the_phone(language: str = "zh-CN") -> Residents:
    """Somebody who makes an appointment, asked for a telephone number."""
    kiosk = Residents()
    while kiosk.stage.comfort.language != language:
        kiosk.touch("language")
    kiosk.touch("packs.services")
    while "packs.open.law" not in kiosk.offered:
        kiosk.touch("packs.more")
    for action in ("packs.open.law", "packs.open.law/appointment", "packs.agree"):
        kiosk.touch(action)
    for action in ("packs.answer.house", "packs.answer.meet"):
        kiosk.touch(action)
    kiosk.said()
    return kiosk


@pytest.mark.parametrize("language", WORDS.languages)
@pytest.mark.parametrize("digits", ["", "123"], ids=["nothing", "too few"])
def test_req_31_a_mistake_is_shown_and_spoken_with_what_to_do(language: str, digits: str) -> None:
    """In the resident's language, on the screen and by voice, before the question again."""
    kiosk = at_the_phone(language)
    for digit in digits:
        kiosk.touch(f"packs.digit.{digit}")
    kiosk.said()
    kiosk.touch("packs.enough")
    show = kiosk.stage.top
    assert isinstance(show.view, Form) and show.view.mistake
    shown = kiosk.shown.view["mistake"]
    spoken = kiosk.said()[-1]
    assert shown and spoken.startswith(shown)
    assert not digits or re.search(r"\d.*\d", shown)  # how many digits there may be


def test_req_38_what_is_personal_is_not_said_aloud() -> None:
    """Nothing that is spoken has the number: not while it is pressed, not on request, not where
    all is looked through before it is sent, and not when the focus moves."""
    kiosk = at_the_phone()
    for digit in NUMBER:
        kiosk.touch(f"packs.digit.{digit}")
    kiosk.touch("repeat")
    kiosk.touch("packs.enough")
    assert NUMBER in str(kiosk.shown.view)
    for action in ("repeat", "larger", "language", "repeat"):
        kiosk.touch(action)
    for key in ("down", "up"):
        kiosk.key(key)
    said = kiosk.said()
    assert len(said) > 4
    for digits in (NUMBER, " ".join(NUMBER), NUMBER[:4], NUMBER[-4:]):
        assert not [text for text in said if digits in text]
