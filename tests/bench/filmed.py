"""Five seconds of skeletons each, and whether that person has just fallen: what the temporal
model learns from and is measured on.

Simulated people come from `tests.bench.acting`, real ones from labelled clips. The former go
through the kiosk's own tracker, the latter through all of the camera's pipeline, so that people
are lost and confused in training as they are in a room.
"""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Iterable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.camera import MODEL
from drivers.vision.pipeline import Pipeline
from drivers.vision.pose import PoseModel
from drivers.vision.temporal import SPACING, STEPS, Floats, Look, moments
from drivers.vision.tracker import Skeleton, Track, Tracker
from drivers.vision.videos import Label, frames
from tests.bench.acting import ACTS, ALLOWED
from tests.bench.clips import MODELS, chosen
from tests.bench.judge_falls import VARIANTS
from tests.bench.seeing import LOOK
from tests.bench.sweep_falls import staged

SETTLED = 0.3
"""Seconds after the impact from which somebody counts as fallen; what is between is not taught."""
TAUGHT = 3.2
"""Seconds after the impact until which it is taught: later the window has lost the way down."""
WITNESSED = 2
"""Looks that a window must hold of the time before the middle of a fall; with fewer it shows
somebody who lies, and nothing of a fall."""
LEAST_LOOKS = 3
WARP = 0.12
"""Standard deviation of the logarithm of the speed at which films are shown in training."""


class Filmed(NamedTuple):
    """Windows of looks, and what is true at the end of each."""

    place: Floats
    """Looks × 17 × 2: x and y in picture heights."""
    confidence: Floats
    score: Floats
    windows: NDArray[np.int32]
    """Windows × STEPS: which look stands for each moment; -1: none."""
    fell: NDArray[np.float32]
    """1: fell within the window and is down; 0: not so."""
    act: NDArray[np.bool_]
    """Nobody falls in the whole clip."""


class Story(NamedTuple):
    """One clip as the tracker follows it."""

    tracks: list[list[tuple[Look, bool]]]
    """Looks of each track, and whether it was then the person who falls."""
    onset: float | None
    impact: float | None

    def backwards(self) -> Story:
        """The same from its end to its beginning: who lay there gets up."""
        end = max((track[-1][0].at for track in self.tracks), default=0.0)
        tracks = [
            [(look._replace(at=end - look.at), mine) for look, mine in reversed(track)]
            for track in self.tracks
        ]
        return Story(tracks, None, None)


def followed(looks: Sequence[LOOK], aspect: float) -> list[list[tuple[Look, bool]]]:
    """Return what the tracker makes of *looks*; who falls is the first of the fullest look."""
    tracker, tracks = Tracker(), dict[int, list[tuple[Look, bool]]]()
    people = max((people for _, people in looks), key=len, default=[])
    # All points of one simulated person are rows of one array.
    first = people[0][0].base if people else None
    for at, found in looks:
        skeletons = [Skeleton(points, score, aspect) for points, score in found]
        for track in tracker.update(at, skeletons):
            if track.seen:
                mine = first is None or track.skeleton.points.base is first
                tracks.setdefault(track.number, []).append((Look(at, track.skeleton), mine))
    return list(tracks.values())


def simulated(task: tuple[str, int]) -> Story:
    """Return the simulated clip of this kind and seed."""
    clip = staged(*task)
    tracks = followed(clip.looks, clip.view.aspect)
    return Story(tracks, clip.scene.onset, clip.scene.impact)


def real(folder: Path, variants: Iterable[str], jobs: int) -> list[tuple[str, Story]]:
    """Return name and story of the labelled videos of *folder* in these `VARIANTS`.

    Falls without `onset_frame` and `impact_frame` in labels.tsv are left out.
    """
    tasks = [
        (path, label, name)
        for path, label in chosen(folder)
        for name in variants
        if not label.fall or None not in (label.onset, label.impact)
    ]
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        stories = pool.map(watched, tasks, chunksize=1)
    return [(path.stem, story) for (path, _, _), story in zip(tasks, stories, strict=True)]


