"""What may be said on a screen, and which actions it means. No recogniser is needed here.

The words come from the catalogue: ``hear.<action>`` holds other ways to ask for an action,
separated by ``|``, beside its label; ``hear.taxi.to`` the sentences around a ``{place}``;
``hear.number`` those around the ``{n}`` of a choice.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from agent.dialogue.snapshot import Item, Words

Meanings = Mapping[str, tuple[str, ...]]
"""Phrase → the actions that it stands for, in order."""

_HELP = ("fall.help", "help")
"""Whoever calls for help gets the first of these that the screen has."""
_TO, _TO_DRIVER, _CALL = "taxi.to.", "taxi.to.driver", "taxi.call"
_NUMERALS = "零一二三四五六七八九"


class Destination(NamedTuple):
    """A place that a resident may name."""

    id: str
    names: tuple[str, ...]
    """Its name and its aliases."""


class Grammar:
    """Makes the grammar of any screen."""

    def __init__(self, words: Words, destinations: Iterable[Destination]) -> None:
        """Keep the catalogue, and every place that the taxi service knows."""
        self._words = words
        self._destinations = tuple(destinations)

    def meanings(self, language: str, items: Sequence[Item], bar: Sequence[Item]) -> Meanings:
        """All that may be said on the screen with these choices.

        Where two could mean the same words, a call for help comes first, then the label of a
        choice, its other words, its number, a place, and what is the same on every screen.
        """
        meanings: dict[str, tuple[str, ...]] = {}
        offered = {item.action for item in (*items, *bar)}
        help_here = next((action for action in _HELP if action in offered), None)
        if help_here is not None:
            for phrase in self._others(language, "help"):
                meanings[phrase] = (help_here,)
        for group in (items, bar):
            for phrase, actions in self._of(language, group, group is items):
                meanings.setdefault(phrase, actions)
        return meanings

    def _of(
        self, language: str, items: Sequence[Item], choices: bool
    ) -> Iterator[tuple[str, tuple[str, ...]]]:
        for item in items:
            # The name of another language is not a word of this one.
            if item.action != "language":
                yield spoken(item.label, language), (item.action,)
        for item in items:
            for phrase in self._others(language, item.action):
                yield phrase, (item.action,)
        if choices:
            for n, item in enumerate(items, 1):
                for phrase in self._around(language, "number", n=str(n)):
                    yield phrase, (item.action,)
        offered = {item.action for item in items}
        if _TO_DRIVER in offered:
            yield from self._places(language, ())
        elif _CALL in offered:
            yield from self._places(language, (_CALL,))

    def _places(
        self, language: str, first: tuple[str, ...]
    ) -> Iterator[tuple[str, tuple[str, ...]]]:
        for place in self._destinations:
            for name in place.names:
                for phrase in self._around(language, "taxi.to", place=name):
                    yield phrase, (*first, _TO + place.id)

    def _others(self, language: str, action: str) -> Iterator[str]:
        if self._words.has(language, f"hear.{action}"):
            yield from self._around(language, action)

    def _around(self, language: str, phrase: str, **values: str) -> Iterator[str]:
        text = self._words.text(language, f"hear.{phrase}", values)
        yield from filter(None, (spoken(way, language) for way in text.split("|")))


def spoken(text: str, language: str) -> str:
    """The words of *text* without punctuation; in Chinese with its numbers as people say them."""
    chinese = language.startswith("zh")
    parts: list[str] = []
    for kind, run in groupby(unicodedata.normalize("NFKC", text), _kind):
        part = "".join(run)
        if kind == "digits" and chinese:
            part = _number(part)
        elif kind == "other":
            part = "" if chinese else " "
        parts.append(part)
    return " ".join("".join(parts).split())


def _kind(character: str) -> str:
    if character.isdecimal():
        return "digits"
    return "letters" if character.isalpha() or character == "'" else "other"


def _number(digits: str) -> str:
    """Two digits as a number, more of them one by one."""
    if len(digits) > 2 or (len(digits) == 2 and digits[0] == "0"):
        return "".join(_NUMERALS[int(digit)] for digit in digits)
    tens, units = divmod(int(digits), 10)
    if not tens:
        return _NUMERALS[units]
    return (_NUMERALS[tens] if tens > 1 else "") + "十" + (_NUMERALS[units] if units else "")
