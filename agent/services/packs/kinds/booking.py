"""Bookings: places and their slots. Vocabulary: HSDS (location, schedule), iCalendar (subset)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from agent.services.packs.format import Item, Line, Paragraph, Sourced, Table, twice

Day = Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


class Hours(Table, frozen=True, kw_only=True):
    """A weekly rule: on these days, slot by slot."""

    byday: Annotated[tuple[Day, ...], Meta(min_length=1, max_length=7)]
    opens: datetime.time
    closes: datetime.time
    slot_minutes: Annotated[int, Meta(ge=10, le=480)] = 60

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ValueError(f"opens at {self.opens}, closes at {self.closes}; swap them")


class Location(Sourced, frozen=True, kw_only=True):
    """Something that can be booked."""

    id: Annotated[str, Meta(pattern="^[a-z0-9-]{1,40}$")]
    name: Line
    address: Line
    """Road and number: what has none cannot be booked."""
    capacity: Annotated[int, Meta(ge=1, le=500)] = 1
    """Parties that one slot takes."""
    accessibility: Annotated[tuple[Line, ...], Meta(max_length=8)] = ()
    """Ramp, lift, toilet …; empty: not known."""
    schedule: Annotated[tuple[Hours, ...], Meta(max_length=14)] = ()
    """Empty: hours not known, so nothing can be booked; residents are told whom to ask."""
    exdate: tuple[datetime.date, ...] = ()
    """Days on which it is closed."""


class BookingItem(Item, frozen=True, kw_only=True):
    """Places of which a slot can be had."""

    location: Annotated[tuple[Location, ...], Meta(min_length=1, max_length=60)]
    ahead_days: Annotated[int, Meta(ge=1, le=60)] = 7
    """How many days ahead can be booked."""
    rule: Paragraph | Literal[""] = ""
    """Said before booking."""

    def flaws(self) -> Iterator[tuple[str, str]]:
        """Ids that are there twice."""
        yield from twice("location", [one.id for one in self.location])
