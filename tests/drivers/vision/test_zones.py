"""Polygons in fractions of the picture."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera import CameraSettings
from drivers.vision.zones import Zone, zone_at

SQUARE = Zone(name="床", kind="bed", polygon=[(0.2, 0.2), (0.6, 0.2), (0.6, 0.6), (0.2, 0.6)])
fractions = st.floats(0, 1)


@given(fractions, fractions)
def test_square_contains_its_points(x: float, y: float) -> None:
    """A point is inside exactly when both of its fractions are; edges may be either."""
    if min(abs(x - edge) for edge in (0.2, 0.6)) > 1e-9 < min(abs(y - e) for e in (0.2, 0.6)):
        assert SQUARE.contains(x, y) == (0.2 < x < 0.6 and 0.2 < y < 0.6)


def test_concave_zone_has_a_notch() -> None:
    """An L-shaped sofa does not include its corner."""
    sofa = Zone(
        name="沙发",
        kind="sofa",
        polygon=[(0.0, 0.0), (1.0, 0.0), (1.0, 0.3), (0.3, 0.3), (0.3, 1.0), (0.0, 1.0)],
    )
    assert sofa.contains(0.8, 0.1) and sofa.contains(0.1, 0.8)
    assert not sofa.contains(0.8, 0.8)


def test_first_zone_wins() -> None:
    """Where zones overlap the one written first counts."""
    other = Zone(name="长椅", kind="bench", polygon=[(0, 0), (1, 0), (1, 1), (0, 1)])
    assert zone_at([SQUARE, other], 0.4, 0.4) is SQUARE
    assert zone_at([SQUARE, other], 0.9, 0.9) is other
    assert zone_at([SQUARE], 0.9, 0.9) is None


@pytest.mark.parametrize(
    "zone",
    [
        {"name": "床", "kind": "bed", "polygon": [[0, 0], [1, 1]]},
        {"name": "床", "kind": "bed", "polygon": [[0, 0], [1, 1], [0, 480]]},
        {"name": "床", "kind": "table", "polygon": [[0, 0], [1, 1], [0, 1]]},
    ],
)
def test_impossible_zones_are_refused(zone: dict[str, object]) -> None:
    """Too few corners, pixels in place of fractions, and unknown kinds are mistakes."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"source": "0", "zones": [zone]}, CameraSettings)


@pytest.mark.parametrize(
    ("polygon", "said"),
    [
        ([(0.1, 0.1), (0.9, 0.9)], "2 corners; set at least three"),
        ([(0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9)], "lines cross; set the corners in"),
        ([(0.1, 0.1), (0.5, 0.1), (0.5, 0.1), (0.1, 0.9)], "same; remove one"),
        ([(0.1, 0.1), (0.5, 0.1), (0.9, 0.1)], "encloses nothing; set its corners"),
        ([(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.5, 0.1)], "lines cross"),
        ([(i / 100, i % 2 / 10) for i in range(61)], "61 corners; 60 are enough"),
    ],
)
def test_polygon_that_encloses_no_place(polygon: list[tuple[float, float]], said: str) -> None:
    """It is refused with the zone's name, what is wrong, and what to do."""
    with pytest.raises(ValueError, match=f"zone '床': .*{said}"):
        Zone(name="床", kind="bed", polygon=polygon)


@pytest.mark.parametrize("name", ["", "  ", "床\n", "\x7f"])
def test_zone_needs_a_name(name: str) -> None:
    """An alarm must be able to say where: blanks and control characters cannot be read."""
    with pytest.raises(ValueError, match="no name that can be read; give it"):
        Zone(name=name, kind="bed", polygon=SQUARE.polygon)


@given(st.lists(st.floats(0.1, 0.5), min_size=3, max_size=20), st.data())
def test_stars_are_zones_until_corners_are_swapped(radii: list[float], data: st.DataObject) -> None:
    """Corners in their order around a middle are fine however they jut; two swapped are not."""
    ways = [2 * math.pi * (i + 0.5) / len(radii) for i in range(len(radii))]
    star = [
        (0.5 + r * math.cos(way), 0.5 + r * math.sin(way))
        for r, way in zip(radii, ways, strict=True)
    ]
    assert Zone(name="床", kind="bed", polygon=star).contains(0.5, 0.5)
    if len(star) >= 5:
        i = data.draw(st.integers(0, len(star) - 2))
        # On a circle the swap always crosses
        ring = [(0.5 + 0.4 * math.cos(way), 0.5 + 0.4 * math.sin(way)) for way in ways]
        ring[i], ring[i + 1] = ring[i + 1], ring[i]
        with pytest.raises(ValueError, match="lines cross"):
            Zone(name="床", kind="bed", polygon=ring)
