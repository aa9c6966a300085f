"""Which language a piece of text is in, as far as its characters tell, and how its sentences end.

Names and facts come to an English or a Japanese screen in Chinese. Page and voice then have to
know: the same character is drawn, and read, otherwise in Chinese and in Japanese.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

CHINESE, JAPANESE = "zh-CN", "ja"

HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
KANA = re.compile("[\u3041-\u309f\u30a1-\u30fa]")
_WORDS = re.compile(r"[A-Za-z]{2,}[ :,.]|[ ][a-z]{2,}")
"""Words of a European language, and no mark such as ``Ei5``."""

_JAPANESE, _SIMPLIFIED = "shift_jis", "gb2312"
"""Encodings that have just the characters which Japanese and Chinese texts are written with."""


def together(parts: Iterable[str], language: str) -> str:
    """*parts* as sentences of *language*, one after the other; empty ones are left out."""
    stop, blank = ("。", "") if language.startswith(("zh", JAPANESE)) else (".", " ")
    return blank.join(
        part if part[-1] in "。？！.?!" else f"{part}{stop}" for part in parts if part
    )


def only_chinese(text: str) -> bool:
    """Whether *text* has a character that Japanese does not write with: 泾, 师, 华."""
    return any(HAN.match(one) and not _in(one, _JAPANESE) for one in text)


def is_chinese(text: str, language: str) -> bool:
    """Whether *text*, which stands in a text of *language*, is plainly Chinese."""
    if language.startswith("zh") or not HAN.search(text):
        return False
    if language.startswith(JAPANESE):
        japanese = any(HAN.match(one) and not _in(one, _SIMPLIFIED) for one in text)
        return only_chinese(text) and not (KANA.search(text) or japanese)
    return not (_WORDS.search(text) or KANA.search(text))


def _in(character: str, characters: str) -> bool:
    try:
        character.encode(characters)
    except UnicodeEncodeError:
        return False
    return True
