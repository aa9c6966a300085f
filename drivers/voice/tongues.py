"""A text cut into what each language says of it: names stay Chinese in any sentence.

An address, a driver or a hospital comes to an English or a Japanese sentence as Chinese; read by
the rules of that language it would be spelled as "Chinese letter", or be another name. What is
not plainly Chinese in a Japanese text (同仁医院: Japanese writes these characters too) is read in
Japanese.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.contract.languages import CHINESE, HAN, JAPANESE, is_chinese, only_chinese

_NAMES = {"日本語": JAPANESE, "中文": CHINESE}
"""How languages are called on the key that leads to them: each says its own name."""
_RUN = rf"[0-9]*{HAN.pattern}(?:[0-9{HAN.pattern[1:-1]}]*{HAN.pattern})?"
_CUTS = re.compile(rf"({'|'.join(_NAMES)}|{_RUN})")
_PROVINCES = {
    **{"京": "ジン", "津": "ジン", "沪": "フー", "渝": "ユー", "冀": "ジー", "豫": "ユー"},
    **{"云": "ユン", "辽": "リャオ", "黑": "ヘイ", "湘": "シャン", "皖": "ワン", "鲁": "ルー"},
    **{"新": "シン", "苏": "スー", "浙": "ジョー", "赣": "ガン", "鄂": "オー", "桂": "グイ"},
    **{"甘": "ガン", "晋": "ジン", "蒙": "モン", "陕": "シャン", "吉": "ジー", "闽": "ミン"},
    **{"贵": "グイ", "粤": "ユエ", "青": "チン", "藏": "ザン", "川": "チュアン", "宁": "ニン"},
    "琼": "チョン",
}
"""Signs of plates, as a Japanese hears them in Chinese."""
_PLATE = re.compile(rf"([{''.join(_PROVINCES)}])([A-Z])[\s·・.\-]?([A-Z0-9]{{5,6}})(?![A-Za-z0-9])")


def tongues(text: str, language: str) -> list[tuple[str, str]]:
    """*text*, which is in *language*, as pieces with the language of each."""
    if language.startswith("zh"):
        parts = re.split("(日本語)", text)
        return [(part, _NAMES.get(part, language)) for part in parts if part]
    if is_chinese(text, language):
        return [(text, _NAMES.get(text, CHINESE))]
    return _gathered(_cut(_spelled(text, language), language))


def _cut(text: str, language: str) -> Iterator[tuple[str, str]]:
    for part in _CUTS.split(text):
        if part in _NAMES:
            yield part, _NAMES[part]
        elif HAN.search(part) and (language != JAPANESE or only_chinese(part)):
            yield part, CHINESE
        elif part:
            yield part, language


def _gathered(parts: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
    """Neighbours of one language joined; signs go with what stands before them."""
    gathered: list[tuple[str, str]] = []
    for part, tongue in parts:
        signs, rest = re.fullmatch(r"(\W*)(.*)", part, re.DOTALL).groups()  # type: ignore[union-attr]
        if gathered and signs:
            gathered[-1] = (gathered[-1][0] + signs, gathered[-1][1])
            part = rest
        if part and gathered and tongue == gathered[-1][1]:
            gathered[-1] = (gathered[-1][0] + part, tongue)
        elif part:
            gathered.append((part, tongue))
    return gathered


def _spelled(text: str, language: str) -> str:
    """Plates one character after the other."""

    def spelled(match: re.Match[str]) -> str:
        if language == JAPANESE:
            return "、".join((_PROVINCES[match[1]], match[2], *match[3]))
        return ", ".join((match[1], match[2], *match[3]))

    return _PLATE.sub(spelled, text)
