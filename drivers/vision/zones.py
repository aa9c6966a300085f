"""Zones that the technician draws: polygons in fractions of the picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Annotated, Literal

import msgspec

Fraction = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Point = tuple[float, float]
FURNITURE = frozenset({"bed", "sofa", "bench"})
MOST_CORNERS = 60
LEAST_AREA = 0.0001
"""Of the picture: a thousandth of a bed."""


class Zone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the camera's picture with a meaning."""

    name: str
    """How the place is called in an alarm: "床", "客厅沙发"."""
    kind: Literal["bed", "sofa", "bench", "ignore", "private"]
    """bed, sofa, bench: lying there is no fall. ignore: nobody in there is looked at
    (a television, a mirror). private: blacked out before anything looks at the picture."""
    polygon: list[tuple[Fraction, Fraction]]
    """Corners as [x, y] in fractions of the picture, from its top left: [[0.1, 0.5], …]."""

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.name.isprintable():
            raise ValueError('the zone has no name that can be read; give it one such as "床"')
        if flaw := _flaw(self.polygon):
            raise ValueError(f"zone '{self.name}': {flaw}")

    def contains(self, x: float, y: float) -> bool:
        """Return whether the point (fractions of the picture) lies inside, by ray casting."""
        inside = False
        before_x, before_y = self.polygon[-1]
        for corner_x, corner_y in self.polygon:
            if (corner_y > y) != (before_y > y):
                crossing = corner_x + (before_x - corner_x) * (y - corner_y) / (before_y - corner_y)
                inside ^= x < crossing
            before_x, before_y = corner_x, corner_y
        return inside


def zone_at(zones: Iterable[Zone], x: float, y: float) -> Zone | None:
    """Return the first of *zones* around the point (fractions of the picture)."""
    return next((zone for zone in zones if zone.contains(x, y)), None)


def _flaw(polygon: Sequence[Point]) -> str:
    """What keeps *polygon* from enclosing a place, and the remedy; empty when it does."""
    if len(polygon) < 3:
        return f"it has {len(polygon)} corners; set at least three around the place"
    if len(polygon) > MOST_CORNERS:
        return f"it has {len(polygon)} corners; {MOST_CORNERS} are enough for any furniture"
    sides = list(zip(polygon, [*polygon[1:], polygon[0]], strict=True))
    if any(begin == end for begin, end in sides):
        return "two corners are the same; remove one of them"
    for (first, one), (second, other) in combinations(enumerate(sides), 2):
        neighbours = second - first in (1, len(sides) - 1)
        if not neighbours and _meet(*one, *other):
            return "its lines cross; set the corners in their order around the place"
    if abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in sides)) / 2 < LEAST_AREA:
        return "it encloses nothing; set its corners around the place"
    return ""


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Return whether the line from *a* to *b* crosses or touches that from *c* to *d*."""
    if max(_turn(a, b, c) * _turn(a, b, d), _turn(c, d, a) * _turn(c, d, b)) > 0:
        return False
    # On one straight line they meet only where their extents do.
    return all(
        max(min(a[axis], b[axis]), min(c[axis], d[axis]))
        <= min(max(a[axis], b[axis]), max(c[axis], d[axis]))
        for axis in (0, 1)
    )


def _turn(a: Point, b: Point, c: Point) -> float:
    """Positive, negative or zero as the way *a* → *b* → *c* turns right, left or not."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
