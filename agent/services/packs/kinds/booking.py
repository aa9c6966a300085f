"""Bookings: places and their slots. Vocabulary: HSDS (location, schedule), iCalendar (subset)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from agent.dialogue.views import Confirm, List, Phrase, Row, Slots, Status, Words, joined
from agent.effects import Choice
from agent.services.packs.codes import code_of
from agent.services.packs.format import Item, Line, Paragraph, Sourced, Table, twice
from agent.services.packs.messages import BookingRequested
from agent.services.packs.page import (
    Held,
    Here,
    Page,
    Scene,
    Turn,
    dated,
    day_in_words,
    listed,
    moment_in_words,
)

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
    exdate: Annotated[tuple[datetime.date, ...], Meta(max_length=60)] = ()
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


class Bookings:
    """Serves bookings: a place, a day, a slot, a look, then asked for."""

    def open(self, item: BookingItem, page: Page, here: Here) -> Page:
        """The places, or the only one."""
        only = item.location[0].id if len(item.location) == 1 else ""
        return replace(page, kind="booking", at=only)

    def scene(self, item: BookingItem, page: Page, here: Here) -> Scene:
        """Places, days, slots, or what is about to be booked."""
        title = here.word(item.title)
        location = self._location(item, page.at)
        if location is None:
            choices = [Choice("packs.location", one.name, value=one.id) for one in item.location]
            shown, more = listed(page, choices)
            return Scene(List(more=more), title, item.rule, choices=shown)
        if not location.schedule or here.now is None:
            why = "label.packs.no-hours" if not location.schedule else "label.packs.no-clock"
            return Scene(Status("clock"), location.name, Phrase(why), choices=(Choice("back"),))
        if not page.day:
            days = [day for day in self._days(item, here) if slots(location, day, here.now)]
            choices = [
                Choice("packs.day", day_in_words(day), value=day.isoformat()) for day in days
            ]
            shown, more = listed(page, choices)
            return Scene(List(more=more), location.name, location.address, choices=shown)
        day = datetime.date.fromisoformat(page.day)
        held = self._mine(page, here)
        if held is not None:
            return self._kept(held, location, here)
        if page.typed:
            return self._confirm(item, location, page, here)
        free, full = self._free(page, location, day, here)
        shown, more = listed(page, [Choice("packs.slot", at, value=at) for at in free])
        return Scene(
            Slots(day_in_words(day), full=full, note=dated_of(location)),
            location.name,
            more or Phrase("label.packs.choose-slot"),
            choices=shown or (Choice("back"),),
        )

    def choose(
        self, item: BookingItem, page: Page, choice: str, value: str, here: Here
    ) -> Turn | None:
        """Into a place, a day, a slot; booked, or given back."""
        location = self._location(item, page.at)
        match choice:
            case "packs.location" if self._location(item, value) is not None:
                return Turn(replace(page, at=value, n=0))
            case "packs.day" if location and value in {
                d.isoformat() for d in self._days(item, here)
            }:
                return Turn(replace(page, day=value, n=0))
            case "packs.slot" if location and page.day:
                day = datetime.date.fromisoformat(page.day)
                if value in self._free(page, location, day, here)[0]:
                    return Turn(replace(page, typed=value, n=0))
            case "packs.send" | "packs.send-card" if (
                location and page.typed and self._mine(page, here) is None
            ):
                card = here.mark if choice == "packs.send-card" else ""
                return self._send(location, page, here, card)
            case "packs.give-back" if (held := self._mine(page, here)) is not None:
                return Turn(leaves=True, gives_back=held)
            case "packs.finish":
                return Turn(leaves=True)
        return None

    # -- what there is -------------------------------------------------------------------------

    def _location(self, item: BookingItem, id: str) -> Location | None:
        return next((one for one in item.location if one.id == id), None)

    def _days(self, item: BookingItem, here: Here) -> list[datetime.date]:
        if here.now is None:
            return []
        today = here.now.date()
        return [today + datetime.timedelta(days=n) for n in range(item.ahead_days + 1)]

    def _free(
        self, page: Page, location: Location, day: datetime.date, here: Here
    ) -> tuple[list[str], tuple[str, ...]]:
        assert here.now is not None
        free: list[str] = []
        full: list[str] = []
        for at, _ in slots(location, day, here.now):
            key = f"{page.pack}/{page.item}/{location.id}/{day}T{at}"
            own = sum(1 for one in here.memory.held if one.slot == key and one.stage != "refused")
            gone = max(here.memory.taken.get(key, 0), own)
            (free if gone < location.capacity else full).append(at)
        return free, tuple(full)

    def _mine(self, page: Page, here: Here) -> Held | None:
        """What was just booked on this page."""
        key = f"{page.pack}/{page.item}/{page.at}/{page.day}T{page.typed}"
        mine = (
            one
            for one in here.memory.held
            if one.slot == key and (one.id,) == page.answers.get("id")
        )
        return next(mine, None)

    # -- screens -------------------------------------------------------------------------------

    def _confirm(self, item: BookingItem, location: Location, page: Page, here: Here) -> Scene:
        when = moment_in_words(datetime.date.fromisoformat(page.day), page.typed)
        where = joined((location.name, location.address), "list")
        rows = (
            Row(Phrase("label.packs.where"), where, "pin"),
            Row(Phrase("label.packs.when"), when, "clock"),
        )
        return Scene(
            Confirm(rows),
            Phrase("screen.packs.book.title"),
            item.rule,
            say=Phrase(
                "label.packs.book.say",
                {"where": location.name, "when": when, "rule": item.rule},
            ),
            choices=(
                Choice("packs.send", icon="check", look="primary", costly=True),
                *((Choice("packs.send-card", icon="person", costly=True),) if here.mark else ()),
                Choice("back"),
            ),
        )

    def _kept(self, held: Held, location: Location, here: Here) -> Scene:
        stage = "reserved" if held.stage in ("kept", "sent") else held.stage
        spaced = " ".join(held.code)
        refused = stage == "refused"
        what = held.note or held.named
        give_back = Choice("packs.give-back", icon="cross", look="quiet")
        return Scene(
            Status(
                "cross" if refused else "check",
                rows=() if refused else (Row(Phrase("label.packs.code"), spaced, "pencil"),),
            ),
            Phrase(f"label.packs.slot.{stage}"),
            what,
            say=Phrase(
                "label.packs.slot.say",
                {"slot": stage, "what": what, "code": "" if refused else spaced},
            ),
            choices=(
                Choice("packs.finish", icon="check", look="primary"),
                *(() if refused else (give_back,)),
            ),
        )

    def _send(self, location: Location, page: Page, here: Here, card: str) -> Turn:
        start = f"{page.day}T{page.typed}"
        day = datetime.date.fromisoformat(page.day)
        assert here.now is not None
        minutes = dict(slots(location, day, here.now)).get(page.typed, 60)
        booking, code = here.signal, code_of(here.signal)
        record = BookingRequested(
            pack=page.pack,
            item=page.item,
            version=here.pack.version,
            booking=booking,
            code=code,
            location=location.id,
            start=start,
            minutes=minutes,
            card=card,
        )
        slot = f"{page.pack}/{page.item}/{location.id}/{start}"
        held = Held(booking, code, page.pack, page.item, location.name, slot=slot, start=start)
        after = replace(page, answers={"id": (booking,)})
        return Turn(
            after, replaces=True, records=((record, booking),), hold=held, say="packs.reserved"
        )


_DAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def slots(location: Location, day: datetime.date, now: datetime.datetime) -> list[tuple[str, int]]:
    """The slots of *day* that have not begun: when, and how many minutes."""
    if day in location.exdate:
        return []
    found: dict[str, int] = {}
    for hours in location.schedule:
        if _DAY_CODES[day.weekday()] not in hours.byday:
            continue
        at = datetime.datetime.combine(day, hours.opens)
        step = datetime.timedelta(minutes=hours.slot_minutes)
        while at + step <= datetime.datetime.combine(day, hours.closes):
            if at > now.replace(tzinfo=None):
                found[at.strftime("%H:%M")] = hours.slot_minutes
            at += step
    return sorted(found.items())


def dated_of(location: Location) -> Words:
    """How sure the hours are."""
    return dated(location.source, location.as_of, location.verified, location.invented)
