"""Figures in Chinese text as people say them: plates, telephone numbers, times, money.

What is spelled (plates, telephone numbers) has `BREATHLESS` between its characters and `GROUP`
between its groups; everything else comes out as plain Chinese with its own punctuation.
"""

from __future__ import annotations

import re

from drivers.voice.text import cleaned
from drivers.voice.wording import dates, identities, places, plates, quantities, telephones
from drivers.voice.wording.numbers import BREATHLESS, GROUP, LETTERS, cardinal, spelled
from drivers.voice.wording.rules import Rule, rule

__all__ = ["BREATHLESS", "GROUP", "LETTERS", "cardinal", "spelled", "worded"]

_WORD = r"(?:https?://)?[A-Za-z]*[a-z][A-Za-z]+(?:[ '\-.]+[A-Za-z]*[a-z][A-Za-z]+)*"
_LATIN = (
    rule(r"(I{1,3}|IV|VI{0,3}|IX|X)(?=[型级期类度区])", lambda m: cardinal(_roman(m[1])),
         unless="[A-Z]", case=True),
    rule(r"[A-Z](?:\.[A-Z](?![A-Z]))+\.?|[A-Z]+", lambda m: spelled(m[0].replace(".", ""))),
)  # fmt: skip
_FOREIGN = rule(_WORD, lambda m: m[0], case=True)
_RULES = (
    *plates.RULES,
    *identities.RULES[:5],
    *dates.RULES,
    *telephones.RULES,
    *places.RULES,
    *quantities.RULES[:12],
    *identities.RULES[5:],
    *quantities.RULES[12:],
)
_START = re.compile(
    rf"[0-9A-Za-z+\-±×÷=<>≈≠≤≥~°¥$€£→@#&*/%.]|\((?=\+|0\d|86\))|\s+(?=[\-~/=×])|[{plates.PROVINCES}使](?=[\s·.\-牌]*[A-Za-z0-9])"
)


def worded(text: str, keep_words: bool = False) -> str:
    """*text* without Arabic figures, Latin letters or signs that would have to be guessed.

    Args:
        keep_words: leave words in Latin letters (WiFi, English) as they are; capitals alone are
            spelled in any case: they are plates, gates and buildings.
    """
    text = cleaned(text)
    rules = (*_RULES, *((_FOREIGN,) if keep_words else ()), *_LATIN)
    said, at = [], 0
    while start := _START.search(text, at):
        said.append(text[at : start.start()])
        reading, at = _read(text, start.start(), rules)
        said.append(reading)
    return "".join(said) + text[at:]


def _read(text: str, at: int, rules: tuple[Rule, ...]) -> tuple[str, int]:
    for one in rules:
        if found := one.read(text, at):
            return found
    sign = text[at]  # nothing to say, but where words end
    return (sign if sign == "." or sign in plates.PROVINCES or sign == "使" else " "), at + 1


def _roman(text: str) -> int:
    return ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X").index(text) + 1
