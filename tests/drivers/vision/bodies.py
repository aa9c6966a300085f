"""A jointed figure of 1.7 m before a camera anywhere in a room: skeletons without a video."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from drivers.vision.decision import Decision, Sighting, Verdict
from drivers.vision.posture import Points, measure
from drivers.vision.tracker import Skeleton, Tracker

Place = tuple[float, float, float]
"""Metres: forward (as the figure faces), left, up."""

ASPECT = 4 / 3


class Pose(NamedTuple):
    """Middles of the joints; left and right are added by width."""

    head: Place
    shoulder: Place
    hip: Place
    knee: Place
    ankle: Place


STAND = Pose((0.08, 0, 1.58), (0, 0, 1.42), (0, 0, 0.93), (0.02, 0, 0.50), (0, 0, 0.09))
SIT = Pose((-0.26, 0, 1.15), (-0.36, 0, 0.98), (-0.4, 0, 0.49), (0.02, 0, 0.50), (0, 0, 0.09))
SIT_BENT = Pose((0.2, 0, 0.6), (0.02, 0, 0.64), (-0.4, 0, 0.50), (0.02, 0, 0.50), (0, 0, 0.09))
BEND = Pose((0.62, 0, 0.66), (0.46, 0, 0.80), (-0.12, 0, 0.92), (0, 0, 0.50), (0, 0, 0.09))
SQUAT = Pose((0.3, 0, 0.88), (0.22, 0, 0.72), (-0.1, 0, 0.28), (0.28, 0, 0.46), (0, 0, 0.09))
FLOOR = Pose((0, 0, 0.78), (-0.1, 0, 0.60), (0, 0, 0.12), (0.36, 0, 0.34), (0.6, 0, 0.09))
KNEEL = Pose((0.1, 0, 1.1), (0.02, 0, 0.94), (0, 0, 0.46), (0, 0, 0.06), (-0.4, 0, 0.09))
FOURS = Pose((0.72, 0, 0.66), (0.52, 0, 0.56), (0, 0, 0.50), (0, 0, 0.07), (-0.4, 0, 0.09))
PRONE = Pose((1.5, 0, 0.14), (1.3, 0, 0.14), (0.8, 0, 0.12), (0.38, 0, 0.10), (0, 0, 0.09))
SUPINE = Pose((-1.4, 0, 0.14), (-1.2, 0, 0.14), (-0.7, 0, 0.12), (-0.3, 0, 0.16), (0.1, 0, 0.09))
ON_SIDE = Pose((0.1, 1.4, 0.18), (0, 1.2, 0.2), (0, 0.7, 0.16), (0.15, 0.3, 0.12), (0, 0, 0.09))
CURLED = Pose((0.2, 0.8, 0.18), (0, 0.7, 0.2), (0, 0.25, 0.16), (0.35, 0.3, 0.12), (0.1, 0.1, 0.1))


def raised(pose: Pose, by: float) -> Pose:
    """Return *pose* on something that is *by* metres high."""
    return Pose(*((x, y, z + by) for x, y, z in pose))


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

    @property
    def tilt(self) -> float:
        """Downward look that puts the middle of a standing body at the picture's centre."""
        return math.degrees(math.atan2(self.height - 0.85, self.distance))

    def project(self, place: Place, forward: float) -> tuple[float, float]:
        """Return fractions of the picture where *place* of the figure is seen."""
        turn = math.radians(self.facing)
        x = self.distance + forward + place[0] * math.cos(turn) - place[1] * math.sin(turn)
        y = self.sideways + place[0] * math.sin(turn) + place[1] * math.cos(turn)
        z = place[2] - self.height
        tilt = math.radians(self.tilt)
        depth = max(0.3, x * math.cos(tilt) - z * math.sin(tilt))
        up = x * math.sin(tilt) + z * math.cos(tilt)
        focal = 0.5 / math.tan(math.radians(self.field) / 2)
        return 0.5 - focal * y / depth / ASPECT, 0.5 - focal * up / depth


def skeleton(
    pose: Pose, view: View, generator: np.random.Generator, forward: float = 0.0
) -> Points:
    """Return the key points of *pose* as a pose model would see them."""
    across = np.subtract(pose.shoulder, pose.hip)
    lies = abs(across[2]) < 0.25
    # Lying on the back or belly the shoulders lie side by side; on the side, one above another.
    left: Place = (0, 0, 1) if lies and pose in (ON_SIDE, CURLED) else (0, 1, 0)
    points = np.zeros((17, 3), np.float32)
    widths = {
        0: (pose.head, 0.0), 1: (pose.head, 0.03), 3: (pose.head, 0.07), 5: (pose.shoulder, 0.18),
        7: (_between(pose.shoulder, pose.hip, 0.55), 0.25), 9: (pose.hip, 0.28),
        11: (pose.hip, 0.12), 13: (pose.knee, 0.12), 15: (pose.ankle, 0.12),
    }  # fmt: skip
    for joint, (place, width) in widths.items():
        for side, number in ((1.0, joint), (-1.0, joint + 1 if joint else 0)):
            spot = tuple(place[i] + side * width * left[i] for i in range(3))
            x, y = view.project(spot, forward)  # type: ignore[arg-type]
            points[number, :2] = x, y
    points[:, 0] += generator.normal(0, view.noise / ASPECT, 17)
    points[:, 1] += generator.normal(0, view.noise, 17)
    inside = ((points[:, :2] > 0) & (points[:, :2] < 1)).all(axis=1)
    seen = inside & (generator.random(17) >= view.missing)
    points[:, 2] = np.where(seen, 0.4 if lies else 0.6, 0.1)
    return points


def _between(one: Place, other: Place, share: float) -> Place:
    first, second = np.array(one), np.array(other)
    x, y, z = first + share * (second - first)
    return float(x), float(y), float(z)


def _blend(one: Pose, other: Pose, share: float) -> Pose:
    return Pose(*(_between(a, b, share) for a, b in zip(one, other, strict=True)))


def played(
    acts: Sequence[Act], view: View, fps: float = 10.0, seed: int = 0, falling: bool = True
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
            points = skeleton(_blend(before, act.pose, eased), view, generator, forward)
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
    looks: Looks, decision: Decision | None = None, *, furniture: bool = False
) -> list[tuple[float, Verdict]]:
    """Return what tracker and decision say of *looks*, with the time of each verdict."""
    tracker, decision = Tracker(), decision or Decision()
    verdicts = []
    for at, people in looks:
        skeletons = [Skeleton(points, 0.5, ASPECT) for points in people if points is not None]
        tracks = tracker.update(at, skeletons)
        sightings = [
            Sighting(
                track.number,
                measure(track.skeleton.points, ASPECT, 0.5) if track.seen else None,
                "床" if furniture else "",
                furniture,
            )
            for track in tracks
        ]
        verdicts += [(at, verdict) for verdict in decision.observe(at, sightings)]
        for track in tracks:
            track.kept = track.number in decision.watched
    return verdicts
