"""Notices: what is announced, decided, heard or explained, with its dates and what came of it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from agent.services.packs.format import Item, Line, Paragraph, Reference, Slug, Sourced, twice


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
