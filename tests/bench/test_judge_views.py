"""What knowing the camera is worth: the mounting told is that of the view."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.vision.ground import Ground, Spot
from tests.bench.judge_views import TOLD, cases, main, mounting_of
from tests.bench.sweep_falls import staged


@pytest.mark.parametrize("seed", range(4))
def test_mounting_is_that_of_the_view(seed: int) -> None:
    """A place on the floor and one above it are seen where the view sees them."""
    view = staged("trip", seed).view
    ground = Ground(mounting_of(view), view.aspect)
    for right, up in ((0.0, 0.0), (0.7, 1.2)):
        (x, y), _ = view.project(np.array([3.0, -right, up]))
        assert ground.seen(Spot(3.0, right), up) == pytest.approx((x * view.aspect, y))


def test_each_clip_is_judged_with_everything_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A column each; without a mounting as in the sweep; nothing of cameras in a hand."""
    played = list(cases(["trip"], range(3)))
    assert played and all(len(case) == len(TOLD) and not case[0].held for case in played)
    assert main(["--runs", "3", "--kinds", "trip", "sit"]) == 0
    printed = capsys.readouterr().out
    assert all(told in printed for told in TOLD)
    assert "falls found" in printed and "alarms where none belongs" in printed
