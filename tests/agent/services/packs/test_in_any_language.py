"""What the kiosk itself says around the words of a pack is said in the resident's language."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from agent.dialogue.views import Phrase, Words, joined
from agent.effects import Choice
from agent.messages import LanguageChanged, ResidentKnown
from tests.agent.dialogue.residents import Residents
from tests.agent.journal import worded
from tests.agent.services.packs.test_journeys import Visit, book, form


def abroad(language: str) -> Visit:
    """Somebody who has chosen another language."""
    visit = Visit()
    visit.send(LanguageChanged(language=language))
    return visit


def heard(visit: Visit, language: str) -> str:
    """All that stands and is said on the screen."""
    show = visit.show
    assert show.words is not None
    labels = [choice.text for choice in show.choices if choice.text]
    return worded([*show.words, show.view, *labels], language)


SCREENS = {
    "way": ("estate-way", ["packs.spot.committee"], "metres", "メートル"),
    "step": ("lift/progress", ["packs.project.demo-1"], "Step 3", "手順3"),
    "shares": ("lift/progress", ["packs.shares"], "percent", "パーセント"),
    "broadcast": ("aixin/programme", ["packs.broadcast.rehab-hour"], "Every Tuesday", "毎週火曜日"),
    "day": ("ecircle/venues", ["packs.location.room-1"], "Monday, 30 November", "11月30日、月曜日"),
    "affair": ("affairs/elders-and-relief/MZ14", [], "Bring: ", "持ち物、"),
    "unknown affair": ("affairs/elders-and-relief/MZ15", [], "was not found", "分かりません"),
    "papers": ("affairs/elders-and-relief/MZ14", ["packs.papers"], "1: ", "1、"),
    "notices": ("community-cloud/board", [], "Notice: ", "お知らせ："),
    "results": ("voices/poll", ["packs.vote.ramp"], "percent", "パーセント"),
    "proposal": ("community-cloud/ideas", ["packs.proposal.shade"], "support it", "賛成"),
    "staff": ("aixin-visits", [], "code", "番号"),
}
"""Pack, way to the screen, and words of the kiosk's own that stand there."""


@pytest.mark.parametrize("name", SCREENS)
def test_the_kiosks_own_words_are_translated(name: str) -> None:
    """Each screen in English and Japanese; the words of the pack stay as they are."""
    pack, steps, english, japanese = SCREENS[name]
    for language, words in (("en", english), ("ja", japanese), ("zh-CN", "")):
        visit = abroad(language)
        visit.open(pack)
        visit.choose(*steps)
        assert words in heard(visit, language)


def phrases(words: Words) -> Iterator[Phrase]:
    """*words*, and all that is mentioned in them."""
    if isinstance(words, Phrase):
        yield words
        for value in words.values.values():
            if isinstance(value, Phrase):
                yield from phrases(value)


def test_a_booking_is_named_in_the_language_of_who_asks() -> None:
    """It was made in one language and is looked at in another."""
    visit = Visit()
    book(visit)
    assert "11月30日，星期一，13:00" in heard(visit, "zh-CN")
    assert "Monday, 30 November, 13:00" in heard(visit, "en")
    assert "星期" not in heard(visit, "en")


def test_a_form_is_read_back_in_the_language() -> None:
    """Each answer ends as sentences of that language do."""
    visit = Visit()
    form(visit)
    assert "。" not in re.sub(r"[\u3400-\u9fff（）]+。", "", heard(visit, "en"))


def test_needs_have_names_in_every_language() -> None:
    """Why something comes first."""
    visit = Visit()
    visit.send(ResidentKnown(needs=("视力", "听力"), mark=""))
    visit.choose("packs.services")
    assert "hearing, sight" in heard(visit, "en") and "聴覚、視覚" in heard(visit, "ja")


def test_a_stop_word_of_the_pack_stops_it() -> None:
    """Beside the usual ones."""
    visit = Visit()
    visit.open("outreach/heat")
    said = {one.values.get("alias"): one.wishes[0] for one in visit.show.utterances}
    assert said["不用问了"] == Choice("packs.stop").wish


def test_many_parts_make_no_deep_phrase() -> None:
    """However many sentences there are."""
    text = joined([Phrase("label.packs.paper", {"n": n, "paper": "x"}) for n in range(500)])
    assert worded(text).startswith("0，x。1，x。") and len(list(phrases(text))) == 999
    assert joined(["", ""]) == "" and joined(["a", ""]) == "a"


def test_title_and_text_are_sentences_of_the_language() -> None:
    """No Chinese stop stands in an English caption."""
    kiosk = Residents()
    kiosk.touch("language")
    kiosk.touch("packs.services")
    assert kiosk.shown.language == "en"
    assert "What would you like to do? Choose a heading. Not there?" in kiosk.shown.spoken
    kiosk.touch("packs.follow")
    assert "How far is it? Press the six digits" in kiosk.shown.spoken
    assert "。" not in kiosk.shown.spoken
