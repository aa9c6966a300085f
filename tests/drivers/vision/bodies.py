"""Somebody who acts before a camera anywhere in a room: skeletons without a video.

The figure is that of `tests.bench.people`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from drivers.vision.decision import Decision, Sighting, Verdict
from drivers.vision.ground import Ground, Mounting
from drivers.vision.plan import draw
from drivers.vision.posture import Points, measure
from drivers.vision.temporal import FallModel, Film
from drivers.vision.tracker import Skeleton, Tracker
from tests.bench.people import Array, Build, Pose, joints

ASPECT = 4 / 3
TEMPORAL = FallModel()
GROWN = Build()
CHILD = Build(1.15, legs=0.93, head=1.25)

PRONE = Pose(lean=88).arms(20, 15, 30)
SUPINE = Pose(lean=-88).arms(0, 15, 20).legs(12, 20)
ON_SIDE = Pose(left=88).legs(20, 30).arms(30, 8, 40)
CURLED = Pose(left=88, bend=25).legs(80, 100).arms(50, 8, 60)


def raised(pose: Pose, by: float) -> Pose:
    """Return *pose* on something that is *by* metres high."""
    return pose._replace(base=by)


class Act(NamedTuple):
    """Go over to a pose in some seconds, then keep it."""

    pose: Pose
    going: float
    keeping: float
    forward: float = 0.0
    """Metres walked meanwhile, away from the camera."""


@dataclass(frozen=True)
class View:
    """Where the camera hangs and how the figure stands before it."""

    height: float = 2.2
    distance: float = 4.0
    facing: float = 90.0
    """Degrees from looking away from the camera."""
    sideways: float = 0.0
    field: float = 62.0
    """Vertical field of view, degrees."""
    noise: float = 0.004
    """Standard deviation of key points in picture heights."""
    missing: float = 0.0
    """Share of key points that are not seen, and of looks in which nobody is."""
    down: float | None = None
    """Degrees of downward look; None: the middle of a standing body is at the picture's centre."""

    @property
    def tilt(self) -> float:
        """Degrees of downward look."""
        if self.down is not None:
            return self.down
        return math.degrees(math.atan2(self.height - 0.85, self.distance))

    @property
    def mounting(self) -> Mounting:
        """What a technician measures."""
        wide = 2 * math.atan(ASPECT * math.tan(math.radians(self.field) / 2))
        return Mounting(
            height_m=self.height, tilt_deg=self.tilt, horizontal_view_deg=math.degrees(wide)
        )

    def project(self, places: Array, forward: float) -> Array:
        """Return fractions of the picture where *places* of the figure (n × 3) are seen."""
        turn, tilt = math.radians(self.facing), math.radians(self.tilt)
        x = self.distance + forward + places[:, 0] * math.cos(turn) - places[:, 1] * math.sin(turn)
        y = self.sideways + places[:, 0] * math.sin(turn) + places[:, 1] * math.cos(turn)
        z = places[:, 2] - self.height
        depth = np.maximum(0.3, x * math.cos(tilt) - z * math.sin(tilt))
        up = x * math.sin(tilt) + z * math.cos(tilt)
        focal = 0.5 / math.tan(math.radians(self.field) / 2)
        return np.stack([0.5 - focal * y / depth / ASPECT, 0.5 - focal * up / depth], axis=1)


def skeleton(
    pose: Pose,
    view: View,
    generator: np.random.Generator,
    forward: float = 0.0,
    build: Build = GROWN,
) -> Points:
    """Return the key points of *pose* as a pose model would see them."""
    figure = joints(np.array([pose], float), build)[0]
    lies = abs(figure[5:7, 2].mean() - figure[11:13, 2].mean()) < 0.15 * build.stature
    points = np.zeros((17, 3), np.float32)
    points[:, :2] = view.project(figure, forward)
    points[:, 0] += generator.normal(0, view.noise / ASPECT, 17)
    points[:, 1] += generator.normal(0, view.noise, 17)
    inside = ((points[:, :2] > 0) & (points[:, :2] < 1)).all(axis=1)
    seen = inside & (generator.random(17) >= view.missing)
    points[:, 2] = np.where(seen, 0.4 if lies else 0.6, 0.1)
    return points


def _blend(one: Pose, other: Pose, share: float) -> Pose:
    return Pose(*(a + share * (b - a) for a, b in zip(one, other, strict=True)))


def played(
    acts: Sequence[Act],
    view: View,
    fps: float = 10.0,
    seed: int = 0,
    falling: bool = True,
    build: Build = GROWN,
) -> Iterator[tuple[float, Points | None]]:
    """Yield time and key points of *acts* one after another; None where nobody is seen.

    With *falling* a way down speeds up like a fall, else it begins and ends gently.
    """
    generator = np.random.default_rng(seed)
    at, before, walked = 0.0, acts[0].pose, 0.0
    step = 1 / fps
    for act in acts:
        spent = 0.0
        while spent < act.going + act.keeping:
            share = min(1.0, spent / act.going) if act.going else 1.0
            eased = share**2 if falling else (1 - math.cos(math.pi * share)) / 2
            forward = walked + act.forward * share
            unseen = generator.random() < view.missing
            points = skeleton(_blend(before, act.pose, eased), view, generator, forward, build)
            yield at, None if unseen else points
            at += step
            spent += step
        before = act.pose
        walked += act.forward


Looks = Iterable[tuple[float, Sequence[Points | None]]]


def alone(looks: Iterable[tuple[float, Points | None]]) -> Looks:
    """Return *looks* at one person as looks at a room."""
    return ((at, [points]) for at, points in looks)


def together(*people: Iterable[tuple[float, Points | None]]) -> Looks:
    """Return looks at several people at the same times."""
    return ((each[0][0], [points for _, points in each]) for each in zip(*people, strict=False))


def judged(
    looks: Looks,
    decision: Decision | None = None,
    *,
    furniture: bool = False,
    mounting: Mounting | None = None,
    still_from: float = math.inf,
    weak_from: float = math.inf,
) -> list[tuple[float, Verdict]]:
    """Return what tracker, temporal model and decision say of *looks*, and when.

    From *still_from* seconds on nothing moves in the pictures, whatever the skeletons do; from
    *weak_from* on their scores are low.
    """
    tracker, decision = Tracker(), decision or Decision()
    ground = mounting and Ground(mounting, ASPECT)
    films: dict[int, Film] = {}
    verdicts = []
    for at, people in looks:
        score = 0.5 if at < weak_from else 0.2
        skeletons = [Skeleton(points, score, ASPECT) for points in people if points is not None]
        tracks = tracker.update(at, skeletons)
        sightings = []
        for track in tracks:
            body = plan = fell = None
            if track.seen:
                film = films.setdefault(track.number, Film())
                film.add(at, track.skeleton)
                body = measure(track.skeleton.points, ASPECT, score)
                plan = draw(track.skeleton.points, ASPECT, ground) if ground else None
                fell = TEMPORAL.fallen([film])[0]
            zone = "床" if furniture else ""
            moved = at < still_from
            sightings.append(Sighting(track.number, body, zone, furniture, plan, fell, moved))
        verdicts += [(at, verdict) for verdict in decision.observe(at, sightings)]
        for track in tracks:
            track.kept = track.number in decision.watched
    return verdicts
