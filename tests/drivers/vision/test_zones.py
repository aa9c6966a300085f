"""Polygons in fractions of the picture."""

from __future__ import annotations

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
