"""Proposals of residents (群策群议): what was proposed, who supports it, what was answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from agent.services.packs.format import Item, Line, Paragraph, Reference, Slug, Sourced, twice


class Proposal(Sourced, frozen=True, kw_only=True):
    """One proposal."""

    id: Slug
    title: Line
    text: Paragraph
    answer: Paragraph | Literal[""] = ""
    """Of those who decide."""
    support: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    """Residents who support it elsewhere; those of this kiosk are added."""


class ProposalsItem(Item, frozen=True, kw_only=True):
    """Proposals that can be read, heard and supported."""

    proposal: Annotated[tuple[Proposal, ...], Meta(max_length=100)] = ()
    form: Slug | Literal[""] = ""
    """Form of this pack by which one makes a proposal."""

    def references(self) -> Iterator[Reference]:
        """The form by which one proposes."""
        if self.form:
            yield Reference("form", "form", self.form)

    def flaws(self) -> Iterator[tuple[str, str]]:
        """Ids that are there twice."""
        yield from twice("proposal", [one.id for one in self.proposal])
