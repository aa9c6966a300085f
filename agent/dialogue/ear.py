"""For whoever only hears: how the voice is steered, and all that stands on a screen in words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from agent.contract.languages import together
from agent.dialogue.snapshot import Snapshot, Words
from agent.dialogue.views import Status, Values
from agent.effects import Choice, Show

STEERING = Show(
    "ear",
    choices=(
        Choice("louder"),
        Choice("softer"),
        Choice("faster"),
        Choice("slower"),
        Choice("repeat"),
    ),
    idle_out=True,
    view=Status("sound"),
)
"""Lies over the screen while "help" was held long: each key steers the voice."""

KEYS = {"up": "louder", "down": "softer", "enter": "faster", "back": "slower"}
"""What the keys mean then."""

_UNSPOKEN = ("kind", "icon", "scene", "code", "state", "hero", "calm")
"""Fields of a view that are pictures, or that stand there in words elsewhere."""


def read_out(said: str, picture: Snapshot, words: Words) -> str:
    """*said*, then whatever of *picture* it has not mentioned, the choices with their numbers.

    Args:
        said: the screen as it is announced.
        picture: all that is drawn.
        words: the catalogue.
    """
    language = picture.language
    parts = [said]
    for text in _shown(picture):
        for line in text.splitlines():
            if not mentioned(line, "".join(parts)):
                parts.append(line.strip())
    count = len(picture.items) + len(picture.bar)
    for n, item in enumerate((*picture.items, *picture.bar), 1):
        values: Values = {"label": item.label, "n": n, "count": count}
        parts.append(words.text(language, "say.focus", values))
    return together(parts, language)


def mentioned(text: str, said: str) -> bool:
    """Whether the words of *text* are in *said*, whatever the punctuation."""
    return _plain(text) in _plain(said)


def shown(picture: Snapshot) -> list[str]:
    """All words on *picture*, piece by piece."""
    return [*_shown(picture), *(item.label for item in (*picture.items, *picture.bar))]


def _shown(picture: Snapshot) -> Iterator[str]:
    yield from (picture.title, picture.text)
    yield from _texts(picture.view)
    yield from (picture.idle.date, picture.idle.time, *picture.idle.lines)
    for phone in picture.phones:
        yield from (phone.label, phone.number)
    yield from (notice.text for notice in picture.notices)
    yield picture.place


def _texts(part: Any) -> Iterator[str]:
    match part:
        case dict():
            for name, value in part.items():
                if name not in _UNSPOKEN:
                    yield from _texts(value)
        case tuple() | list():
            for one in part:
                yield from _texts(one)
        case str():
            yield part


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())
