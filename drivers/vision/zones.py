"""Zones that the technician draws: polygons in fractions of the picture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec

Fraction = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
FURNITURE = frozenset({"bed", "sofa", "bench"})


class Zone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the camera's picture with a meaning."""

    name: str
    """How the place is called in an alarm: "床", "客厅沙发"."""
    kind: Literal["bed", "sofa", "bench", "ignore", "private"]
    """bed, sofa, bench: lying there is no fall. ignore: nobody in there is looked at
    (a television, a mirror). private: blacked out before anything looks at the picture."""
    polygon: Annotated[list[tuple[Fraction, Fraction]], msgspec.Meta(min_length=3)]
    """Corners as [x, y] in fractions of the picture, from its top left: [[0.1, 0.5], …]."""

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
