"""What may be said on a screen, and what it means. No recogniser is needed here.

The words come from the catalogue: ``hear.<action>`` holds other ways to ask for an action,
separated by ``|``, beside its label; ``hear.number`` those around the ``{n}`` of a choice. What
else may be said comes with the screen, as `agent.effects.Utterance`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from agent.dialogue.snapshot import Item, Words
from agent.effects import Utterance, Wish

Meanings = Mapping[str, tuple[Wish, ...]]
"""Phrase → what it stands for, in order."""

Offered = Sequence[tuple[Item, Wish]]
"""Choices in words, and what each is a wish for."""

_NUMERALS = "零一二三四五六七八九"


class Grammar:
    """Makes the grammar of any screen."""

    def __init__(self, words: Words) -> None:
        """Keep the catalogue."""
        self._words = words

    def meanings(
        self,
        language: str,
        items: Offered,
        bar: Offered,
        utterances: Sequence[Utterance] = (),
        help: str = "help",
    ) -> Meanings:
        """All that may be said on the screen with these choices.

        Where two could mean the same words, a call for help comes first, then the label of a
        choice, its other words, its number, the screen's utterances, and what is the same on
        every screen.

        Args:
            language: of the words.
            items: the choices of the screen.
            bar: what every screen offers.
            utterances: what else may be said.
            help: the action that a call for help is here.
        """
        meanings: dict[str, tuple[Wish, ...]] = {}
        if any(wish.action in ("help", help) for _, wish in (*items, *bar)):
            for phrase in self._others(language, "help"):
                meanings[phrase] = (Wish(help),)
        for phrase, wishes in (
            *self._of(language, items),
            *self._numbered(language, items),
            *self._uttered(language, utterances),
            *self._of(language, bar),
        ):
            meanings.setdefault(phrase, wishes)
        return meanings

    def _of(self, language: str, items: Offered) -> Iterator[tuple[str, tuple[Wish, ...]]]:
        for item, wish in items:
            if wish.action == "language":
                # What stands on it is a word of another language.
                yield from self._languages(language)
            else:
                yield spoken(item.label, language), (wish,)
        for _, wish in items:
            if not wish.value:  # else the same words would mean several choices
                for phrase in self._others(language, wish.action):
                    yield phrase, (wish,)

    def _languages(self, language: str) -> Iterator[tuple[str, tuple[Wish, ...]]]:
        for other in self._words.languages:
            if other != language:
                for phrase in self._others(language, f"language.{other}"):
                    yield phrase, (Wish("language", other),)

    def _numbered(self, language: str, items: Offered) -> Iterator[tuple[str, tuple[Wish, ...]]]:
        for n, (_, wish) in enumerate(items, 1):
            for phrase in self._around(language, "number", {"n": n}):
                yield phrase, (wish,)

    def _uttered(
        self, language: str, utterances: Sequence[Utterance]
    ) -> Iterator[tuple[str, tuple[Wish, ...]]]:
        for utterance in utterances:
            for phrase in self._around(language, utterance.phrase, utterance.values):
                yield phrase, utterance.wishes

    def _others(self, language: str, action: str) -> Iterator[str]:
        if self._words.has(language, f"hear.{action}"):
            yield from self._around(language, action, {})

    def _around(
        self, language: str, phrase: str, values: Mapping[str, str | int | float]
    ) -> Iterator[str]:
        text = self._words.text(language, f"hear.{phrase}", values)
        yield from filter(None, (spoken(way, language) for way in text.split("|")))


def spoken(text: str, language: str) -> str:
    """The words of *text* without punctuation; in Chinese with its numbers as people say them."""
    chinese = language.startswith("zh")
    spaced = not language.startswith(("zh", "ja"))
    parts: list[str] = []
    for kind, run in groupby(unicodedata.normalize("NFKC", text), _kind):
        part = "".join(run)
        if kind == "digits" and chinese:
            part = _number(part)
        elif kind == "other":
            part = " " if spaced else ""
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
