"""The floor as a plane: there and back, and what is no floor."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drivers.vision.ground import GUIDE_HEIGHT, Ground, Mounting, Spot, guide
from tests.drivers.vision.bodies import ASPECT, View

mountings = st.builds(
    Mounting,
    height_m=st.floats(1.0, 4.0),
    tilt_deg=st.floats(0, 70),
    horizontal_view_deg=st.floats(40, 110),
)
aspects = st.sampled_from([4 / 3, 16 / 9, 1.0])
spots = st.builds(Spot, ahead=st.floats(0.5, 12), right=st.floats(-4, 4))


@given(mountings, aspects, spots)
def test_floor_goes_to_the_picture_and_back(mounting: Mounting, aspect: float, spot: Spot) -> None:
    """A place on the floor is found again from where it is seen."""
    ground = Ground(mounting, aspect)
    seen = ground.seen(spot)
    assert seen is not None and seen[1] > ground.horizon
    again = ground.spot(*seen)
    assert again is not None
    assert again == pytest.approx(spot, rel=1e-6, abs=1e-6)


@given(mountings, aspects, spots, st.floats(0.2, 2.2))
def test_a_vertical_person_has_its_height_again(
    mounting: Mounting, aspect: float, spot: Spot, tall: float
) -> None:
    """Foot and head in the picture give the metres between them."""
    ground = Ground(mounting, aspect)
    head, foot = ground.seen(spot, tall), ground.seen(spot)
    assume(head is not None)
    assert head is not None and foot is not None
    stands = ground.spot(*foot)
    assert stands is not None
    assert ground.height(stands, head[1]) == pytest.approx(tall, abs=1e-5)


@given(mountings, aspects, st.floats(0, 1), st.floats(0.001, 0.5))
def test_higher_in_the_picture_is_farther(
    mounting: Mounting, aspect: float, y: float, step: float
) -> None:
    """Distance grows towards the horizon, and ends there."""
    ground = Ground(mounting, aspect)
    near, far = ground.spot(aspect / 2, y), ground.spot(aspect / 2, y - step)
    assert near is None or far is None or far.ahead > near.ahead
    assert far is None or near is not None


@given(mountings, aspects, st.floats(0, 2), st.floats(0, 3))
def test_above_the_horizon_is_no_floor(
    mounting: Mounting, aspect: float, x: float, above: float
) -> None:
    """Walls and ceilings have no place on the floor."""
    ground = Ground(mounting, aspect)
    assert ground.spot(x, ground.horizon - above) is None


def test_the_figure_of_the_tests_agrees() -> None:
    """Another projection, written apart, sees the same: 3 m ahead, 0.5 m to the left, 1.2 m up."""
    view = View(height=2.3, distance=3.0, facing=0, down=24, field=50)
    [(x, y)] = view.project(np.array([[0.0, 0.5, 1.2]]), 0.0)
    seen = Ground(view.mounting, ASPECT).seen(Spot(3.0, -0.5), 1.2)
    assert seen == pytest.approx((x * ASPECT, y))


def test_behind_the_camera_nothing_is_seen() -> None:
    """A point behind a level camera is in no picture."""
    assert Ground(Mounting(height_m=2, tilt_deg=0), ASPECT).seen(Spot(-1, 0)) is None


def test_the_usual_field_is_as_documented() -> None:
    """66 degrees across span 2.6 m of a wall at 2 m."""
    level = Ground(Mounting(height_m=1.5, tilt_deg=0), ASPECT)
    left, right = (level.seen(Spot(2.0, side), 1.5) for side in (-1.3, 1.3))
    assert left is not None and right is not None
    assert right[0] - left[0] == pytest.approx(ASPECT, rel=0.01)


@given(mountings, aspects)
def test_guide_stands_on_the_floor(mounting: Mounting, aspect: float) -> None:
    """Each drawn body has its foot in the picture, and the height that is written beside it."""
    ground, marks = Ground(mounting, aspect), guide(mounting, aspect)
    for metres, foot, head in marks.bodies:
        assert 0 <= foot[0] <= 1 and 0 <= foot[1] <= 1
        spot = ground.spot(foot[0] * aspect, foot[1])
        assert spot is not None and math.isclose(spot.ahead, metres, rel_tol=1e-6)
        assert ground.height(spot, head[1]) == pytest.approx(GUIDE_HEIGHT)
    assert marks.horizon is None or ground.spot(0.5, marks.horizon - 0.01) is None


@pytest.mark.parametrize(("tilt", "shown"), [(5, True), (45, False)])
def test_guide_has_a_horizon_only_in_the_picture(tilt: float, shown: bool) -> None:
    """A camera that looks steeply down does not see it."""
    marks = guide(Mounting(height_m=2.4, tilt_deg=tilt), ASPECT)
    assert (marks.horizon is not None) == shown
