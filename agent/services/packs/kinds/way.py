"""Way-finding: where something is, how far, and how to get there, spoken and shown."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from agent.dialogue.views import List, Mark, Phrase, Plan, Row, Status, Words, joined
from agent.effects import Choice
from agent.services.packs.format import Item, Line, Phone, Slug, Sourced, Table, twice
from agent.services.packs.page import Here, Page, Scene, Turn, dated, listed, sentence
from agent.services.packs.walking import Landmark, Leg, far, legs, metres

Metres = Annotated[int, Meta(ge=0, le=5000, description="whole metres, 0 to 5000")]
Point = tuple[Metres, Metres]


class Path(Table, frozen=True, kw_only=True):
    """A road or a path, as a line."""

    points: Annotated[tuple[Point, ...], Meta(min_length=2, max_length=60)]


class Seen(Table, frozen=True, kw_only=True):
    """A landmark: something that is seen, or felt with a stick."""

    name: Annotated[str, Meta(min_length=1, max_length=12)]
    at: Point


class Map(Sourced, frozen=True, kw_only=True):
    """The ground around the kiosk, in metres to the east and north of its south-western corner."""

    size: Point
    """From west to east, from south to north."""
    here: Point
    """Where this kiosk stands."""
    facing: Annotated[int, Meta(ge=0, le=359)]
    """Where one looks with the kiosk at one's back: degrees clockwise from north."""
    path: Annotated[tuple[Path, ...], Meta(max_length=60)] = ()
    landmark: Annotated[tuple[Seen, ...], Meta(max_length=40)] = ()


class Spot(Sourced, frozen=True, kw_only=True):
    """A place that one can walk to."""

    id: Slug
    name: Line
    address: Line | Literal[""] = ""
    distance_m: Annotated[int, Meta(ge=0, le=20_000)] | None = None
    """Metres on foot from this kiosk; None: not measured."""
    step: Annotated[tuple[Line, ...], Meta(max_length=12)] = ()
    """The way, one turn a line; empty: not surveyed, or told by `route`."""
    route: Annotated[tuple[Point, ...], Meta(max_length=40)] = ()
    """The way on the map, from the kiosk to the place: it is drawn, measured and told by itself."""
    barrier_free: bool | None = None
    hours: Line | Literal[""] = ""
    phone: Phone | Literal[""] = ""


class WayItem(Item, frozen=True, kw_only=True):
    """Places near this kiosk."""

    spot: Annotated[tuple[Spot, ...], Meta(min_length=1, max_length=60)]

    map: Map | None = None
    """For routes."""

    def flaws(self) -> Iterator[tuple[str, str]]:
        """Ids that are there twice, and what does not fit on the map."""
        yield from twice("spot", [one.id for one in self.spot])
        routes = [spot for spot in self.spot if spot.route]
        if self.map is None:
            for spot in routes:
                yield f"spot '{spot.id}' has a route, and there is no map", "Add a table [map]."
            return
        yield from twice("landmark", [one.name for one in self.map.landmark])
        for what, points in self._lines(self.map):
            yield from _misplaced(what, points, self.map)
        for spot in routes:
            yield from _astray(spot, self.map)

    def _lines(self, map: Map) -> Iterator[tuple[str, tuple[Point, ...]]]:
        yield "here", (map.here,)
        for n, path in enumerate(map.path, 1):
            yield f"path {n}", path.points
        for landmark in map.landmark:
            yield f"landmark '{landmark.name}'", (landmark.at,)
        for spot in self.spot:
            yield f"spot '{spot.id}'", spot.route


_APART_M = 5
"""A route may begin so far from the kiosk: people stand before it."""
_OFF = 0.25
"""A measured distance and the route may differ by this part."""


def _misplaced(what: str, points: tuple[Point, ...], map: Map) -> Iterator[tuple[str, str]]:
    for x, y in points:
        if x > map.size[0] or y > map.size[1]:
            width, height = map.size
            remedy = f"The map is [{width}, {height}] metres; correct the point or its size."
            yield f"{what}: the point [{x}, {y}] is not on the map", remedy
    for before, after in pairwise(points):
        if before == after:
            yield f"{what}: the point {list(before)} is there twice in a row", "Leave one out."


