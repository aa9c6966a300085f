"""Polls: one question a screen; votes are counted here and go up as totals only."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from agent.services.packs.format import Item, Prose, Slug, Table, twice
from agent.services.packs.kinds.form import FormChoice


class Ballot(Table, frozen=True, kw_only=True):
    """One question and what can be voted for."""

    name: Slug
    label: Prose
    choice: Annotated[tuple[FormChoice, ...], Meta(min_length=2, max_length=12)]


class PollItem(Item, frozen=True, kw_only=True):
    """A vote of residents."""

    ballot: Annotated[tuple[Ballot, ...], Meta(min_length=1, max_length=8)]
    per: Literal["visit", "code"] = "visit"
    """One vote per visit, or per resident's code."""
    ends: datetime.date | None = None
    results: Literal["shown", "after the end"] = "shown"

    def flaws(self) -> Iterator[tuple[str, str]]:
        """Names that are there twice."""
        yield from twice("ballot", [one.name for one in self.ballot])
        for one in self.ballot:
            yield from twice(f"choice of {one.name}", [choice.name for choice in one.choice])
