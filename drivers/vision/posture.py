"""What one skeleton says about a body: measured in picture heights, normalised by stature.

Segment proportions follow Drillis and Contini (1964), rescaled to the length from nose to
ankle that MoveNet's points span when somebody stands.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
"""17 COCO key points × (x, y, score): fractions of the picture, or isotropic once scaled."""

HEAD = (0, 1, 2, 3, 4)
SHOULDERS = (5, 6)
HIPS = (11, 12)
KNEES = (13, 14)
ANKLES = (15, 16)

CORE = SHOULDERS + HIPS + KNEES + ANKLES

VISIBLE = 0.15
"""Key points below this score are guesses of the model and are not used."""

TRUNK, THIGH, SHANK = 0.34, 0.25, 0.24
"""Shoulder to hip, hip to knee, knee to ankle; in lengths from nose to ankle."""
STANDING = TRUNK + THIGH + SHANK
SHOULDER_WIDTH = 0.24
EDGE = 0.95
"""Part of the picture's height below which a body is cut off by the edge."""
SURE, LONG, LEGS = 0.3, 2.4, 1.1
"""Least score, length over width, and length of the legs over that of the trunk of a body that
stands. Somebody on a chair has legs of 0.7 trunks."""
FEW_POINTS = 4
"""With fewer visible points a skeleton is not a body."""
LARGEST = 2.5
"""Nobody is taller than this many picture heights and still recognised."""


class Body(NamedTuple):
    """One person in one frame; lengths in picture heights, y grows downward."""

    x: float
    """Middle of the trunk (or of what is visible)."""
    upper: float
    """Height of the shoulders, or of the head where no shoulder is visible."""
    hip: float | None
    foot: float | None
    """Lowest visible ankle, or where the knees or hips suggest that it is."""
    ankle: float | None
    """Lowest visible ankle."""
    wide: float
    tall: float
    """Extent of all visible points."""
    stature: float
    """Length from nose to ankle as this frame suggests; too small when foreshortened."""
    seen: int
    """Visible key points of 17."""
    score: float
    top: float
    bottom: float
    knee: float | None = None
    core: float | None = None
    """Width without the arms, which hold a walker or a rail; None: `wide`."""

    @property
    def upright(self) -> bool:
        """The trunk stands: on feet, a seat or the floor."""
        return self.hip is not None and self.hip - self.upper > 0.2 * self.stature

    @property
    def cut_off(self) -> bool:
        """The legs are below the picture's lower edge."""
        return self.ankle is None and self.bottom > EDGE

    @property
    def stands(self) -> bool:
        """Long, narrow, the legs below an upright trunk: it stands, however tall it once was.

        Who lies along the line of sight is as narrow and less than twice as long.
        """
        if self.hip is None or self.ankle is None or self.score < SURE:
            return False
        trunk = self.hip - self.upper
        wide = self.wide if self.core is None else self.core
        return self.tall > LONG * wide and self.ankle - self.hip > LEGS * trunk > 0

    def kneels(self, stature: float) -> bool:
        """The hips are up over the knees and the trunk is level, or the head below: perhaps all
        fours, a prayer, a look under the bed."""
        return (
            self.hip is not None
            and self.knee is not None
            and self.knee - self.hip > 0.17 * stature
            and self.hip - self.upper < 0.08 * stature
        )

    def crouched(self, stature: float) -> bool:
        """About as high as wide, half the stature, head above hips: perhaps a squat."""
        return (
            0.33 < self.tall / stature < 0.58
            and self.wide < 0.58 * stature
            and (self.hip is None or self.hip - self.upper > 0.12 * stature)
        )