def _astray(spot: Spot, map: Map) -> Iterator[tuple[str, str]]:
    what, start = f"spot '{spot.id}'", spot.route[0]
    if len(spot.route) < 2:
        yield f"{what}: a route has two points at least", "Write the way from the kiosk to it."
    if math.dist(start, map.here) > _APART_M:
        yield (
            f"{what}: its route begins at {list(start)}, the kiosk is at {list(map.here)}",
            "Begin at the kiosk.",
        )
    if spot.step:
        yield f"{what}: has steps and a route", "Leave the steps out: they come from the route."
    length = metres(spot.route)
    if spot.distance_m is not None and abs(spot.distance_m - length) > max(10, _OFF * length):
        yield (
            f"{what}: distance_m is {spot.distance_m}, its route has {length} metres",
            "Correct one of them, or leave distance_m out.",
        )


def steps(item: WayItem, spot: Spot) -> tuple[Words, ...]:
    """The way, one turn a line."""
    if item.map is None or not spot.route:
        return spot.step
    return tuple(leg.words for leg in _legs(item.map, spot))


def _legs(map: Map, spot: Spot) -> tuple[Leg, ...]:
    landmarks = [Landmark(one.name, one.at) for one in map.landmark]
    return legs(spot.route, map.facing, landmarks, spot.name)


def _marked(spot: Spot) -> Words:
    return Phrase("label.packs.invented", {"name": spot.name}) if spot.invented else spot.name


_PLAN = "plan"
"""Value of `Page.day` while the plan has the screen to itself."""


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
        about = dated(spot.source, spot.as_of, spot.verified, spot.invented)
        plan = self._plan(item, spot)
        if page.day == _PLAN and plan is not None:
            return Scene(
                Status(plan=plan),
                spot.name,
                say=Phrase("label.packs.plan.say", {"name": spot.name}),
                choices=(Choice("back"),),
                screen="packs.plan",
            )
        turns = steps(item, spot)
        length = metres(spot.route) if spot.distance_m is None else spot.distance_m
        free = {True: "barrier-free", False: "stairs", None: ""}[spot.barrier_free]
        wheels = Phrase(f"label.packs.{free}") if free else ""
        away = joined((far(length) if length else "", wheels), "list")
        phone = spot.phone or item.phone or here.pack.phone
        fields: tuple[tuple[str, Words, str], ...] = (
            ("where", spot.address, "pin"),
            ("far", away, "walking"),
            ("hours", spot.hours, "clock"),
            ("phone", "" if turns else phone, "phone"),
        )
        rows = [
            Row(Phrase(f"label.packs.{name}"), text, icon) for name, text, icon in fields if text
        ]
        rows += [Row(str(n), text) for n, text in enumerate(turns, 1)]
        said = joined(
            (
                sentence(spot.name),
                Phrase("label.packs.sample") if spot.invented else "",
                *(sentence(text) for name, text, _ in fields if text and name != "phone"),
                *(map(sentence, turns) if turns else (Phrase("label.packs.no-way"),)),
                Phrase("label.packs.ask", {"phone": phone}) if phone else "",
            )
        )
        look = (Choice("packs.plan", icon="pin", look="primary"),) if plan is not None else ()
        view = Status("pin", rows=tuple(rows))
        return Scene(view, spot.name, about, said, (*look, Choice("back")), screen="packs.way")

    def _plan(self, item: WayItem, spot: Spot) -> Plan | None:
        if item.map is None or not spot.route:
            return None
        return Plan(
            Mark(Phrase("label.packs.here"), item.map.here),
            Mark(_marked(spot), spot.route[-1]),
            spot.route,
            tuple(leg.at for leg in _legs(item.map, spot)),
            tuple(path.points for path in item.map.path),
            tuple(Mark(one.name, one.at) for one in item.map.landmark),
        )

    def choose(self, item: WayItem, page: Page, choice: str, value: str, here: Here) -> Turn | None:
        """To a place, or to its plan alone."""
        if choice == "packs.plan" and page.at:
            return Turn(replace(page, day=_PLAN))
        if choice == "packs.spot" and any(one.id == value for one in item.spot):
            return Turn(replace(page, at=value, n=0))
        return None
