"""What a skeleton says of a body."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.vision.posture import Points, lying, measure
from tests.bench.people import SIT, STAND, Pose
from tests.drivers.vision.bodies import ASPECT, PRONE, View, skeleton

SIDE = View(height=1.5, distance=4, facing=90, noise=0.0)


def points(pose: Pose = STAND, view: View = SIDE) -> Points:
    """Return noiseless key points."""
    return skeleton(pose, view, np.random.default_rng(0))


@pytest.mark.parametrize("distance", [2.5, 4, 7])
def test_stature_follows_distance_only(distance: float) -> None:
    """Near or far, the estimated stature is the length from nose to ankle."""
    body = measure(points(STAND, replace(SIDE, distance=distance)), ASPECT, 0.5)
    assert body is not None
    assert body.stature == pytest.approx(body.tall, rel=0.12)


def test_sitting_does_not_shrink_the_stature() -> None:
    """Seen from the side a body is as long when it sits."""
    stands, sits = measure(points(), ASPECT, 0.5), measure(points(SIT), ASPECT, 0.5)
    assert stands is not None and sits is not None
    assert sits.stature == pytest.approx(stands.stature, rel=0.12)
    assert sits.tall < 0.8 * stands.tall


def test_legs_alone_are_not_measured() -> None:
    """Without a head or shoulder nothing is known of a body's height."""
    legs = points()
    legs[:11, 2] = 0.1
    assert measure(legs, ASPECT, 0.5) is None


def test_hidden_feet_are_estimated_from_the_knees() -> None:
    """The floor is known even when a table hides the feet."""
    whole, hidden = points(), points()
    hidden[15:, 2] = 0.1
    body, half = measure(whole, ASPECT, 0.5), measure(hidden, ASPECT, 0.5)
    assert body is not None and half is not None and body.foot is not None
    assert half.foot == pytest.approx(body.foot, abs=0.03)


def test_lying_needs_the_floor() -> None:
    """The same level body lies when its hips are on the floor and not on a table's height."""
    stands, lies = measure(points(), ASPECT, 0.5), measure(points(PRONE), ASPECT, 0.5)
    assert stands is not None and lies is not None and stands.foot is not None
    assert lying(lies, stands.stature, stands.foot) > 0.9
    assert lying(lies, stands.stature, stands.foot + 0.4 * stands.stature) < 0.1
    assert lying(stands, stands.stature, stands.foot) == 0.0


@given(
    st.lists(
        st.tuples(st.floats(-0.5, 1.5), st.floats(-0.5, 1.5), st.floats(0, 1)),
        min_size=17,
        max_size=17,
    )
)
def test_any_skeleton_is_measured_or_refused(rows: list[tuple[float, float, float]]) -> None:
    """Nonsense from the model gives None or finite numbers, and a degree between 0 and 1."""
    body = measure(np.array(rows, np.float32), ASPECT, 0.5)
    if body is not None:
        assert all(np.isfinite(part) for part in body if part is not None)
        for ground in (None, 0.9):
            assert 0.0 <= lying(body, max(body.stature, 0.01), ground) <= 1.0


def test_who_stands_at_a_walker_stands() -> None:
    """The arms are no part of how narrow a body is; who lies, sits or is hardly seen is not so."""
    at_a_walker = STAND.arms(70, 25, 10)
    for pose, score, stands in (
        (STAND, 0.5, True), (at_a_walker, 0.5, True),
        (STAND, 0.2, False), (SIT, 0.5, False), (PRONE, 0.5, False),
    ):  # fmt: skip
        body = measure(points(pose), ASPECT, score)
        assert body is not None and body.stands is stands, pose
