"""What the temporal model is taught: windows that end where their truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drivers.vision.temporal import STEPS
from drivers.vision.videos import Label
from tests.bench import filmed as bench_filmed
from tests.bench.clips import chosen
from tests.bench.filmed import SETTLED, TAUGHT, Story, filmed, simulated, watched
from tests.bench.people import STAND
from tests.bench.sweep_falls import Shown
from tests.drivers.vision.bodies import View, skeleton


def test_a_window_after_the_impact_is_a_fall_and_one_before_it_is_not() -> None:
    """What is between, and what has lost the way down, is not taught."""
    story = simulated(("sideways", 1))
    assert story.onset is not None and story.impact is not None
    data = filmed([story], every=1, seed=1)
    times = np.array([look.at for track in story.tracks for look, _ in track])
    ends = times[data.windows[:, -1]]
    fallen = ends[data.fell == 1]
    assert (fallen >= story.impact + SETTLED).all() and (fallen < story.impact + TAUGHT).all()
    assert len(fallen) > 5
    assert (ends[data.fell == 0] < story.onset).all()
    assert data.windows.shape[1] == STEPS and not data.act.any()


@pytest.mark.parametrize("kind", ["walk_across", "backwards", "crossing"])
def test_in_daily_life_nobody_falls(kind: str) -> None:
    """Every window of it teaches that."""
    data = filmed([simulated((kind, 1))], every=1, seed=1)
    assert data.act.all() and not data.fell.any() and len(data.fell) > 5


def test_who_comes_to_help_has_not_fallen() -> None:
    """Only the track of who fell is taught as fallen."""
    story = simulated(("helped", 2))
    helpers = [track for track in story.tracks if not track[0][1]]
    assert helpers
    assert not filmed([Story(helpers, story.onset, story.impact)], every=1, seed=1).fell.any()


def test_without_the_way_down_there_is_no_fall_to_tell() -> None:
    """A window that shows somebody lying, and nothing before, teaches that this is not enough."""
    story = simulated(("sideways", 1))
    assert story.impact is not None
    late = [[one for one in track if one[0].at > story.impact] for track in story.tracks]
    data = filmed([Story(late, story.onset, story.impact)], every=1, seed=1)
    assert len(data.fell) > 5 and not data.fell.any()


def test_a_labelled_clip_is_followed_as_the_camera_follows_it(models: Path, data_dir: Path) -> None:
    """Forwards it teaches a fall; backwards somebody gets up."""
    clips = {path.stem: (path, label) for path, label in chosen(data_dir / "falls")}
    story = watched((*clips["Subject3_Fall_01"], "half as large"))
    forwards, backwards = (filmed([one], every=1, seed=1) for one in (story, story.backwards()))
    assert forwards.fell.sum() > 5 and not forwards.act.any()
    assert backwards.act.all() and not backwards.fell.any() and len(backwards.fell) > 5


def test_of_two_people_the_one_at_the_place_fell(monkeypatch: pytest.MonkeyPatch) -> None:
    """`fallen_at` says who; without it everybody counts, for nobody else should be there."""
    places, shown = (0.3, 0.7), Shown(4 / 3)
    shown.people = [
        (
            skeleton(STAND, View(), np.random.default_rng(n)) * (0.5, 0.5, 1) + (x - 0.25, 0.2, 0),
            0.6,
        )
        for n, x in enumerate(places)
    ]
    video = [(n / 10, shown.frame) for n in range(60)]
    monkeypatch.setattr(bench_filmed, "frames", lambda path, fps: iter(video))
    monkeypatch.setattr(bench_filmed, "_model", lambda: shown)

    def fell(lies: tuple[float, float] | None) -> set[tuple[bool, bool]]:
        story = watched((Path("x"), Label(True, 20, None, 10, lies), "as they are"))
        return {(look.skeleton.middle[0] > 0.5, mine) for one in story.tracks for look, mine in one}

    assert fell((0.7, 0.45)) == {(True, True), (False, False)}
    assert fell((0.3, 0.45)) == {(True, False), (False, True)}
    assert fell(None) == {(True, True), (False, True)}
