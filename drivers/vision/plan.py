"""A body over the floor, where the floor is a known plane.

How high shoulders and hips are follows if they are straight above something that is on the floor.
Of somebody who lies that is never much, in whatever direction, also straight towards or away from
the camera, and for people who were never seen standing. The heights of who sits, kneels or stands
are true or too large. Near below the camera the two cannot be told apart, nor can a bed of half a
metre be told from the floor.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivers.vision.ground import Ground
from drivers.vision.posture import ANKLES, HEAD, HIPS, KNEES, SHOULDERS, VISIBLE, Points, ramp

OVER, TRUNK_OVER = (0.7, 0.55), (0.42, 0.3)
"""Metres as in `Plan` between which an adult may lie: none and full. A chair has shoulders at 0.9,
sitting on the floor at 0.5 above the hips; who lies away from a camera that is 1.4 heights off
comes to 0.6 and 0.3."""
NEAR, FAR = 0.8, 1.2
"""Distances, in heights of the camera, between which a body is too nearly below it to say that it
lies: from there whoever sits is as low."""
ADULT = 1.5
"""Metres from the floor to the head; who is smaller sits lower."""

Place = NDArray[np.float32]


class Plan(NamedTuple):
    """Heights of one body, metres."""

    over: float
    """Of shoulders and hips, the higher, if straight above the body's lowest part and that is on
    the floor; infinite where that is no height."""
    trunk: float
    """Of the shoulders, if straight above the hips and these are on the floor; 0 without hips."""
    far: float
    """Distance on the floor of the lowest part, in heights of the camera."""
    tall: float | None
    """Of the head, if straight above the ankles; None without them."""

    def lies(self, tall: float | None = None) -> float:
        """Return how surely the body lies, 0 to 1.

        *tall* is the height of the person's head, in metres, if known.
        """
        scale = 1.0 if tall is None else min(1.0, tall / ADULT)
        flat = min(ramp(self.over / scale, *OVER), ramp(self.trunk / scale, *TRUNK_OVER))
        return flat * ramp(self.far, NEAR, FAR)


def draw(points: Points, aspect: float, ground: Ground) -> Plan | None:
    """Return what *points* (fractions of the picture) are over the floor.

    None if too few are seen, or the lowest is where no floor can be. *aspect* is the picture's
    width over its height.
    """
    scale = np.array([aspect, 1.0], np.float32)

    def middle(joints: tuple[int, ...]) -> Place | None:
        chosen = [joint for joint in joints if points[joint, 2] >= VISIBLE]
        return points[chosen, :2].mean(axis=0) * scale if chosen else None

    head, shoulders, hips, knees, ankles = map(middle, (HEAD, SHOULDERS, HIPS, KNEES, ANKLES))
    if shoulders is None or (hips is None and ankles is None):
        return None
    parts = [part for part in (shoulders, hips, knees, ankles) if part is not None]
    lowest = max(parts, key=lambda part: float(part[1]))
    spot = ground.spot(*lowest.tolist())
    if spot is None:
        return None
    high = shoulders if hips is None or shoulders[1] < hips[1] else hips
    foot = None if ankles is None else ground.spot(*ankles.tolist())
    top = shoulders if head is None else head
    return Plan(
        over=_over(ground, lowest, high),
        trunk=0.0 if hips is None else _over(ground, hips, shoulders),
        far=spot.ahead / ground.camera,
        tall=ground.height(foot, float(top[1])) if foot else None,
    )


def _over(ground: Ground, low: Place, high: Place) -> float:
    """Return metres up to *high* if straight above *low* on the floor; infinite if it cannot be."""
    spot = ground.spot(*low.tolist())
    height = ground.height(spot, float(high[1])) if spot else None
    return math.inf if height is None else height
