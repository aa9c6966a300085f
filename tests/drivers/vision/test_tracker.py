"""Who is who."""

from __future__ import annotations

import numpy as np

from drivers.vision.tracker import PATIENCE, Skeleton, Tracker
from tests.bench.people import STAND, Pose
from tests.drivers.vision.bodies import ASPECT, PRONE, Act, View, played, skeleton


def seen(pose: Pose = STAND, sideways: float = 0.0, score: float = 0.5) -> Skeleton:
    """Return a skeleton somewhere in the room."""
    view = View(distance=5, sideways=sideways)
    return Skeleton(skeleton(pose, view, np.random.default_rng(0)), score, ASPECT)


def test_two_people_keep_their_numbers() -> None:
    """The order in which the model names people does not matter."""
    tracker = Tracker()
    left, right = seen(sideways=1.2), seen(sideways=-1.2)
    tracker.update(0.0, [left, right])
    tracks = {track.skeleton: track.number for track in tracker.update(0.1, [right, left])}
    assert tracks == {left: 1, right: 2}


def test_a_walker_is_one_person() -> None:
    """Somebody who walks through the room keeps the number, at three looks a second."""
    tracker = Tracker()
    numbers = set()
    for at, points in played([Act(STAND, 4, 1, forward=3.0)], View(distance=3), fps=3):
        assert points is not None
        numbers |= {track.number for track in tracker.update(at, [Skeleton(points, 0.5, ASPECT)])}
    assert numbers == {1}


def test_a_faller_is_one_person() -> None:
    """The way from standing to lying does not break the track, at three looks a second."""
    tracker = Tracker()
    numbers = set()
    for at, points in played([Act(STAND, 0, 2), Act(PRONE, 0.8, 2)], View(), fps=3):
        assert points is not None
        numbers |= {track.number for track in tracker.update(at, [Skeleton(points, 0.5, ASPECT)])}
    assert numbers == {1}


def test_short_occlusion_keeps_the_number() -> None:
    """Who is hidden for a second is the same person after."""
    tracker = Tracker()
    for at in (0.0, 0.1):
        tracker.update(at, [seen()])
    tracker.update(0.6, [])
    assert [track.number for track in tracker.update(1.1, [seen()])] == [1]


def test_the_unseen_are_forgotten_unless_kept() -> None:
    """Patience ends, but not for somebody who may be down."""
    tracker = Tracker()
    tracker.update(0.0, [seen(sideways=1.2), seen(sideways=-1.2)])
    tracker.tracks[2].kept = True
    for at in np.arange(0.1, PATIENCE + 0.3, 0.1).tolist():
        tracker.update(at, [])
    assert list(tracker.tracks) == [2]


def test_a_weak_skeleton_continues_but_does_not_found() -> None:
    """A coat on a chair scores low and is nobody; a lying body scores low and is somebody."""
    tracker = Tracker()
    assert tracker.update(0.0, [seen(score=0.15)]) == []
    tracker.update(0.1, [seen(score=0.5)])
    assert [track.seen for track in tracker.update(0.2, [seen(score=0.15)])] == [True]


def test_the_same_body_twice_is_one_person() -> None:
    """The model sometimes gives one body two skeletons."""
    assert len(Tracker().update(0.0, [seen(score=0.6), seen(sideways=0.02, score=0.3)])) == 1


def test_a_weak_scrap_is_not_somebody_who_was_lost() -> None:
    """A cushion where somebody fell: whoever is found on the floor a moment later is them."""
    tracker = Tracker()
    tracker.update(0.0, [seen()])
    scrap = seen(score=0.1)
    scrap.size *= 0.1
    assert [track.seen for track in tracker.update(2.0, [scrap])] == [False]
    assert [track.number for track in tracker.update(2.1, [seen(PRONE), scrap])] == [1]


def test_nobody_becomes_the_furniture() -> None:
    """A pillow that looks a little like somebody does not take over who is lost near it."""
    tracker = Tracker()
    pillow = seen(PRONE, score=0.15)
    for step in range(10):
        tracker.update(step / 10, [seen(sideways=0.5), pillow])
    (track,) = tracker.update(1.0, [pillow])
    assert not track.seen
    (track,) = tracker.update(1.4, [seen(PRONE, sideways=0.5, score=0.15), pillow])
    assert track.seen


def test_who_is_lost_and_weakly_found_is_no_furniture() -> None:
    """What was not there before somebody was lost may be them."""
    tracker = Tracker()
    tracker.update(0.0, [seen(sideways=1.5)])
    tracker.tracks[1].kept = True
    fallen = seen(PRONE, score=0.15)
    found = [tracker.update(0.1 + step / 10, [fallen])[0].seen for step in range(20)]
    assert found[-1]
