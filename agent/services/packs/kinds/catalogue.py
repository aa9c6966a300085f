"""Catalogues of public services (190 affairs): what is needed, how long, what it costs, where.

Vocabulary: CPSV-AP 3.2 (hasInput, hasCriterion, processingTime, hasCost, hasChannel,
hasCompetentAuthority).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from agent.services.packs.format import (
    Item,
    Line,
    Paragraph,
    Phone,
    Reference,
    Slug,
    Sourced,
    Words,
    twice,
)

EntryId = Annotated[
    str, Meta(pattern="^[A-Za-z0-9-]{2,20}$", description="2 to 20 letters, digits and hyphens")
]


class Entry(Sourced, frozen=True, kw_only=True):
    """One public service. What is empty was not found: residents are told whom to ask."""

    id: EntryId
    group: Line | Literal[""] = ""
    """Heading under which it is listed; all entries have one, or none has."""
    name: Words
    aliases: Annotated[tuple[Line, ...], Meta(max_length=12)] = ()
    """Names that it had, and what residents call it."""
    needs: Annotated[tuple[str, ...], Meta(max_length=12)] = ()
    kind: Literal["办", "查"] = "办"
    """Done at the window, or looked up at the terminal."""
    criterion: Paragraph | Literal[""] = ""
    """条件: who may have it."""
    input: Annotated[tuple[Line, ...], Meta(max_length=20)] = ()
    """材料: papers to bring, one a line: the checklist."""
    processing_time: Line | Literal[""] = ""
    """时限."""
    cost: Paragraph | Literal[""] = ""
    """费用, or the amount that is paid."""
    channel: Line | Literal[""] = ""
    """Where and how it is done; empty: at the window."""
    phone: Phone | Literal[""] = ""
    form: Slug | Literal[""] = ""
    """Id of the form of this pack by which it can be begun here."""


class CatalogueItem(Item, frozen=True, kw_only=True):
    """A list of public services of one competent authority."""

    competent_authority: Line
    """Who decides."""
    note: Paragraph | Literal[""] = ""
    """Said with every entry: 请以窗口答复为准."""
    entry: Annotated[tuple[Entry, ...], Meta(min_length=1, max_length=300)]

    def references(self) -> Iterator[Reference]:
        """The forms by which entries can be begun."""
        for entry in self.entry:
            if entry.form:
                yield Reference(f"entry {entry.id}", "form", entry.form)

    def flaws(self) -> Iterator[tuple[str, str]]:
        """Ids that are there twice."""
        yield from twice("entry", [entry.id for entry in self.entry])
