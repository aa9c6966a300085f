"""Japanese by Open JTalk (pyopenjtalk-plus): it reads kanji, knows the accents, and speaks.

Its dictionary and its voice ("mei" of the MMDAgent project, CC BY 3.0) come with the package.
"""

from __future__ import annotations

import importlib.util
import re
from typing import Any

import numpy as np

from drivers.voice import Unspeakable
from drivers.voice.sound import Sound, equally_loud, resampled, trimmed

HZ = 22_050
_SPEED = 0.85
"""Of Open JTalk, for some six morae a second."""

_DIGITS = ("ゼロ", "イチ", "ニ", "サン", "ヨン", "ゴ", "ロク", "ナナ", "ハチ", "キュウ")
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2})[:：]([0-5]\d)(?![\d:])")
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)-(\d\d?)-(\d\d?)(?!\d)")
_LONG = re.compile(r"(?<![\d.,])\d[\d \-]{3,}\d(?![\d.]|\s*[元円人年個])")
_SHORT = re.compile(r"(?<=[，,、])\d{3}(?=[；;。、]|$)|\d{3}(?=番(?!目))")
"""Numbers of three digits that are dialled: 110, 119, 120, 122."""


class JapaneseMissing(Exception):
    """Open JTalk is not installed; the text says how to install it."""


def worded(text: str) -> str:
    """*text* with numbers that are dialled, times and dates as they are said."""
    text = _DATE.sub(lambda m: f"{m[1]}年{int(m[2])}月{int(m[3])}日", text)
    text = _CLOCK.sub(_time, text)
    text = _LONG.sub(lambda m: _each(re.sub(r"[ \-]+", "、", m[0])), text)
    return _SHORT.sub(lambda m: _each(m[0]), text).replace("，", "、").replace("；", "。")


def _time(match: re.Match[str]) -> str:
    minutes = int(match[2])
    return f"{int(match[1])}時" + (f"{minutes}分" if minutes else "ちょうど")


def _each(figures: str) -> str:
    return " ".join(_DIGITS[int(one)] if one.isdecimal() else one for one in figures)


def kana(text: str) -> str:
    """How *text* is read, in kana; empty where Open JTalk is not installed."""
    if importlib.util.find_spec("pyopenjtalk") is None:
        return ""
    import pyopenjtalk

    return str(pyopenjtalk.g2p(worded(text), kana=True))


class JapaneseVoice:
    """One female voice; the whole of Japanese writing, numbers and counters too."""

    by_heart = False
    name = "openjtalk-mei-1"
    """Counts up whenever the same text comes to sound otherwise."""

    def __init__(self) -> None:
        """Raises JapaneseMissing. What it needs (180 MB) is loaded with the first sentence."""
        if importlib.util.find_spec("pyopenjtalk") is None:
            raise JapaneseMissing(
                "no Japanese voice; where Japanese is offered: pip install 'linli[japanese]'"
            )
        self._jtalk: Any = None

    def speaks(self, language: str) -> bool:
        return language.partition("-")[0].lower() == "ja"

    def render(self, text: str, language: str) -> Sound:
        if not any(map(str.isalnum, text)):
            raise Unspeakable(f"nothing to say in {text!r}")
        if self._jtalk is None:
            import pyopenjtalk

            self._jtalk = pyopenjtalk
        try:
            samples, hz = self._jtalk.tts(worded(text), speed=_SPEED)
        except Exception as error:  # the library raises nothing more special
            raise Unspeakable(f"Open JTalk: {error}; {text[:40]!r}") from error
        made = (np.asarray(samples) / 32768).astype(np.float32)
        if not len(made):
            raise Unspeakable(f"Open JTalk made no sound of {text!r}")
        return equally_loud(trimmed(Sound(resampled(made, hz, HZ), HZ)))