def measure(points: Points, aspect: float, score: float) -> Body | None:
    """Return what *points* (fractions of the picture) say, or None if that is too little.

    Without a head or a shoulder nothing is known of a body's height: legs alone, of somebody
    close to the camera, are not measured.

    *aspect* is the picture's width over its height.
    """
    visible = points[:, 2] >= VISIBLE
    seen = int(visible.sum())
    if seen < FEW_POINTS:
        return None
    place = points[:, :2] * np.array([aspect, 1.0], np.float32)

    def middle(joints: tuple[int, ...]) -> NDArray[np.float32] | None:
        chosen = [joint for joint in joints if visible[joint]]
        return place[chosen].mean(axis=0) if chosen else None

    shoulders, hips = middle(SHOULDERS), middle(HIPS)
    head = middle(HEAD)
    upper = shoulders if shoulders is not None else head
    extent = place[visible]
    low, high = extent.min(axis=0), extent.max(axis=0)
    wide, tall = (float(size) for size in high - low)
    core = place[[joint for joint in CORE if visible[joint]], 0]
    if upper is None:
        return None
    knees = middle(KNEES)
    ankles = [float(place[joint, 1]) for joint in ANKLES if visible[joint]]
    stature = min(LARGEST, max(_stature(place, visible, shoulders, hips), tall))
    foot: float | None = None
    if ankles:
        foot = max(ankles)
    elif knees is not None:
        foot = float(knees[1]) + SHANK * stature
    elif hips is not None:
        foot = float(hips[1]) + (THIGH + SHANK) * stature
    middle_x = [float(part[0]) for part in (shoulders, hips) if part is not None]
    return Body(
        x=sum(middle_x) / len(middle_x) if middle_x else float((low[0] + high[0]) / 2),
        upper=float(upper[1]),
        hip=float(hips[1]) if hips is not None else None,
        foot=foot,
        ankle=max(ankles, default=None),
        wide=wide,
        tall=tall,
        stature=stature,
        seen=seen,
        score=score,
        top=float(low[1]),
        bottom=float(high[1]),
        knee=float(knees[1]) if knees is not None else None,
        core=float(np.ptp(core)) if len(core) else None,
    )


def _stature(
    place: NDArray[np.float32],
    visible: NDArray[np.bool_],
    shoulders: NDArray[np.float32] | None,
    hips: NDArray[np.float32] | None,
) -> float:
    """Return visible segment lengths over the share of the body that they are."""
    length = share = 0.0
    if shoulders is not None and hips is not None:
        length += float(np.hypot(*(shoulders - hips)))
        share += TRUNK
    for above, below, part in ((HIPS, KNEES, THIGH), (KNEES, ANKLES, SHANK)):
        sides = [
            float(np.hypot(*(place[a] - place[b])))
            for a, b in zip(above, below, strict=True)
            if visible[a] and visible[b]
        ]
        if sides:
            length += max(sides)
            share += part
    if share:
        return length / share
    if visible[list(SHOULDERS)].all():
        return float(np.hypot(*(place[5] - place[6]))) / SHOULDER_WIDTH
    return 0.0


def lying(body: Body, stature: float, ground: float | None, slack: float = 0.0) -> float:
    """Return how much a body of *stature* looks as if it lay, 0 to 1.

    *ground* is the height of the floor in the picture. Where it is not known (None) only a
    body that is stretched out level counts, and a bed cannot be told from the floor. *slack*
    (statures) lets the hips be so much higher: whoever falls away from the camera ends up
    farther up in the picture.
    """
    if body.hip is None:
        return 0.0 if ground is None else ramp((ground - body.upper) / stature, 0.35, 0.2)
    level = ramp((body.hip - body.upper) / stature, 0.30, 0.15)
    if ground is None:
        low = ramp(body.tall / stature, 0.55, 0.35)
        flat = ramp(body.wide / max(body.tall, 0.01), 0.9, 1.5)
        return min(level, low, flat)
    if body.ankle is not None:
        # Feet below the floor that was known: the person is nearer now, on a chair perhaps.
        ground = max(ground, body.ankle)
    on_floor = min(level, ramp((ground - body.hip) / stature - slack, 0.28, 0.16))
    return max(on_floor, ramp((ground - body.upper) / stature, 0.30, 0.15))


def compact(body: Body, stature: float) -> float:
    """Return how much a body looks as if it lay along the line of sight, 0 to 1."""
    if body.hip is None:
        return 0.0
    level = ramp((body.hip - body.upper) / stature, 0.30, 0.15)
    return min(level, ramp(body.tall / stature, 0.55, 0.40))


def stooping(body: Body, stature: float) -> float:
    """Return how much the hips are high above the feet, however low the head, 0 to 1."""
    if body.hip is None or body.ankle is None:
        return 0.0
    return ramp((body.ankle - body.hip) / stature, 0.28, 0.38)


def ramp(value: float, none: float, full: float) -> float:
    """Return 0 at *none*, 1 at *full*, straight in between."""
    return min(1.0, max(0.0, (value - none) / (full - none)))
