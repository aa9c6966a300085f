"""Way-finding: where something is, how far, and how to get there, spoken and shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from agent.dialogue.views import List, Phrase, Row, Status
from agent.effects import Choice
from agent.services.packs.format import Item, Line, Phone, Slug, Sourced, twice
from agent.services.packs.page import Here, Page, Scene, Turn, dated, listed


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


class Ways:
    """Serves way-finding: the places, and the way to one."""

    def open(self, item: WayItem, page: Page, here: Here) -> Page:
        """The list, or the only place."""
        return replace(page, kind="way", at=item.spot[0].id if len(item.spot) == 1 else "")

    def scene(self, item: WayItem, page: Page, here: Here) -> Scene:
        """The list, or one place."""
        spot = next((one for one in item.spot if one.id == page.at), None)
        if spot is None:
            choices = [Choice("packs.spot", one.name, value=one.id) for one in item.spot]
            shown, more = listed(page, choices)
            return Scene(List(more=more), here.word(item.title), "", choices=shown)
        far = f"走过去大约{spot.distance_m}米" if spot.distance_m is not None else ""
        free = {True: "轮椅能到", False: "有台阶", None: ""}[spot.barrier_free]
        fields = (
            ("where", spot.address, "pin"),
            ("far", far, "walking"),
            ("hours", spot.hours, "clock"),
            ("phone", spot.phone or item.phone or here.pack.phone, "phone"),
            ("wheels", free, "person"),
        )
        rows = [
            Row(Phrase(f"label.packs.{name}"), text, icon) for name, text, icon in fields if text
        ]
        rows += [Row(str(n), text, "walking") for n, text in enumerate(spot.step, 1)]
        said = "".join(f"{text}。" for name, text, _ in fields if text and name != "phone")
        phone = f"要问，请打电话，{fields[3][1]}。" if fields[3][1] else ""
        way = "".join(f"{text}。" for text in spot.step) or "怎么走还没有录入，请问门卫。"
        about = dated(spot.source, spot.as_of, spot.verified, spot.invented)
        said = f"{spot.name}。{said}{way}{phone}"
        view = Status("pin", rows=tuple(rows))
        return Scene(view, spot.name, about, said, choices=(Choice("back"),))

    def choose(self, item: WayItem, page: Page, choice: str, value: str, here: Here) -> Turn | None:
        """To a place."""
        if choice == "packs.spot" and any(one.id == value for one in item.spot):
            return Turn(replace(page, at=value, n=0))
        return None
