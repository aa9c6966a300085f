"""Text from outside made readable: one odd character costs itself, never the sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST = 4000
"""Characters of one text that are said; a longer one is no sentence but a fault."""
PIECE = 60
"""Characters that are rendered at once: some 30 ms here, and an alarm waits no longer."""

_DASHES = dict.fromkeys(map(ord, "‐‑‒–−﹣－﹘"), "-") | dict.fromkeys(map(ord, "∼〜～"), "~")
_DOTS = dict.fromkeys(map(ord, "•●‧∙・･⋅᛫﹒"), "·")
_NUMERALS = {0x2160 + index: name for index, name in enumerate("一二三四五六七八九十")} | {
    0x2170 + index: name for index, name in enumerate("一二三四五六七八九十")
}
_CIRCLED = {
    first + index: f"，{name}，"
    for first in (0x2460, 0x2474, 0x2776, 0x2780, 0x3220)
    for index, name in enumerate("一二三四五六七八九十")
}
_SIGNS = {
    "☎": "电话", "☏": "电话", "📞": "电话", "📱": "手机", "℡": "电话", "№": "No.", "∶": ":",
    "⁄": "/", "²": "^2", "³": "^3", "㎡": "m^2", "㎥": "m^3", "㎢": "km^2", "℃": "°C", "℉": "°F",
    "（": "(", "）": ")", "′": "'", "″": '"', "’": "'", "⟶": "→", "✕": "×", "✖": "×", "＋": "+",
}  # fmt: skip
_TABLE = _DASHES | _DOTS | _NUMERALS | _CIRCLED | {ord(sign): said for sign, said in _SIGNS.items()}
_KEPT = set("，；！？。、：…")
"""Chinese punctuation keeps its width: ``1，200`` is two numbers, ``1,200`` is one."""
_READ_SIGNS = set("+-±×÷=<>≈≠≤≥~^|°¥$€£→")
_LONG_DASH = re.compile(r"(?<=[0-9A-Za-z%元点分日月年号楼层度])\s*[—―─](?=\s*[0-9A-Za-z¥])")
_VULGAR = re.compile(r"(\d)\s*([¼-¾⅐-⅞])")


def cleaned(text: str) -> str:
    """Compatibility forms folded (NFKC), accents and whatever cannot be said left out."""
    text = _VULGAR.sub(lambda match: f"{match[1]}又{match[2]}", text).translate(_TABLE)
    text = "".join(one for letter in text for one in _plain(letter))
    return _LONG_DASH.sub("-", text)


def _plain(letter: str) -> Iterator[str]:
    if letter in _KEPT or "\u4e00" <= letter <= "\u9fff" or "\x20" <= letter < "\x7f":
        yield letter
        return
    if letter in "\n\r\u2028\u2029\x0b\x0c":
        yield "\n"
        return
    for folded in unicodedata.normalize("NFKD", letter):
        kind = unicodedata.category(folded)
        if kind == "Nd":
            yield str(unicodedata.decimal(folded))
        elif kind in ("Zs", "Cc") and folded.isspace():
            yield " "
        elif folded == "⁄":
            yield "/"
        elif kind[0] in "LNP" or folded in _READ_SIGNS:
            yield "I" if folded in "ıİ" else folded


_ENDS = re.compile(r"(?<=[。！？!?；;\n])(?![。！？!?；;\n”’」』）)])")
_RESTS = re.compile(r"(?<=[，,、：:\s])")


def pieces(text: str) -> list[str]:
    """*text*, at most `LONGEST` of it, cut where one breathes into pieces of about `PIECE`
    characters; a text that is shorter is one piece."""
    text = text[:LONGEST]
    if len(text) <= PIECE:
        return [text]
    return [piece for sentence in _gathered(_ENDS.split(text)) for piece in _cut(sentence)]


def _cut(sentence: str) -> Iterator[str]:
    for part in _gathered(_RESTS.split(sentence)):
        for start in range(0, len(part), PIECE):
            yield part[start : start + PIECE]


def _gathered(parts: list[str]) -> Iterator[str]:
    """Neighbours joined as long as they stay short."""
    held = ""
    for part in parts:
        if held and len(held) + len(part) > PIECE:
            yield held
            held = ""
        held += part
    if held:
        yield held


PAUSES = {"、": 0.12, "，": 0.2, ",": 0.2, "：": 0.2, ":": 0.2}
"""Seconds of silence after a mark within a sentence."""
FULL_STOP = 0.32
"""Seconds after any other punctuation that ends a phrase: 。！？; and line ends."""
_CLAUSES = re.compile(
    r"(?<=[。！？!?；;\n，,：:])(?![。！？!?；;\n，,：:”’」』）)])(?<![\d][,:：])"
)


def clauses(text: str) -> list[str]:
    """*text* cut after every mark that is a pause; joined they are *text* again."""
    return [clause for clause in _CLAUSES.split(text[:LONGEST]) if clause]


def pause_after(words: str) -> float:
    """Seconds of silence after *words*, by the mark that they end with."""
    last = words.rstrip()[-1:]
    if last.isalnum():
        return 0.05
    return PAUSES.get(last, FULL_STOP)
