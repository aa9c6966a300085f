"""From Chinese text to syllables: words, readings and the tones that change in context."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

import pypinyin
from pypinyin import Style
from pypinyin.contrib.tone_convert import to_tone
from pypinyin.phrases_dict import phrases_dict
from pypinyin.style.bopomofo import converter

from drivers.voice.lexicon import WORDS
from drivers.voice.names import surnames
from drivers.voice.readings import decided
from drivers.voice.segments import cut
from drivers.voice.text import pause_after
from drivers.voice.wording import BREATHLESS, GROUP, worded

NEUTRAL = 5

_GROUP_PAUSE = 0.14
_MARKS = {"ˊ": 2, "ˇ": 3, "ˋ": 4, "˙": NEUTRAL}
_HAN = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff]+")
_PIECES = re.compile(rf"{_HAN.pattern}|{BREATHLESS}|{GROUP}|[、，,：:。！？!?；;.\n…—]")
_ORDINAL_BEFORE = set("第十零百千一二三四五六七八九周期")
_ORDINAL_AFTER = set("零一二三四五六七八九月号日楼室栋幢组级")


class Syllable(NamedTuple):
    """One syllable as it is to be pronounced."""

    base: str
    """Bopomofo without tone."""
    tone: int
    """1 to 4, 5 for neutral."""


class Phrase(NamedTuple):
    """What is said in one breath."""

    words: list[list[Syllable]]
    pause: float
    """Seconds of silence after it."""


def phrases(text: str) -> list[Phrase]:
    """What *text* sounds like; empty where it has nothing to say."""
    return spoken(worded(text))


def spoken(text: str) -> list[Phrase]:
    """What *text* sounds like that is `worded` already."""
    said: list[Phrase] = []
    words: list[list[Syllable]] = []
    before = ""
    for piece in _PIECES.findall(text):
        if _HAN.fullmatch(piece):
            # pypinyin gives back a character that it does not know.
            run = _run(piece, before)
            before = piece
            known = ([one for one in word if "ㄅ" <= one.base <= "ㄩㄥ"] for word in run)
            words += [word for word in known if word]
        elif piece != BREATHLESS and words:
            said.append(Phrase(words, _GROUP_PAUSE if piece == GROUP else pause_after(piece)))
            words = []
    return [*said, Phrase(words, 0.0)] if words else said


def _run(text: str, before: str) -> list[list[Syllable]]:
    """Words of unbroken Chinese characters, with tones as they are spoken together."""
    words, readings = read(text, before)
    said = iter(readings)
    syllables = [[_syllable(next(said)) for _ in word] for word in words]
    _change_bu_and_yi(words, syllables)
    _change_third_tones(syllables)
    return syllables


def read(text: str, before: str = "") -> tuple[list[str], list[str]]:
    """The words of unbroken Chinese characters and each character's own reading in bopomofo.

    Our words and pypinyin's decide; then surnames; then, for characters that no word decides,
    their neighbours.
    """
    _learn()
    words = cut(text)
    readings = [one for word in words for one in _reading(word)]
    open_, at = set(), 0
    for word in words:
        if word not in phrases_dict or word in _WEAK:
            open_ |= set(range(at, at + len(word)))
        at += len(word)
    for at, reading in decided(text):
        if at in open_:
            readings[at] = to_bopomofo(reading)
    for at, name in surnames(words, before).items():
        for place, reading in enumerate(name.split(), at):
            readings[place] = to_bopomofo(reading)
    return words, readings


_WEAK = {"不了", "得了", "长了", *(f"{number}行" for number in "一两三四五六七八九十")}
"""Words whose reading depends on what is before them."""


def _reading(word: str) -> list[str]:
    found: list[str] = pypinyin.lazy_pinyin([word], style=Style.BOPOMOFO)
    if len(found) != len(word):  # pypinyin joined what it does not know
        return [pypinyin.lazy_pinyin(one, style=Style.BOPOMOFO)[0] for one in word]
    return found


@functools.cache
def to_bopomofo(reading: str) -> str:
    """``zhang3`` → ㄓㄤˇ."""
    bopomofo: str = converter.to_bopomofo(to_tone(reading))
    return bopomofo


def toneless(text: str) -> list[str]:
    """The pinyin of unbroken Chinese characters, without tones."""
    _learn()
    found: list[str] = pypinyin.lazy_pinyin(cut(text))
    return found


def _syllable(bopomofo: str) -> Syllable:
    tone = next((_MARKS[mark] for mark in bopomofo if mark in _MARKS), 1)
    return Syllable(bopomofo.strip("".join(_MARKS)), tone)


def _change_bu_and_yi(words: list[str], syllables: list[list[Syllable]]) -> None:
    """不 before a fourth tone rises; 一 rises before a fourth tone and falls before others,
    except where it counts or closes a word; both are light between two equal verbs."""
    text = "".join(words)
    places = list(_places(syllables))
    for at, (word, index) in enumerate(places):
        letter = text[at]
        if letter not in "不一":
            continue
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        if letter == "一" and (
            before in _ORDINAL_BEFORE
            or not after
            or after in _ORDINAL_AFTER
            or (index and index == len(words[word]) - 1)
        ):
            tone = 1
        elif before and before == after:
            tone = NEUTRAL
        else:
            following = syllables[places[at + 1][0]][places[at + 1][1]].tone if after else 0
            if letter == "不":
                tone = 2 if following == 4 else 4
            else:
                tone = 2 if following in (4, NEUTRAL) else 4
        syllables[word][index] = syllables[word][index]._replace(tone=tone)


def _change_third_tones(words: list[list[Syllable]]) -> None:
    """A third tone rises before another: within a word, and a single syllable before a word."""
    following = 0
    for word in reversed(words):
        original = [syllable.tone for syllable in word]
        for index, syllable in enumerate(word):
            last = index == len(word) - 1
            after = (following if len(word) == 1 else 0) if last else original[index + 1]
            if syllable.tone == 3 and after == 3:
                word[index] = syllable._replace(tone=2)
        following = word[0].tone


def _places(syllables: list[list[Syllable]]) -> Iterator[tuple[int, int]]:
    for word, members in enumerate(syllables):
        for index in range(len(members)):
            yield word, index


@functools.cache
def _learn() -> None:
    """Add our words to pypinyin's dictionary, once."""
    pypinyin.load_phrases_dict(
        {word: [[to_tone(one)] for one in reading.split()] for word, reading in WORDS.items()}
    )
