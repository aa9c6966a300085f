"""The phrase that is nearest to a transcript, by how both sound."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from drivers.hearing.vocabulary import FILLERS, PARTICLES

CONFUSABLE = 0.5
"""Two phrases of a list that are nearer than this may be taken for each other."""
_FINE = 60
"""So many of the phrases are compared letter by letter: those with most syllables in common."""
_ON_A_SCREEN = 80
_PIECES = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff]+|[A-Za-z]+")
_SPOKEN_FILLERS = re.compile(rf"^(?:{'|'.join(FILLERS)})+(?=..)")
_SPOKEN_PARTICLES = re.compile(rf"(?<=..)[{''.join(PARTICLES)}]+$")


class Near(NamedTuple):
    """A phrase, and how far what was said is from it."""

    phrase: str
    distance: float
    """0 the same sounds; 1.5 nothing alike."""


class Phrasebook:
    """The phrases that may be said, as syllables without tones."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._sounds: dict[str, tuple[str, ...]] = {}
        for phrase in dict.fromkeys(phrases):
            if sounds := syllables(phrase):
                self._sounds[phrase] = sounds

    def __bool__(self) -> bool:
        return bool(self._sounds)

    def __iter__(self) -> Iterator[str]:
        return iter(self._sounds)

    def longest(self) -> int:
        """Syllables of the longest phrase."""
        return max(map(len, self._sounds.values()))

    def nearest(self, transcript: str, count: int = 2) -> list[Near]:
        """The *count* phrases that sound most like *transcript*, the nearest first."""
        said = syllables(transcript)
        if not said:
            return []
        said = _folded(said)
        rough = sorted(
            (_edits(said, sounds) / max(len(said), len(sounds)), phrase)
            for phrase, sounds in self._sounds.items()
        )
        fine = [Near(one, distance(said, self._sounds[one])) for _, one in rough[:_FINE]]
        return sorted(fine, key=lambda near: near.distance)[:count]

    def confusable(self) -> Iterator[tuple[str, str, float]]:
        """Pairs that cannot be told apart well, and their distance. Of more phrases than a screen
        has, which are never asked for together, only those that sound the same."""
        alike: dict[tuple[str, ...], str] = {}
        for phrase, sounds in self._sounds.items():
            if sounds in alike and phrase not in alike[sounds] and alike[sounds] not in phrase:
                yield alike[sounds], phrase, 0.0
            alike.setdefault(sounds, phrase)
        if len(alike) > _ON_A_SCREEN:
            return
        for (first, one), (second, other) in combinations(alike.items(), 2):
            if abs(len(first) - len(second)) <= 1 and (d := distance(first, second)) < CONFUSABLE:
                yield one, other, d


@lru_cache(maxsize=8192)
def syllables(text: str) -> tuple[str, ...]:
    """How Chinese *text* sounds: pinyin without tones; figures as they are said."""
    from drivers.voice.mandarin import toneless
    from drivers.voice.wording import worded

    said: list[str] = []
    plain = _PIECES.fullmatch(text) is not None and not text.isascii()
    for piece in [text] if plain else _PIECES.findall(worded(text, keep_words=True)):
        if piece.isascii():  # Whisper hears Yo for 右
            said.append(piece.lower())
            continue
        piece = _SPOKEN_PARTICLES.sub("", _SPOKEN_FILLERS.sub("", piece))
        said += toneless(piece)
    return tuple(said)


def distance(one: Sequence[str], other: Sequence[str]) -> float:
    """Share of syllables that differ, and half the share of letters: 0 alike, 1.5 nothing alike."""
    whole = _edits(one, other) / max(len(one), len(other))
    letters, others = "".join(one), "".join(other)
    return whole + _edits(letters, others) / max(len(letters), len(others)) / 2


def _folded(said: tuple[str, ...]) -> tuple[str, ...]:
    """Said several times over, as one calls for help: once. The last may be cut short."""
    for length in range(1, len(said) // 2 + 1):
        if said == (said[:length] * len(said))[: len(said)]:
            return said[:length]
    return said


def _edits(one: Sequence[str], other: Sequence[str]) -> int:
    """Levenshtein."""
    row = list(range(len(other) + 1))
    for index, left in enumerate(one, 1):
        previous, row[0] = row[0], index
        for at, right in enumerate(other, 1):
            differs = left != right
            previous, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, previous + differs)
    return row[-1]
