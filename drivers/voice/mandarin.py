"""From Chinese text to syllables: words, readings and the tones that change in context."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

import pypinyin
from pypinyin import Style
from pypinyin.contrib.tone_convert import to_tone
from pypinyin.seg import mmseg

from drivers.voice.lexicon import WORDS
from drivers.voice.wording import BREATHLESS, GROUP, worded

NEUTRAL = 5

_PAUSES = {GROUP: 0.20, "、": 0.20, "，": 0.32, ",": 0.32, "：": 0.32, ":": 0.32}
_FULL_STOP = 0.5
"""Seconds after any other punctuation that ends a phrase: 。！？; and line ends."""
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
    said: list[Phrase] = []
    words: list[list[Syllable]] = []
    for piece in _PIECES.findall(worded(text)):
        if _HAN.fullmatch(piece):
            # pypinyin gives back a character that it does not know.
            known = ([one for one in word if "ㄅ" <= one.base <= "ㄩㄥ"] for word in _run(piece))
            words += [word for word in known if word]
        elif piece != BREATHLESS and words:
            said.append(Phrase(words, _PAUSES.get(piece, _FULL_STOP)))
            words = []
    return [*said, Phrase(words, 0.0)] if words else said


def _run(text: str) -> list[list[Syllable]]:
    """Words of unbroken Chinese characters, with tones as they are spoken together."""
    _learn()
    words = list(mmseg.seg.cut(text))
    readings = iter(pypinyin.lazy_pinyin(words, style=Style.BOPOMOFO))
    syllables = [[_syllable(next(readings)) for _ in word] for word in words]
    _change_bu_and_yi(words, syllables)
    _change_third_tones(syllables)
    return syllables


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
