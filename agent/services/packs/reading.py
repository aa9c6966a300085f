"""Reading aloud, sentence by sentence, for whatever kind of item has a text.

Each sentence is one announcement of the screen, and its end leads to the next. So anything may
cut in (a key's label, the help screen): the sentence is said again afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from agent.dialogue.views import Article as ArticleView
from agent.dialogue.views import Phrase, Status, Values, Words
from agent.effects import Choice
from agent.services.packs.page import Here, Page, Scene, Turn

RATES = (0.7, 0.85, 1.0, 1.25, 1.6)
USUAL = RATES.index(1.0)
PAUSED, OVER = "paused", "over"
"""Values of `Page.day` while a text is open; empty: it is read."""

_ICONS = {
    "pause": "pause",
    "continue": "play",
    "previous": "previous",
    "next": "next",
    "slower": "minus",
    "faster": "plus",
    "stop": "cross",
}


def text_scene(
    title: str, sentences: Sequence[Words], language: str, page: Page, here: Here
) -> Scene:
    """Sentence ``page.n`` of a text; *language* is that of the finished ones."""
    count = len(sentences)
    n = min(page.n, count - 1)
    before, sentence, after = ("", *sentences, "")[n : n + 3]
    if isinstance(sentence, Phrase):
        language = here.language
    counted: Values = {"n": n + 1, "count": count, "title": title}
    if page.day == OVER:
        again = Choice("reading.again", icon="again", look="primary")
        return Scene(
            Status("book"),
            Phrase("screen.reading.over.title"),
            Phrase("screen.reading.over.text", counted),
            choices=(again, Choice("back")),
            screen="reading.over",
        )
    view = ArticleView(language, sentence, before, after)
    where = Phrase("label.packs.sentence", counted)
    if page.day == PAUSED or here.mute:
        stopped: Values = {**counted, "mute": "yes" if here.mute else ""}
        return Scene(
            view,
            title,
            Phrase("screen.reading.paused.text", stopped),
            say=Phrase("screen.reading.paused.say", stopped),
            choices=_controls(page, here),
            screen="reading.paused",
        )
    return Scene(
        view,
        title,
        where,
        say=sentence,
        choices=_controls(page, here),
        language=language,
        rate=RATES[here.pace],
        utterance=f"{page.pack}/{page.item}/{page.at}/{n}/{here.pace}",
        screen="reading.aloud",
        stays=True,
    )


def _controls(page: Page, here: Here) -> tuple[Choice, ...]:
    first = "continue" if page.day == PAUSED else "pause"
    names = [first, "previous", "next", "slower", "faster", "stop"]
    if here.mute:
        names = ["next", "previous", "stop"]
    return tuple(Choice(f"reading.{name}", icon=_ICONS[name]) for name in names)


def text_choice(sentences: Sequence[Words], page: Page, choice: str, here: Here) -> Turn | None:
    """What becomes of a choice while a text is open."""
    match choice:
        case "reading.finished" | "reading.next":
            if page.n + 1 >= len(sentences):
                return Turn(replace(page, day=OVER), replaces=True)
            return Turn(replace(page, n=page.n + 1, day=""), replaces=True)
        case "reading.previous":
            return Turn(replace(page, n=max(0, page.n - 1), day=""), replaces=True)
        case "reading.pause":
            return Turn(replace(page, day=PAUSED), replaces=True)
        case "reading.continue":
            return Turn(replace(page, day=""), replaces=True)
        case "reading.again":
            return Turn(replace(page, day="", n=0), replaces=True)
        case "reading.slower" | "reading.faster":
            pace = here.pace + (1 if choice == "reading.faster" else -1)
            pace = min(max(pace, 0), len(RATES) - 1)
            return Turn(replace(page, day=""), replaces=True, pace=pace)
        case "reading.stop":
            return Turn()
    return None
