"""Thousands of simulated people fall, or only look as if: what tracker and decision make of it.

Not one of them is real. They differ in body, age, way of falling, room and camera far more than
the clips do, so they show which rule fails where; they do not say how often.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import statistics
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent.contract.signals import PersonDown
from drivers.vision.ground import Mounting
from drivers.vision.pipeline import Pipeline
from drivers.vision.pose import Frame, PoseModel, as_frame
from drivers.vision.posture import Points, measure
from tests.bench.acting import ACTS, ALLOWED, FALLS, Scene
from tests.bench.seeing import EYES, LOOK, View, seen, view_of

RATES = (4.0, 7.5, 10.0, 30.0)
"""Pictures a second; the pipeline looks at ten of thirty."""
LATE = 12.0
"""Seconds after the impact within which an alarm is still about this fall."""
HAND_HELD = 0.2
"""Share of cameras."""

Act = Callable[[Scene], None]


HIGH = 720
"""Pixels of the picture that stands for what is not filmed."""


class Shown(PoseModel):
    """A pose model that finds whom it is told to find, in `frame` or a part of it."""

    def __init__(self, aspect: float = 16 / 9) -> None:
        self.people: list[tuple[Points, float]] = []
        """As fractions of the whole `frame`."""
        pixels = np.arange(HIGH * round(HIGH * aspect)).reshape(HIGH, -1)
        # Each pixel says where it is, so that of a part it is known which it is.
        self.frame = as_frame(np.stack([pixels >> shift & 255 for shift in (0, 8, 16)], axis=2))

    def look(self, frame: Frame) -> list[tuple[Points, float]]:
        """Return the people of the moment who are within *frame*."""
        (left, top), (right, bottom) = self._place(frame[0, 0]), self._place(frame[-1, -1])
        scale = np.array([self.frame.shape[1], HIGH, 1])
        first = np.array([left, top, 0]) / scale
        size = np.array([right + 1 - left, bottom + 1 - top, 1]) / scale
        within = [((points - first) / size, score) for points, score in self.people]
        return [
            (points.astype(np.float32), score)
            for points, score in within
            if (np.abs(np.median(points[:, :2], axis=0) - 0.5) <= 0.5).all()
        ]

    def _place(self, pixel: NDArray[np.uint8]) -> tuple[int, int]:
        """Return where *pixel* of `frame` is, from the left and from the top."""
        down, right = divmod(int(pixel @ (1, 1 << 8, 1 << 16)), self.frame.shape[1])
        return right, down


class Run(NamedTuple):
    """What became of one simulated clip."""

    kind: str
    seed: int
    alarms: list[float]
    onset: float | None
    impact: float | None
    view: View
    fps: float
    noise: str
    held: bool
    toward: float
    """Degrees from straight away from the camera, 0 to 180."""
    rest: str

    @property
    def delay(self) -> float | None:
        """Seconds from the impact to the alarm; None when the fall was missed."""
        if self.impact is None or self.onset is None:
            return None
        return next(
            (at - self.impact for at in self.alarms if self.onset < at < self.impact + LATE), None
        )

    @property
    def failed(self) -> bool:
        """A fall that was missed, or an alarm about nothing."""
        return self.delay is None if self.kind in FALLS else bool(self.alarms)


class Staged(NamedTuple):
    """One simulated clip."""

    scene: Scene
    view: View
    looks: list[LOOK]
    fps: float
    noise: str
    held: bool


def staged(kind: str, seed: int, acts: Mapping[str, Act] = FALLS | ACTS) -> Staged:
    """Return the clip that *kind*, one of *acts*, and *seed* name."""
    generator = np.random.default_rng([zlib.crc32(kind.encode()), seed])
    scene = Scene(generator)
    acts[kind](scene)
    view = view_of(scene, generator)
    fps = RATES[int(generator.integers(len(RATES)))]
    noise = "moderate" if generator.random() < 0.6 else "strong"
    held = bool(generator.random() < HAND_HELD)
    looks = seen(scene, view, EYES[noise], min(fps, 10.0), held, generator)
    return Staged(scene, view, looks, fps, noise, held)


def judged(
    clip: Staged,
    each: Callable[[float, Pipeline], None] | None = None,
    mounting: Mounting | None = None,
) -> list[float]:
    """Return when the kiosk would raise an alarm about *clip*.

    *each* is called after every look; *mounting* is what the kiosk is told about the camera.
    """
    model = Shown(clip.view.aspect)
    pipeline = Pipeline(model, mounting=mounting)
    alarms = []
    for at, people in clip.looks:
        model.people = people
        signals = pipeline._look(at, model.frame)
        alarms += [at for signal in signals if isinstance(signal, PersonDown)]
        if each is not None:
            each(at, pipeline)
    return alarms


def run(task: tuple[str, int]) -> Run:
    """Play one simulated clip."""
    kind, seed = task
    clip = staged(kind, seed)
    return outcome(kind, seed, clip, judged(clip))


def outcome(kind: str, seed: int, clip: Staged, alarms: list[float]) -> Run:
    """Return *clip* without its pictures."""
    scene = clip.scene
    toward = abs((scene.toward + clip.view.turn + 180) % 360 - 180)
    return Run(
        kind, seed, alarms, scene.onset, scene.impact, clip.view, clip.fps, clip.noise,
        clip.held, toward, scene.rest,
    )  # fmt: skip


GROUPS: dict[str, Callable[[Run], str]] = {
    "camera": lambda one: (
        f"{_between(one.view.height, 1.0, 1.7, 2.4, 3.0)} m high, "
        f"tilted {_between(one.view.tilt, 0, 12, 25, 40, 60)}"
    ),
    "distance": lambda one: f"{_between(one.view.distance, 1.5, 2.5, 4.0, 5.5, 7.0)} m",
    "falls": lambda one: (
        "away from the camera" if one.toward < 45
        else "towards the camera" if one.toward > 135 else "across the picture"
    ),
    "lies": lambda one: one.rest,
    "pictures a second": lambda one: f"{one.fps:g}",
    "noise": lambda one: f"{one.noise}{', hand-held' if one.held else ''}",
    "picture": lambda one: one.view.shape,
}  # fmt: skip


def _between(value: float, *limits: float) -> str:
    low, high = next(
        (pair for pair in itertools.pairwise(limits) if value <= pair[1]),
        (limits[-2], limits[-1]),
    )
    return f"{low:g}-{high:g}"


def _share(runs: Sequence[Run]) -> str:
    found = [one.delay for one in runs if one.delay is not None]
    delay = f"{statistics.median(found):4.1f} s" if found else "     -"
    return f"{len(found):5} of {len(runs):5}  {100 * len(found) / len(runs):5.1f} %  {delay}"


def table(runs: Sequence[Run]) -> Iterable[str]:
    """Say what was found, by kind of fall and by view, and what was not one."""
    falls = [one for one in runs if one.kind in FALLS]
    acts = [one for one in runs if one.kind in ACTS]
    if falls:
        yield f"{'falls found':34} {_share(falls)}"
        for kind in FALLS:
            if chosen := [one for one in falls if one.kind == kind]:
                yield f"  {kind:32} {_share(chosen)}"
        for group, name in GROUPS.items():
            yield group
            for value in sorted({name(one) for one in falls}):
                yield f"  {value:32} {_share([one for one in falls if name(one) == value])}"
    for title, allowed in (("alarms where none belongs", False), ("where one may be", True)):
        chosen = [one for one in acts if (one.kind in ALLOWED) == allowed]
        if chosen:
            alarms = sum(one.failed for one in chosen)
            yield f"{title:34} {alarms:5} of {len(chosen):5}  {100 * alarms / len(chosen):5.1f} %"
        for kind in ACTS:
            if mine := [one for one in chosen if one.kind == kind]:
                alarms = sum(one.failed for one in mine)
                yield f"  {kind:32} {alarms:5} of {len(mine):5}  {100 * alarms / len(mine):5.1f} %"


def replayed(kind: str, seed: int) -> Iterable[str]:
    """Say look by look what the decision thought."""
    clip = staged(kind, seed)
    scene, view = clip.scene, clip.view
    yield f"{kind} {seed}: {scene.actors[0].build}"
    yield f"{view}"
    yield f"{clip.fps:g} pictures a second, {clip.noise}{', hand-held' if clip.held else ''}"
    if scene.onset is not None and scene.impact is not None:
        yield f"falls at {scene.onset:.2f} s, is down at {scene.impact:.2f} s, {scene.rest}"
    lines: list[str] = []

    def each(at: float, pipeline: Pipeline) -> None:
        for track in pipeline.tracker.tracks.values():
            person = pipeline.decision.people.get(track.number)
            skeleton = track.skeleton
            body = measure(skeleton.points, skeleton.aspect, skeleton.score) if track.seen else None
            if person is None:
                continue
            seen = (
                f"upper {body.upper:.2f} hip {'   -' if body.hip is None else f'{body.hip:.2f}'} "
                f"{body.wide:.2f}x{body.tall:.2f} score {body.score:.2f}"
                if body is not None else f"{'not seen':38}"
            )  # fmt: skip
            ground = person.ground
            lines.append(
                f"{at:6.2f} #{track.number} {seen} lying {person.lying:.2f} "
                f"speed {person.past[-1].speed if person.past else 0:5.2f} "
                f"fall {f'{person.fall.speed:.2f}' if person.fall else '   -'} "
                f"held {person.held:.1f} floor {person.floor:.1f} stature {person.stature:.2f} "
                f"ground {'   -' if ground is None else f'{ground:.2f}'}"
                f"{' odd' if person.odd is not None else ''}{' ALARM' if person.alarmed else ''}"
            )

    alarms = judged(clip, each)
    yield from lines
    yield f"alarms at {', '.join(f'{at:.2f} s' for at in alarms) or 'no time'}"


def swept(kinds: Sequence[str], seeds: range, jobs: int) -> list[Run]:
    """Play all *kinds* with all *seeds*."""
    tasks = [(kind, seed) for kind in kinds for seed in seeds]
    if jobs == 1:
        return [run(task) for task in tasks]
    with multiprocessing.Pool(jobs) as pool:
        return pool.map(run, tasks, chunksize=50)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Simulated people, falling and not.")
    parser.add_argument("--runs", type=int, default=100, help="of each kind (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the first (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--kinds", nargs="+", metavar="KIND", help="only these")
    parser.add_argument("--show", metavar="KIND", help="list the failures of one kind")
    parser.add_argument("--replay", nargs=2, metavar=("KIND", "SEED"), help="look by look")
    options = parser.parse_args(argv)
    every = list(FALLS | ACTS)
    named = [*(options.kinds or []), *filter(None, [options.show]), *(options.replay or [])[:1]]
    if unknown := [kind for kind in named if kind not in every]:
        parser.error(f"no kind {', '.join(unknown)}; there are: {', '.join(every)}")
    if options.replay:
        print("\n".join(replayed(options.replay[0], int(options.replay[1]))))
        return 0
    kinds = [options.show] if options.show else options.kinds or every
    runs = swept(kinds, range(options.seed, options.seed + options.runs), options.jobs)
    print("\n".join(table(runs)))
    if options.show:
        for one in runs:
            if one.failed:
                view = one.view
                print(
                    f"  {one.seed:5}: {view.height:.1f} m high, tilt {view.tilt:.0f}, "
                    f"{view.distance:.1f} m off, {one.toward:.0f} degrees, {one.fps:g} a second, "
                    f"{GROUPS['noise'](one)}, {one.rest or 'alarm'} "
                    f"{' '.join(f'{at:.1f}' for at in one.alarms)}"
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
