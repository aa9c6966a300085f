"""The simulated people: bodies that hold together, clips that can be played again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.acting import ACTS, FALLS
from tests.bench.people import STAND, Build, Pose, joints
from tests.bench.sweep_falls import run, table

BONES = ((11, 13), (13, 15), (12, 14), (14, 16), (5, 6), (11, 12))


@given(
    st.floats(-90, 90), st.floats(-90, 90), st.floats(-180, 180), st.floats(-20, 130),
    st.floats(0, 150), st.floats(1.1, 1.9),
)  # fmt: skip
def test_limbs_keep_their_lengths(
    lean: float, left: float, twist: float, thigh: float, knee: float, stature: float
) -> None:
    """However a body turns and bends; the arm may give way to the floor."""
    build = Build(stature)
    stands = joints(np.array([STAND], float), build)[0]
    pose = Pose(lean=lean, left=left, twist=twist).legs(thigh, knee)
    moved = joints(np.array([pose], float), build)[0]
    for one, other in BONES:
        length = np.linalg.norm(stands[one] - stands[other])
        assert np.linalg.norm(moved[one] - moved[other]) == pytest.approx(length)
    assert moved[:, 2].min() >= 0.0


@pytest.mark.parametrize("kind", [*FALLS, *ACTS])
def test_a_clip_can_be_played_again(kind: str) -> None:
    """Kind and seed name one clip."""
    first = run((kind, 3))
    assert first == run((kind, 3))
    assert (first.impact is None) == (kind in ACTS)
    assert any(kind in line for line in table([first]))
