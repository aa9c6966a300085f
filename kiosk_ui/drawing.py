"""Turns a snapshot into markup: a layout for each kind of view, whatever service shows it.

Icons of a service's own stand in a folder of its name, ``<service>/icons.svg``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import jinja2
import segno
from markupsafe import Markup

from agent.contract.languages import CHINESE, is_chinese
from agent.dialogue.snapshot import Snapshot, Words
from kiosk_ui.plan import draw

_HERE = Path(__file__).parent
_TEMPLATES = _HERE / "templates"
SPRITES = sorted(str(path.relative_to(_HERE)) for path in _HERE.glob("*/icons.svg"))
"""Files of icons: everybody's, then each service's own."""

_CLAUSE = re.compile(r"[^，。？！：；]+[，。？！：；]*")
_PLATE = re.compile(r"([\u4e00-\u9fff][A-Z])([A-Z0-9]{5,6})")


class Drawing:
    """Draws snapshots with the templates, in the words of the catalogue."""

    def __init__(self, words: Words) -> None:
        """*words* gives the few labels that are not in a snapshot: units, states, headings."""
        self._words = words
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader([_TEMPLATES, _HERE]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["clauses"] = _clauses
        self._environment.globals.update(badge=badge_parts, code=_code, plan=draw, sprites=SPRITES)

    def frame(self, snapshot: Snapshot) -> str:
        """Everything that changes: status row, screen, bar and foot."""
        return self._environment.get_template("frame.html").render(self._context(snapshot))

    def entrance(self, run: str) -> str:
        """What anybody but the kiosk's browser sees."""
        return self._environment.get_template("enter.html").render(run=run)

    def page(self, snapshot: Snapshot, token: str, run: str) -> str:
        """The whole document, with *snapshot* drawn in it, for this *run* of the server."""
        return self._environment.get_template("page.html").render(
            self._context(snapshot), token=token, run=run
        )

    def _context(self, snapshot: Snapshot) -> dict[str, object]:
        def words(phrase: str, language: str = snapshot.language, **values: str | int) -> str:
            return self._words.text(language, phrase, values)

        def marked(text: str, language: str | None = "") -> Markup:
            if not language and is_chinese(text, snapshot.language):
                language = CHINESE
            other = language and language != snapshot.language
            return Markup(' lang="{}"').format(language) if other else Markup()

        return {
            "now": snapshot,
            "view": snapshot.view,
            "words": words,
            "marked": marked,
            "languages": self._words.languages,
            "next_language": self._words.following(snapshot.language),
            "caption": "" if snapshot.announced else snapshot.spoken,
            "alarm": _alarm(snapshot),
        }


def _alarm(snapshot: Snapshot) -> str:
    """The attribute that gives the whole page the colour of an alarm, or none."""
    if snapshot.view["kind"] != "alarm":
        return ""
    return " data-alarm=calm" if snapshot.view["calm"] else " data-alarm=urgent"


def _clauses(text: str) -> list[str]:
    """Chinese text cut after its punctuation, so that lines break between clauses."""
    return _CLAUSE.findall(text)


@lru_cache(maxsize=16)
def _code(text: str) -> Markup:
    """A QR code of *text* as SVG, with the quiet zone that readers need."""
    made = segno.make_qr(text, error="m")
    return Markup(made.svg_inline(border=4, omitsize=True, dark="#000", light="#fff"))


def badge_parts(text: str) -> tuple[str, str, str]:
    """A badge as (region, rest, colour); colour is ``plain`` but for Chinese number plates.

    Those are ``blue`` or ``green`` (GA 36-2018): five characters after the region on blue, six
    on the green of new-energy cars.
    """
    match = _PLATE.fullmatch(text.replace("·", "").replace(" ", ""))
    if match is None:
        return "", text, "plain"
    return match[1], match[2], "blue" if len(match[2]) == 5 else "green"
