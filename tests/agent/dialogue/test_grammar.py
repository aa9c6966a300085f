"""What may be said on the screens, with the real words and places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.dialogue.grammar import Destination, Grammar, Meanings, spoken
from agent.dialogue.snapshot import Item
from agent.dialogue.stage import BAR
from config.places import read_places
from kiosk_ui.phrases import Catalogue
from tests.kiosk_ui.samples import ARTICLES, SCREENS

WORDS = Catalogue()
PLACES = read_places().require()
GRAMMAR = Grammar(WORDS, [Destination(p.id, (p.name, *p.aliases)) for p in PLACES.place])
CHINESE = "zh-CN"


def items(*actions: str, language: str = CHINESE) -> list[Item]:
    """Choices with the labels that the screen has."""
    return [Item(action, label(action, language)) for action in actions]


def label(action: str, language: str) -> str:
    if action.startswith("reading.of."):
        return ARTICLES[int(action.rpartition(".")[2])]
    chosen = action.removeprefix("taxi.to.")
    if chosen.isdecimal():
        return PLACES.favourite_places()[int(chosen)].name
    place = PLACES.find(chosen)
    return place.name if place else WORDS.text(language, f"action.{action}")


def on(*actions: str, language: str = CHINESE) -> Meanings:
    """What may be said on a screen with these choices."""
    bar = items(*(choice.action for choice in BAR), language=language)
    return GRAMMAR.meanings(language, items(*actions, language=language), bar)


HOME = on("taxi.call")
DESTINATION = on("taxi.to.tongren", "taxi.to.huashan", "taxi.to.driver")
CONFIRM = on("taxi.confirm", "taxi.back")
FALLEN = on("fall.ok", "fall.help")


@pytest.mark.parametrize("said", ["我要去同仁医院", "叫车去同仁医院", "去上海市同仁医院"])
def test_a_sentence_at_home_goes_straight_to_the_question(said: str) -> None:
    """It calls the taxi and names the place; the order itself is still to be confirmed."""
    assert HOME[said] == ("taxi.call", "taxi.to.tongren")


def test_no_sentence_orders_at_once() -> None:
    """Only the screen that asks whether all is right has words for yes."""
    for meanings in (HOME, DESTINATION, FALLEN):
        assert not any("taxi.confirm" in actions for actions in meanings.values())


@pytest.mark.parametrize(
    ("meanings", "said", "action"),
    [
        (HOME, "叫车", "taxi.call"),
        (HOME, "一键叫车", "taxi.call"),
        (HOME, "再说一遍", "repeat"),
        (HOME, "英语", "language"),
        (DESTINATION, "同仁医院", "taxi.to.tongren"),
        (DESTINATION, "去静安寺", "taxi.to.jingansi"),
        (DESTINATION, "第二个", "taxi.to.huashan"),
        (DESTINATION, "上车告诉师傅", "taxi.to.driver"),
        (CONFIRM, "是", "taxi.confirm"),
        (CONFIRM, "对叫车", "taxi.confirm"),
        (CONFIRM, "不是", "taxi.back"),
        (FALLEN, "不用", "fall.ok"),
        (FALLEN, "没事", "fall.ok"),
        (FALLEN, "要", "fall.help"),
        (on("taxi.cancel"), "取消", "taxi.cancel"),
        (on("idle.stay", "home"), "是", "idle.stay"),
    ],
)
def test_words_mean_an_action(meanings: Meanings, said: str, action: str) -> None:
    """Labels, other words, numbers and places of the screen are understood."""
    assert meanings[said] == (action,)


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("said", ["救命", "帮助"])
def test_a_call_for_help_works_on_every_screen(screen: str, said: str) -> None:
    """It reaches the people who watch over a fall where one is being asked about."""
    meanings = on(*SCREENS[screen])
    wanted = "fall.help" if "fall.help" in SCREENS[screen] else "help"
    assert meanings[said] == (wanted,)


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("language", WORDS.languages)
def test_no_words_mean_two_choices(screen: str, language: str) -> None:
    """What is said to one choice of a screen is never said to another one of it."""
    ways: dict[str, str] = {}
    for choice in items(*SCREENS[screen], language=language):
        own = {spoken(choice.label, language)}
        if WORDS.has(language, f"hear.{choice.action}"):
            own |= set(WORDS.text(language, f"hear.{choice.action}").split("|"))
        for way in own:
            assert ways.setdefault(way, choice.action) == choice.action


@pytest.mark.parametrize("name", [name for p in PLACES.place for name in (p.name, *p.aliases)])
def test_every_place_can_be_named(name: str) -> None:
    """By its name and by what else people call it, each leading to one place."""
    place = next(p for p in PLACES.place if name in (p.name, *p.aliases))
    assert DESTINATION["去" + spoken(name, CHINESE)] == (f"taxi.to.{place.id}",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("对，叫车", "对叫车"),
        ("2号航站楼", "二号航站楼"),
        ("苏河源中环路24小时运动场", "苏河源中环路二十四小时运动场"),
        ("10路", "十路"),
        ("340弄", "三四零弄"),
        ("虹桥机场T2", "虹桥机场T二"),
        ("……", ""),
    ],
)
def test_text_as_it_is_spoken(text: str, words: str) -> None:
    """Without punctuation, numbers in words."""
    assert spoken(text, CHINESE) == words


def test_english_keeps_its_blanks() -> None:
    """Words of other languages stay apart."""
    assert on("taxi.call", language="en")["call a taxi"] == ("taxi.call",)
    assert spoken("I don't know!", "en") == "I don't know"


@given(st.text())
def test_spoken_text_is_settled(text: str) -> None:
    """Speaking what is already spoken changes nothing."""
    once = spoken(text, CHINESE)
    assert spoken(once, CHINESE) == once
