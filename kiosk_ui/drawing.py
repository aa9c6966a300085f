"""Turns a snapshot into markup; which layout, icon and weight belongs to which screen."""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType

import jinja2

from agent.dialogue.snapshot import Snapshot, Words

_TEMPLATES = Path(__file__).parent / "templates"

_LAYOUTS = MappingProxyType(
    {
        "home": "home",
        "help": "phones",
        "taxi.destination": "places",
        "taxi.confirm": "route",
        "taxi.requesting": "waiting",
        "taxi.requested": "waiting",
        "taxi.reassigning": "waiting",
        "taxi.accepted": "car",
        "taxi.arrived": "car",
        "taxi.no_car": "phones",
        "taxi.offline": "phones",
        "taxi.expired": "phones",
        "taxi.refused": "phones",
        "trouble": "phones",
        "reading.choosing": "places",
        "reading.aloud": "reading",
        "reading.paused": "reading",
        "fall.question": "alarm",
        "fall.calling": "alarm",
        "fall.notified": "alarm",
        "fall.helper": "alarm",
    }
)
"""Screen → template in ``layouts/``; every other screen is drawn as ``plain``."""

_ICONS = MappingProxyType(
    {
        "back": "back",
        "home": "home",
        "repeat": "sound",
        "language": "globe",
        "help": "person",
        "larger": "letter",
        "contrast": "contrast",
        "louder": "sound",
        "softer": "sound",
        "taxi.call": "taxi",
        "taxi.to.driver": "steering",
        "taxi.confirm": "check",
        "taxi.back": "back",
        "taxi.wait": "clock",
        "taxi.boarded": "check",
        "taxi.cancel": "cross",
        "taxi.again": "again",
        "reading.open": "book",
        "reading.pause": "pause",
        "reading.continue": "play",
        "reading.previous": "previous",
        "reading.next": "next",
        "reading.slower": "minus",
        "reading.faster": "plus",
        "reading.stop": "cross",
        "reading.again": "again",
        "fall.ok": "check",
        "fall.help": "hand",
        "idle.stay": "check",
    }
)
_FOR_SCREENS = MappingProxyType(
    {
        "taxi.cancelling": "cross",
        "taxi.cancelled": "cross",
        "taxi.completed": "heart",
        "taxi.no_car": "taxi",
        "taxi.offline": "unplugged",
        "taxi.expired": "clock",
        "taxi.refused": "cross",
        "taxi.unknown": "search",
        "help": "phone",
        "reading.over": "book",
        "trouble": "wrench",
        "fall.question": "hand",
        "fall.calling": "phone",
        "fall.notified": "check",
        "fall.helper": "walking",
        "fall.cleared": "heart",
        "idle.question": "clock",
    }
)
_PRIMARY = frozenset(
    {
        "taxi.boarded",
        "taxi.call",
        "taxi.confirm",
        "taxi.again",
        "reading.pause",
        "reading.continue",
        "idle.stay",
        "fall.help",
    }
)

_CLAUSE = re.compile(r"[^，。？！：；]+[，。？！：；]*")
_NOT_LETTERS = re.compile(r"[\W_]+")
_PLATE = re.compile(r"([\u4e00-\u9fff][A-Z])([A-Z0-9]{5,6})")


class Drawing:
    """Draws snapshots with the templates, in the words of the catalogue."""

    def __init__(self, words: Words) -> None:
        """*words* gives the few labels that are not in a snapshot: units, states, headings."""
        self._words = words
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["clauses"] = _clauses
        self._environment.globals.update(
            icons=_ICONS, screen_icons=_FOR_SCREENS, primary=_PRIMARY, plate=plate_parts
        )

    def frame(self, snapshot: Snapshot) -> str:
        """Everything that changes: status row, screen, bar and foot."""
        return self._environment.get_template("frame.html").render(self._context(snapshot))

    def page(self, snapshot: Snapshot, token: str, run: str) -> str:
        """The whole document, with *snapshot* drawn in it, for this *run* of the server."""
        return self._environment.get_template("page.html").render(
            self._context(snapshot), token=token, run=run
        )

    def _context(self, snapshot: Snapshot) -> dict[str, object]:
        def words(phrase: str, language: str = snapshot.language, **values: str | int) -> str:
            return self._words.text(language, phrase, values)

        languages = self._words.languages
        known = snapshot.language in languages
        present = languages.index(snapshot.language) if known else -1
        return {
            "now": snapshot,
            "values": snapshot.values,
            "words": words,
            "languages": languages,
            "next_language": languages[(present + 1) % len(languages)],
            "caption": "" if self._is_drawn(snapshot) else snapshot.spoken,
            "layout": _LAYOUTS.get(snapshot.screen, "plain"),
        }

    def _is_drawn(self, snapshot: Snapshot) -> bool:
        """Whether what is spoken is the screen's own announcement, which stands there large."""
        if _letters(snapshot.spoken) == _letters(snapshot.title + snapshot.text):
            return True
        phrase = f"screen.{snapshot.screen}.say"
        try:
            own = self._words.text(snapshot.language, phrase, snapshot.values)
        except KeyError:
            return False
        return snapshot.spoken == own


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text)


def _clauses(text: str) -> list[str]:
    """Chinese text cut after its punctuation, so that lines break between clauses."""
    return _CLAUSE.findall(text)


def plate_parts(text: str) -> tuple[str, str, str]:
    """A number plate as (region, serial, kind); kind is ``blue``, ``green`` or ``plain``.

    GA 36-2018: five characters after the region on blue, six on the green of new-energy cars.
    """
    match = _PLATE.fullmatch(text.replace("·", "").replace(" ", ""))
    if match is None:
        return "", text, "plain"
    return match[1], match[2], "blue" if len(match[2]) == 5 else "green"
