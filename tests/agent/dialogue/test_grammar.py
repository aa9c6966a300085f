"""What may be said on the screens, with the real words and places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.dialogue.grammar import Grammar, Meanings, spoken
from agent.dialogue.snapshot import Item
from agent.dialogue.stage import BAR
from agent.effects import Utterance, Wish
from config.places import read_places
from tests.kiosk_ui.samples import SCREENS, SHOWS, SURROUNDINGS, WAYS, WORDS, stage_at

PLACES = read_places().require()
GRAMMAR = Grammar(WORDS)
CHINESE = "zh-CN"
ELSEWHERE = [place for place in PLACES.place if place.id != SURROUNDINGS["taxi"].kiosk.place]


def wish(id: str) -> Wish:
    """What the choice with this id is a wish for."""
    action, _, value = id.rpartition(".")
    many = action in ("taxi.to", "reading.of", "language") and value != "driver"
    return Wish(action, value) if many else Wish(id)


def offered(*ids: str, language: str = CHINESE) -> list[tuple[Item, Wish]]:
    """Choices with the labels that the screen has."""
    return [(Item(id, label(wish(id), language)), wish(id)) for id in ids]


def label(wish: Wish, language: str) -> str:
    place = PLACES.find(wish.value)
    if wish.action == "language":
        return WORDS.text(WORDS.following(language), "label.language")
    return place.name if place else WORDS.text(language, f"action.{wish.action}")


def on(*ids: str, language: str = CHINESE, help: str = "help") -> Meanings:
    """What may be said on a screen with these choices; at home and among places, any place."""
    bar = offered(*(choice.id for choice in BAR), language=language)
    more: tuple[Utterance, ...] = ()
    if "taxi.call" in ids:
        more = tuple(one for way in WAYS for one in way.utterances)
    elif "taxi.to.driver" in ids:
        more = SHOWS["taxi.destination"][1].utterances
    return GRAMMAR.meanings(language, offered(*ids, language=language), bar, more, help)


def on_screen(screen: str, language: str = CHINESE) -> Meanings:
    """What may be said on a screen of a real service."""
    stage = stage_at(screen, language)
    items = zip(stage.items(), (choice.wish for choice in stage.choices), strict=True)
    bar = zip(stage.bar_items(), (choice.wish for choice in stage.bar), strict=True)
    help = stage.meant("help")
    return GRAMMAR.meanings(language, [*items], [*bar], stage.utterances, help)


HOME = on("taxi.call")
DESTINATION = on("taxi.to.tongren", "taxi.to.huashan", "taxi.to.driver")
CONFIRM = on("taxi.confirm", "taxi.back")
FALLEN = on("fall.ok", "fall.help", help="fall.help")


@pytest.mark.parametrize("said", ["我要去同仁医院", "叫车去同仁医院", "去上海市同仁医院"])
def test_a_sentence_at_home_goes_straight_to_the_question(said: str) -> None:
    """It calls the taxi and names the place; the order itself is still to be confirmed."""
    assert HOME[said] == (Wish("taxi.call"), Wish("taxi.to", "tongren"))


def test_no_sentence_orders_at_once() -> None:
    """Only the screen that asks whether all is right has words for yes."""
    for meanings in (HOME, DESTINATION, FALLEN):
        assert not any(Wish("taxi.confirm") in wishes for wishes in meanings.values())


@pytest.mark.parametrize(
    ("meanings", "said", "action"),
    [
        (HOME, "叫车", "taxi.call"),
        (HOME, "一键叫车", "taxi.call"),
        (HOME, "再说一遍", "repeat"),
        (HOME, "英语", "language.en"),
        (HOME, "日语", "language.ja"),
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
    assert meanings[said] == (wish(action),)


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("said", ["救命", "帮助"])
def test_a_call_for_help_works_on_every_screen(screen: str, said: str) -> None:
    """It reaches the people who watch over a fall where one is being asked about."""
    wanted = stage_at(screen).meant("help")
    assert wanted == "fall.help" or not screen.startswith("fall.") or screen == "fall.cleared"
    assert on_screen(screen)[said] == (Wish(wanted),)


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("language", WORDS.languages)
def test_no_words_mean_two_choices(screen: str, language: str) -> None:
    """What is said to one choice of a screen is never said to another one of it."""
    ways: dict[str, str] = {}
    stage = stage_at(screen, language)
    for item, choice in zip(stage.items(), stage.choices, strict=True):
        own = {spoken(item.label, language)}
        if not choice.value and WORDS.has(language, f"hear.{choice.action}"):
            own |= set(WORDS.text(language, f"hear.{choice.action}").split("|"))
        for way in own:
            assert ways.setdefault(way, choice.id) == choice.id


@pytest.mark.parametrize("name", [name for p in ELSEWHERE for name in (p.name, *p.aliases)])
def test_every_place_can_be_named(name: str) -> None:
    """By its name and by what else people call it, each leading to one place."""
    place = next(p for p in PLACES.place if name in (p.name, *p.aliases))
    assert DESTINATION["去" + spoken(name, CHINESE)] == (Wish("taxi.to", place.id),)


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
    assert on("taxi.call", language="en")["call a taxi"] == (Wish("taxi.call"),)
    assert spoken("I don't know!", "en") == "I don't know"


@given(st.text())
def test_spoken_text_is_settled(text: str) -> None:
    """Speaking what is already spoken changes nothing."""
    once = spoken(text, CHINESE)
    assert spoken(once, CHINESE) == once
