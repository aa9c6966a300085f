"""Progress of projects (a lift for an old house): each step, its days, and who holds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from agent.services.packs.format import Item, Line, Paragraph, Slug, Sourced, Table, twice


class Step(Table, frozen=True, kw_only=True):
    """One step on the way."""

    name: Line
    holder: Line | Literal[""] = ""
    """Who has it in hand."""
    days: Annotated[int, Meta(ge=0, le=2000)] | None = None
    """Working days that it usually takes; None: not known."""
    about: Paragraph | Literal[""] = ""


class Project(Sourced, frozen=True, kw_only=True):
    """One building, say."""

    id: Slug
    name: Line
    step: Annotated[int, Meta(ge=0, le=40)]
    """Number of the step that is under way, from 1; 0: not begun; one more than the last: done."""
    signed_percent: Annotated[int, Meta(ge=0, le=100)] | None = None
    """Households that have agreed; None: not known."""
    days_in_step: Annotated[int, Meta(ge=0, le=4000)] | None = None
    next_date: Line | Literal[""] = ""


class FloorShare(Table, frozen=True, kw_only=True):
    """What one floor pays."""

    floor: Line
    percent: Annotated[int, Meta(ge=0, le=100)]
    yuan: Annotated[int, Meta(ge=0, le=10_000_000)]
    """For the whole floor; divided by the flats on it."""


class ProgressItem(Item, frozen=True, kw_only=True):
    """Projects that residents follow."""

    steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=30)]
    project: Annotated[tuple[Project, ...], Meta(max_length=200)] = ()
    share: Annotated[tuple[FloorShare, ...], Meta(max_length=20)] = ()
    """An example of who pays what."""
    share_note: Paragraph | Literal[""] = ""

    def flaws(self) -> Iterator[tuple[str, str]]:
        """Ids that are there twice; steps that there are not; shares that are not a whole."""
        yield from twice("project", [one.id for one in self.project])
        for one in self.project:
            if one.step > len(self.steps) + 1:
                yield f"project {one.id}: step is {one.step}", f"There are {len(self.steps)} steps."
        if self.share and sum(one.percent for one in self.share) != 100:
            total = sum(one.percent for one in self.share)
            yield f"the shares come to {total} %", "Make them 100 % together."
