"""A way in words: metres and turns along a line of points, told as to somebody who walks it.

Points are whole metres to the east and north of a corner of the map.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from agent.dialogue.views import Phrase

Point = tuple[int, int]

_BESIDE_M = 15.0
"""A landmark so near to a turn is named there."""
_STRAIGHT = 25.0
"""Degrees; a smaller bend is none for who walks."""
_SLIGHT, _SHARP = 60.0, 150.0
_PACE_M = 50
"""Metres a minute of somebody old."""


class Landmark(NamedTuple):
    """What one sees on the way."""

    name: str
    at: Point


class Leg(NamedTuple):
    """Straight on for a while."""

    at: Point
    """Where it begins."""
    words: Phrase


def metres(route: Sequence[Point]) -> int:
    """How long it is."""
    return round(sum(math.dist(a, b) for a, b in pairwise(route)))


def legs(
    route: Sequence[Point], facing: int, landmarks: Sequence[Landmark], goal: str
) -> tuple[Leg, ...]:
    """The way, one turn a leg; the last one ends at the goal.

    Args:
        route: from the kiosk on; two points at least, no two neighbours equal.
        facing: degrees clockwise from north, with the kiosk at one's back.
        landmarks: that may be named.
        goal: what it is called.
    """
    told: list[Leg] = []
    heading = float(facing)
    for start, end, bend in _straights(route):
        turned = _turn(heading, bend)
        words = Phrase(
            "label.packs.leg",
            {
                "beside": _near(start, landmarks) if told else "",
                "turn": _then(turned) if told else _first(turned),
                "metres": rounded(math.dist(start, end)),
            },
        )
        told.append(Leg(start, words))
        heading = bend
    beside = _near(route[-1], [one for one in landmarks if one.name != goal])
    last = Phrase("label.packs.last-leg", {"leg": told[-1].words, "beside": beside})
    return (*told[:-1], Leg(told[-1].at, last))


def far(length: int) -> Phrase:
    """How far, and how long somebody old walks."""
    minutes = max(1, round(length / _PACE_M))
    return Phrase("label.packs.away", {"metres": rounded(length), "minutes": minutes})


def rounded(length: float) -> int:
    """Metres as they are said: nobody walks 47."""
    step = 5 if length < 50 else 10
    return max(step, round(length / step) * step)


def _straights(route: Sequence[Point]) -> Iterator[tuple[Point, Point, float]]:
    """Start, end and heading of each straight part: slight bends are walked without a word."""
    start, heading = route[0], _heading(route[0], route[1])
    for corner, following in pairwise(route[1:]):
        if abs(_turn(heading, _heading(corner, following))) >= _STRAIGHT:
            yield start, corner, heading
            start, heading = corner, _heading(corner, following)
    yield start, route[-1], heading


def _heading(start: Point, end: Point) -> float:
    """Degrees clockwise from north."""
    return math.degrees(math.atan2(end[0] - start[0], end[1] - start[1])) % 360


def _turn(before: float, after: float) -> float:
    """Degrees to the right, -180 to 180."""
    return (after - before + 180) % 360 - 180


def _first(turned: float) -> str:
    """The turn with which one sets out: a word of ``value.turn``, as that of `_then`."""
    if abs(turned) < _SLIGHT / 2:
        return "first-straight"
    if abs(turned) > _SHARP:
        return "first-behind"
    return f"first-{_then(turned)}"


def _then(turned: float) -> str:
    if abs(turned) > _SHARP:
        return "back"
    side = "right" if turned > 0 else "left"
    return f"half-{side}" if abs(turned) < _SLIGHT else side


def _near(at: Point, landmarks: Sequence[Landmark]) -> str:
    """The nearest landmark; empty: there is none near."""
    near = min(landmarks, key=lambda one: math.dist(one.at, at), default=None)
    if near is None or math.dist(near.at, at) > _BESIDE_M:
        return ""
    return near.name
