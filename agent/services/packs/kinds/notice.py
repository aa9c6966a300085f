"""Notices: what is announced, decided, heard or explained, with its dates and what came of it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from agent.dialogue.views import List, Phrase, Words
from agent.effects import Choice
from agent.services.packs.format import Item, Line, Paragraph, Reference, Slug, Sourced, twice
from agent.services.packs.page import Here, Page, Scene, Turn, day_in_words, listed
from agent.services.packs.reading import text_choice, text_scene
from agent.services.packs.sentences import spoken_parts


class Notice(Sourced, frozen=True, kw_only=True):
    """One announcement."""

    id: Slug
    title: Line
    stage: Literal["通知", "民意表达", "听证论证", "政策解读", "群策群议", "决策公示", "办理结果"]
    """Where it stands in 民意表达 → 听证论证 → 政策解读 → 群策群议 → 决策公示."""
    date: datetime.date
    until: datetime.date | None = None
    """Last day on which it is shown."""
    paragraphs: Annotated[tuple[Paragraph, ...], Meta(min_length=1, max_length=12)]
    outcome: Paragraph | Literal[""] = ""
    """What became of it."""
    form: Slug | Literal[""] = ""
    """Form of this pack by which residents answer."""


class NoticesItem(Item, frozen=True, kw_only=True):
    """A board of notices."""

    notice: Annotated[tuple[Notice, ...], Meta(max_length=200)] = ()

    def references(self) -> Iterator[Reference]:
        """The forms by which residents answer."""
        for notice in self.notice:
            if notice.form:
                yield Reference(f"notice {notice.id}", "form", notice.form)

    def flaws(self) -> Iterator[tuple[str, str]]:
        """Ids that are there twice."""
        yield from twice("notice", [notice.id for notice in self.notice])


class Boards:
    """Serves boards of notices: the newest first, each read like an article, then answered."""

    def open(self, item: NoticesItem, page: Page, here: Here) -> Page:
        """The list."""
        return replace(page, kind="notices")

    def scene(self, item: NoticesItem, page: Page, here: Here) -> Scene:
        """The list, or one notice."""
        notice = next((one for one in self._current(item, here) if one.id == page.at), None)
        if notice is not None:
            scene = text_scene(notice.title, self._text(notice), "zh-CN", page, here)
            answer = (Choice("packs.begin", icon="pencil", look="primary"),) if notice.form else ()
            return scene._replace(choices=(*answer, *scene.choices))
        current = self._current(item, here)
        choices = [Choice("packs.notice", _announced(one), value=one.id) for one in current]
        shown, more = listed(page, choices)
        text: Words = "" if current else Phrase("label.packs.no-notices")
        return Scene(
            List(more=more), here.word(item.title), text, choices=shown or (Choice("back"),)
        )

    def choose(
        self, item: NoticesItem, page: Page, choice: str, value: str, here: Here
    ) -> Turn | None:
        """Into a notice, its form, or on with reading."""
        current = {one.id: one for one in self._current(item, here)}
        if choice == "packs.notice" and value in current:
            return Turn(replace(page, at=value, n=0, day=""))
        notice = current.get(page.at)
        if notice is None:
            return None
        if choice == "packs.begin" and notice.form:
            return Turn(Page("form", page.pack, notice.form))
        return text_choice(self._text(notice), page, choice, here)

    def _current(self, item: NoticesItem, here: Here) -> list[Notice]:
        today = here.now.date() if here.now else None
        shown = [
            one for one in item.notice if today is None or one.until is None or today <= one.until
        ]
        return sorted(shown, key=lambda one: one.date, reverse=True)

    def _text(self, notice: Notice) -> tuple[Words, ...]:
        day = Phrase(
            "label.packs.notice.say",
            {"day": day_in_words(notice.date, "date"), "phase": notice.stage},
        )
        outcome = (Phrase("label.packs.outcome"),) if notice.outcome else ()
        text = spoken_parts(*notice.paragraphs)
        return (day, notice.title, *text, *outcome, *spoken_parts(notice.outcome))


def _announced(notice: Notice) -> Phrase:
    return Phrase("label.packs.notice", {"phase": notice.stage, "title": notice.title})
