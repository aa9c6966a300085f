"""The kinds of screen: what a service says is on one; the page lays each kind out in its own way.

A screen is one `agent.effects.Show`: an id (for its phrases ``screen.<id>.title|text|say``), one
of these views, and its choices. A service never says how it looks, and the dialogue and the page
never ask which service it is. Which view for what:

========== ========================================================================================
`List`     choose one of several: home, places, a catalogue, results of a search. At most eight
           choices on one screen; ``more`` says that there are others before or after
`Article`  read along: one sentence is current, read aloud with `Show.language` and `Show.rate`
`Form`     one question at a time, with what has been answered so far
`Slots`    times to choose from, some of them full
`Ballot`   one question put to the vote, with results where they may be seen
`Progress` something is under way: a car, an application, a lift for the building
`Confirm`  read through what is about to happen, then yes or no
`Status`   something was done, or could not be; ``phones`` of the `Show` offers who helps instead
`Alarm`    somebody needs help now: takes the whole screen
========== ========================================================================================

Words in a view are finished text (from data, in the data's own language) or a `Phrase` of the
catalogue, which the stage puts into the resident's language. Names of fields are no names of
dictionaries' methods, for the page receives views as plain tables.

What one does with a screen is in `Show`: ``choices`` (buttons; the first has the focus unless
``focus`` names another), ``keys`` (what help, back and home mean here, where it is not the usual),
``utterances`` (what else may be said), ``idle_out`` (nobody need stay), ``chip`` (what stands for
it on the home screen while it runs in the background). Choosing sends
``Action(service, action, value)`` to the service that shows the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Literal

import msgspec

from agent.contract.languages import together

Values = Mapping[str, str | int | float]


class Phrase(msgspec.Struct, frozen=True):
    """Words of the catalogue: put into the resident's language when they are drawn."""

    id: str
    values: Mapping[str, str | int | float | Phrase] = {}
    """What it mentions; a phrase in it is put into words first."""


Words = str | Phrase
"""Finished text, or a phrase. Empty text: nothing is drawn."""


def joined(parts: Iterable[Words], how: str = "both") -> Words:
    """*parts* as one text, in the resident's language; those that are empty are left out.

    Args:
        parts: in their order.
        how: ``label.joined.<how>`` puts one behind another: both, list, items.
    """
    there = [part for part in parts if part]
    if len(there) < 2:
        return there[0] if there else ""
    half = len(there) // 2  # halves of halves: no phrase lies deep within others
    values = {"first": joined(there[:half], how), "rest": joined(there[half:], how)}
    return Phrase(f"label.joined.{how}", values)


def in_words(words: Words, text: Callable[[str, Values], str]) -> str:
    """*words* as one finished text; *text* fills in a phrase of the catalogue."""
    if not isinstance(words, Phrase):
        return words
    inner = {
        name: in_words(value, text) if isinstance(value, Phrase) else value
        for name, value in words.values.items()
    }
    return text(words.id, inner)


def in_each(
    languages: Iterable[str], said: Sequence[Words], text: Callable[[str, str, Values], str]
) -> dict[str, str]:
    """*said* as sentences of each language, as *text* fills it in there; nothing where nothing is
    said."""
    return {
        tag: together((in_words(one, partial(text, tag)) for one in said), tag)
        for tag in (languages if said else ())
    }


class Row(msgspec.Struct, frozen=True):
    """A line of a table: what it is, and its value."""

    label: Words
    value: Words
    icon: str = ""


class Stage(msgspec.Struct, frozen=True):
    """One stage of something that takes long."""

    name: Words
    state: Literal["done", "now", "later"]
    note: Words = ""
    """Since when, or who has it in hand."""


class Count(msgspec.Struct, frozen=True):
    """A number that is to be seen from afar."""

    label: Words
    number: int
    unit: Words


class Bar(msgspec.Struct, frozen=True):
    """A part of a whole: votes for an answer."""

    label: Words
    percent: int
    """0 to 100."""


class Mark(msgspec.Struct, frozen=True):
    """A place on a plan."""

    label: Words
    at: tuple[int, int]


class Plan(msgspec.Struct, frozen=True):
    """Where to go. Points are metres to the east and to the north of a corner."""

    here: Mark
    goal: Mark
    route: tuple[tuple[int, int], ...]
    """From here to the goal."""
    turns: tuple[tuple[int, int], ...] = ()
    """Numbered from 1, as the way is told in words."""
    paths: tuple[tuple[tuple[int, int], ...], ...] = ()
    marks: tuple[Mark, ...] = ()
    """What one sees on the way."""


class Chip(msgspec.Struct, frozen=True):
    """What stands on the home screen for something that runs in the background."""

    text: Words
    icon: str = ""


class View(msgspec.Struct, frozen=True, tag_field="kind", tag=str.lower):
    """Base of all views."""


class List(View, frozen=True):
    """Choose one of several."""

    hero: bool = False
    """The first choice is most of the screen."""
    more: Words = ""
    """Where in a longer list this is: "第 2 页，共 5 页"."""


class Article(View, frozen=True):
    """Read along, sentence by sentence."""

    language: str
    """BCP 47 tag of the sentences."""
    sentence: Words
    before: Words = ""
    after: Words = ""


class Form(View, frozen=True):
    """One question; the answer is one of the choices, or typed with them."""

    step: int
    """From 1."""
    steps: int
    answer: Words = ""
    """As far as it has been given."""
    hint: Words = ""
    """What an answer looks like."""
    mistake: Words = ""
    """Why the last answer was not taken, and what to do."""


class Slots(View, frozen=True):
    """Times that can be booked: each free one is a choice."""

    day: Words
    full: tuple[Words, ...] = ()
    """Times of that day that are gone."""
    note: Words = ""
    """Reserved here but not yet confirmed, say."""


class Ballot(View, frozen=True):
    """A question put to the vote: each answer is a choice, until the results are shown."""

    results: tuple[Bar, ...] = ()
    votes: int = 0


class Progress(View, frozen=True):
    """Something is under way."""

    scene: str = ""
    """Picture of it on its way, as an icon's name; empty: none."""
    badge: str = ""
    """Letters and digits to be compared with another's: a number plate, a ticket number."""
    count: Count | None = None
    facts: tuple[Words, ...] = ()
    stages: tuple[Stage, ...] = ()
    code: Words = ""
    """As in `Status`."""


class Confirm(View, frozen=True):
    """What is about to happen."""

    rows: tuple[Row, ...] = ()


class Status(View, frozen=True):
    """Something was done, or could not be."""

    icon: str = ""
    rows: tuple[Row, ...] = ()
    detail: str = ""
    """Technical; for staff."""
    code: str = ""
    """To take away on a phone: drawn as a QR code. Never the only way to it."""
    plan: Plan | None = None
    """Never the only way to know the way."""


class Alarm(View, frozen=True):
    """Somebody needs help now."""

    icon: str = ""
    calm: bool = False
    """Somebody knows, or comes: no longer in the colour of danger."""
    count: Count | None = None
    """Seconds until something happens by itself."""


AnyView = List | Article | Form | Slots | Ballot | Progress | Confirm | Status | Alarm
