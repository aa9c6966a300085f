"""Way-finding: where something is, how far, and how to get there, spoken and shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from agent.services.packs.format import Item, Line, Phone, Slug, Sourced, twice


class Spot(Sourced, frozen=True, kw_only=True):
    """A place that one can walk to."""

    id: Slug
    name: Line
    address: Line | Literal[""] = ""
    distance_m: Annotated[int, Meta(ge=0, le=20_000)] | None = None
    """Metres on foot from this kiosk; None: not measured."""
    step: Annotated[tuple[Line, ...], Meta(max_length=12)] = ()
    """The way, one turn a line; empty: not surveyed."""
    barrier_free: bool | None = None
    hours: Line | Literal[""] = ""
    phone: Phone | Literal[""] = ""


class WayItem(Item, frozen=True, kw_only=True):
    """Places near this kiosk."""

    spot: Annotated[tuple[Spot, ...], Meta(min_length=1, max_length=60)]

    def flaws(self) -> Iterator[tuple[str, str]]:
        """Ids that are there twice."""
        yield from twice("spot", [one.id for one in self.spot])
