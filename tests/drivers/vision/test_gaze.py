"""Where the pose model looks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.contract.signals import PersonDown
from drivers.camera import MODEL
from drivers.vision.gaze import CLOSE, LEAST, MOST, SOUGHT, WHOLE, Gaze, Part
from drivers.vision.pipeline import Pipeline
from drivers.vision.pose import Frame, PoseModel, fitted, steps
from drivers.vision.posture import Points
from drivers.vision.tracker import Skeleton, Track
from drivers.vision.videos import frames
from tests.bench.people import STAND
from tests.bench.spoiled import farther
from tests.bench.sweep_falls import Shown
from tests.drivers.vision.bodies import View, skeleton

SHAPES = [(480, 640), (360, 640), (1080, 1920), (640, 480), (479, 853)]


def picture(shape: tuple[int, int]) -> Frame:
    """Return a black picture of that height and width."""
    return np.zeros((*shape, 3), np.uint8)


def somebody(x: float, y: float, size: float, aspect: float, number: int = 1) -> Track:
    """Return somebody of *size* picture heights around a point (fractions of the picture)."""
    points = np.tile(np.array([x, y, 0.5], np.float32), (17, 1))
    points[:8, 1] -= size / 2
    points[9:, 1] += size / 2
    return Track(number, Skeleton(points, 0.5, aspect), 0.0, 0.0, size)


def looked(
    shape: tuple[int, int], crowd: Sequence[tuple[float, float, float]], at: float = 0.1
) -> list[Part]:
    """Return where is looked for the sake of *crowd*, not long after the whole picture."""
    frame, gaze = picture(shape), Gaze()
    gaze.parts(0.0, frame, [], None)
    aspect = shape[1] / shape[0]
    tracks = [somebody(*one, aspect, number) for number, one in enumerate(crowd)]
    return gaze.parts(at, frame, tracks, None)


people = st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0.02, 1.5))


@given(st.sampled_from(SHAPES), st.lists(people, max_size=4))
def test_a_part_is_within_the_picture_and_of_its_shape(
    shape: tuple[int, int], crowd: list[tuple[float, float, float]]
) -> None:
    """So the model's input keeps its size, whoever is where."""
    (part,) = looked(shape, crowd)
    assert part.of(picture(shape)).shape == (part.high, part.wide, 3)
    assert steps(*fitted(part.high, part.wide)) == steps(*fitted(*shape))
    assert part.wide >= LEAST * shape[1] - 1
    assert part.wide == shape[1] or part.wide <= MOST * shape[1] + 1