@cache
def _model() -> PoseModel:
    cv2.setNumThreads(1)
    return PoseModel(MODELS / MODEL)


def watched(task: tuple[Path, Label, str]) -> Story:
    """Return what the camera's pipeline makes of a video as one of `VARIANTS` shows it."""
    path, label, name = task
    pipeline, variant, due = Pipeline(_model()), VARIANTS[name], 0.0
    onset, impact = None, None
    tracks: dict[int, list[tuple[Look, bool]]] = {}
    for number, (at, frame) in enumerate(frames(path, label.fps)):
        onset = at if number == label.onset else onset
        impact = at if number == label.impact else impact
        if at + 1e-6 < due:
            continue
        due += 1 / variant.fps
        before = pipeline.looks
        pipeline.step(at, variant.spoil(frame, number))
        people = [track for track in pipeline.tracker.tracks.values() if track.seen]
        near = people
        if label.lies is not None:  # whoever is nearest, if the place is within a body's length
            away = partial(_away, label.lies)
            near = [one for one in sorted(people, key=away)[:1] if away(one) <= one.skeleton.size]
        for track in people if pipeline.looks > before else ():
            look = Look(at, track.skeleton), track in near
            tracks.setdefault(track.number, []).append(look)
    return Story(list(tracks.values()), onset, impact)


def _away(place: tuple[float, float], track: Track) -> float:
    """Return how far from *place* a body's middle is, in picture heights."""
    x, y = track.skeleton.middle
    return math.hypot((x - place[0]) * track.skeleton.aspect, y - place[1])


def filmed(stories: Iterable[Story], *, every: int, seed: int, warp: float = 0.0) -> Filmed:
    """Cut *stories* into windows, one for each *every*th look, at speeds that vary by *warp*."""
    generator = np.random.default_rng(seed)
    skeletons: list[Skeleton] = []
    windows, truths, acts = [], [], []
    for story in stories:
        for track in story.tracks:
            times = np.array([look.at for look, _ in track])
            for end in range(int(generator.integers(every)), len(track), every):
                spacing = SPACING * float(np.exp(generator.normal(0, warp)))
                window = moments(times[: end + 1], spacing)
                truth = _truth(story, times, end, window) if track[end][1] else 0.0
                if truth is None or (window >= 0).sum() < LEAST_LOOKS:
                    continue
                windows.append(np.where(window >= 0, window + len(skeletons), -1))
                truths.append(truth)
                acts.append(story.impact is None)
            skeletons += [look.skeleton for look, _ in track]
    return Filmed(
        np.stack([one.place for one in skeletons]),
        np.stack([one.points[:, 2] for one in skeletons]),
        np.array([one.score for one in skeletons], np.float32),
        np.array(windows, np.int32).reshape(-1, STEPS),
        np.array(truths, np.float32),
        np.array(acts),
    )


def _truth(
    story: Story, times: NDArray[np.float64], end: int, window: NDArray[np.int64]
) -> float | None:
    """Return what is true at the end of a window; None where nothing shall be taught."""
    if story.impact is None or story.onset is None or times[end] < story.onset:
        return 0.0
    if not SETTLED <= times[end] - story.impact < TAUGHT:
        return None
    before = times[window[window >= 0]] < (story.onset + story.impact) / 2
    return float(before.sum() >= WITNESSED)


def simulate(kinds: Sequence[str], seeds: range, jobs: int) -> list[Story]:
    """Return the stories of all *kinds* with all *seeds*, less those that are either."""
    either = ALLOWED & ACTS.keys()
    tasks = [(kind, seed) for kind in kinds if kind not in either for seed in seeds]
    with multiprocessing.Pool(jobs) as pool:
        return pool.map(simulated, tasks, chunksize=20)