@given(st.sampled_from(SHAPES), st.floats(0.1, 0.9), st.floats(0.1, 0.9))
def test_what_is_seen_in_a_part_is_where_it_is(shape: tuple[int, int], x: float, y: float) -> None:
    """Points found in a part are fractions of the whole picture again."""
    frame = picture(shape)
    across, down = int(x * shape[1]), int(y * shape[0])
    frame[down, across] = 255
    part = Part(across // 2, down // 2, shape[1] // 2, shape[0] // 2)
    seen_down, seen_across = np.argwhere(part.of(frame)[..., 0])[0]
    point = np.array([[seen_across / part.wide, seen_down / part.high, 0.7]], np.float32)
    whole = part.whole(point, frame)[0]
    assert whole * (shape[1], shape[0], 1) == pytest.approx((across, down, 0.7), abs=0.01)


def test_all_people_are_in_the_part_with_room_to_fall() -> None:
    """Half a body's length beside them is looked at too."""
    (part,) = looked((480, 640), [(0.3, 0.5, 0.2), (0.5, 0.6, 0.2)])
    assert part.wide < 640
    assert part.left <= 0.3 * 640 - 0.2 * 480 and part.left + part.wide >= 0.5 * 640 + 0.2 * 480
    assert part.top <= 0.4 * 480 and part.top + part.high >= 0.7 * 480


@pytest.mark.parametrize(
    ("crowd", "why"),
    [
        ([], "nobody is there"),
        ([(0.5, 0.5, 0.6)], "somebody fills the picture"),
        ([(0.1, 0.5, 0.2), (0.9, 0.5, 0.2)], "two people are far apart"),
    ],
)
def test_the_whole_picture(crowd: list[tuple[float, float, float]], why: str) -> None:
    """It is looked at where a part would hardly be less."""
    assert looked((480, 640), crowd) == [Part(0, 0, 640, 480)], why


@pytest.mark.parametrize("weak", [True, False])
def test_who_is_weak_or_lost_is_looked_at_more_closely_every_other_time(weak: bool) -> None:
    """Somebody who filled the picture standing may lie at its foot, and score low in all of it."""
    frame, gaze, track = picture((480, 640)), Gaze(), somebody(0.5, 0.5, 0.7, 4 / 3)
    assert [part.wide for part in gaze.parts(0.0, frame, [track], None)] == [640]
    track.skeleton.score, track.seen = (0.15, True) if weak else (0.5, False)
    looks = [gaze.parts(n / 10, frame, [track], None) for n in range(1, 11)]
    closer = [parts[0] for parts in looks if parts[0].wide < 640]
    assert len(closer) == 5 and all(len(parts) == 1 for parts in looks)
    for part in closer:
        assert part.wide <= CLOSE * 640 + 1
        assert part.top <= 0.6 * 480 and part.top + part.high >= 0.84 * 480


def test_who_was_lost_of_late_is_looked_for_where_they_were() -> None:
    """For a while, though nobody is followed any more; then the picture is an empty room again."""
    frame, gaze = picture((480, 640)), Gaze()
    gaze.parts(0.0, frame, [somebody(0.3, 0.6, 0.3, 4 / 3)], None)
    looks = [
        (float(at), gaze.parts(at, frame, [], None)[0].wide, gaze.seeks(at)) for at in range(1, 60)
    ]
    closer = [at for at, wide, _ in looks if wide < 640]
    assert [at for at, _, seeks in looks if seeks] == list(range(1, round(SOUGHT) + 1))
    assert closer and SOUGHT - 3 <= closer[-1] <= SOUGHT + 1


def test_who_comes_in_is_seen() -> None:
    """However closely somebody is watched, the whole picture is looked at each second as well."""
    far, gaze = [somebody(0.5, 0.5, 0.1, 4 / 3)], Gaze()
    each = [gaze.parts(at / 10, picture((480, 640)), far, None) for at in range(40)]
    whole = [at / 10 for at, parts in enumerate(each) if parts[-1].wide == 640]
    assert whole[0] == 0.0 and np.diff(whole).max() <= WHOLE + 0.11 and len(whole) <= 4
    assert all(parts[0].wide < 640 for parts in each)


def test_something_that_moves_is_looked_at_closely_every_other_time() -> None:
    """Somebody may be too small to be recognised in the whole picture."""
    gaze, moved = Gaze(), np.array([[0.7, 0.4], [0.72, 0.5]])
    each = [gaze.parts(at / 10, picture((480, 640)), [], moved) for at in range(6)]
    assert [len(parts) for parts in each] == [1] * 6
    assert [parts[0].wide < 640 for parts in each] == [True, False] * 3
    near = each[0][0]
    assert near.left < 0.7 * 640 < 0.72 * 640 < near.left + near.wide
    assert near.top < 0.4 * 480 < 0.5 * 480 < near.top + near.high


def test_people_far_apart_are_looked_at_closely_in_turn() -> None:
    """Every other time one of them, besides the whole picture; never who fills it."""
    gaze, places = Gaze(), [(0.1, 0.5, 0.2), (0.9, 0.5, 0.2), (0.5, 0.5, 0.9)]
    crowd = [somebody(*one, 4 / 3, number) for number, one in enumerate(places)]
    each = [gaze.parts(at / 10, picture((480, 640)), crowd, None) for at in range(9)]
    assert [len(parts) for parts in each] == [1, 2] * 4 + [1]
    assert all(parts[-1] == Part(0, 0, 640, 480) for parts in each)
    assert [parts[0].left < 320 for parts in each[1::2]] == [False, True] * 2


class Blurred(Shown):
    """In the whole picture it sees somebody far away badly: aside, and with a low score."""

    def look(self, frame: Frame) -> list[tuple[Points, float]]:
        """Return the people of the moment who are within *frame*."""
        if frame.shape != self.frame.shape:
            return super().look(frame)
        aside = np.array([0.04, 0.0, 0.0], np.float32)
        return [(points + aside, 0.3) for points, _ in super().look(frame)]


def test_who_is_in_the_part_is_taken_from_it() -> None:
    """Where both looks show somebody, the closer one counts, and nobody is there twice."""
    shown = Blurred(4 / 3)
    shown.people = [(skeleton(STAND, View(distance=12.0), np.random.default_rng(0)), 0.6)]
    pipeline, scores = Pipeline(shown), []
    for number in range(25):
        pipeline._look(number / 10, shown.frame)
        (track,) = pipeline.tracker.tracks.values()
        scores.append(track.skeleton.score)
    assert pipeline.looks == 25 + 2, "the whole picture twice besides"
    assert scores == [0.3] + [0.6] * 24


def test_the_pipeline_follows_somebody_at_the_far_end() -> None:
    """Whether it looks at all or at a part, the same body stays where it is."""
    shown = Shown(4 / 3)
    view = View(distance=12.0)
    shown.people = [(skeleton(STAND, view, np.random.default_rng(0)), 0.5)]
    pipeline, middles = Pipeline(shown), []
    for number in range(12):
        pipeline._look(number / 10, shown.frame)
        (track,) = pipeline.tracker.tracks.values()
        assert track.seen
        middles.append(track.skeleton.middle)
    assert np.ptp(middles, axis=0) == pytest.approx((0, 0), abs=0.005)


def test_a_real_fall_far_away_is_found(models: Path, data_dir: Path) -> None:
    """The whole picture shows somebody 40 of 256 pixels long: too little to follow a fall."""
    pipeline, alarms = Pipeline(PoseModel(models / MODEL)), []
    for number, (at, frame) in enumerate(frames(data_dir / "falls" / "Subject3_Fall_01.mp4")):
        if number % 3 == 0:
            alarms += pipeline.step(at, farther(3)(frame, number))
    assert [type(alarm) for alarm in alarms[:1]] == [PersonDown]
