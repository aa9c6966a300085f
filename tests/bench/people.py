"""Jointed people of any stature and age: angles over time in, COCO key points in a room out.

Bodies turn and bend in their joints, so limbs keep their lengths; what carries the body is found
by letting it sink until a hip, a shoulder, a knee or an ankle touches. Segment lengths follow
Drillis and Contini (1964).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Pose(NamedTuple):
    """How a body holds itself: degrees, and metres where said. The default stands.

    Forward and left are the figure's own, before it leans.
    """

    lean: float = 0.0
    """Trunk from the vertical: forward, and to the left below. (90, 0) lies on the belly."""
    left: float = 0.0
    twist: float = 0.0
    """About the trunk's own length: leaning (0, 90), -90 lies on the back, 90 on the belly."""
    bend: float = 5.0
    """Chest against pelvis, forward."""
    nod: float = 5.0
    """Head against chest, forward."""
    thigh_left: float = 0.0
    """Forward from the line of the trunk."""
    thigh_right: float = 0.0
    knee_left: float = 4.0
    knee_right: float = 4.0
    spread: float = 4.0
    """Each thigh outwards."""
    arm_left: float = 0.0
    """Forward from hanging; 180 is up."""
    arm_right: float = 0.0
    out_left: float = 8.0
    """The arm sideways."""
    out_right: float = 8.0
    elbow_left: float = 15.0
    elbow_right: float = 15.0
    base: float = 0.0
    """Metres from the floor to what carries the body: a bed, a stool."""
    air: float = 0.0
    """Metres that the body is above that, while it jumps."""
    x: float = 0.0
    """Metres in the room: where the feet are, on average."""
    y: float = 0.0
    heading: float = 0.0
    """To which side of the room the figure faces."""

    def legs(self, thigh: float, knee: float) -> Pose:
        """Return the pose with both legs alike."""
        return self._replace(thigh_left=thigh, thigh_right=thigh, knee_left=knee, knee_right=knee)

    def arms(self, forward: float, out: float = 8.0, elbow: float = 15.0) -> Pose:
        """Return the pose with both arms alike."""
        return self._replace(
            arm_left=forward, arm_right=forward, out_left=out, out_right=out,
            elbow_left=elbow, elbow_right=elbow,
        )  # fmt: skip


COLUMNS = {name: number for number, name in enumerate(Pose._fields)}

STAND = Pose()
SIT = Pose(lean=-6, bend=10).legs(88, 88).arms(25, 10, 50)
SLUMP = Pose(lean=-25, bend=25).legs(75, 80).arms(20, 12, 40)
"""On a chair, slid down."""
SQUAT = Pose(lean=24, bend=12).legs(130, 143).arms(50, 10, 40)
STOOP = Pose(lean=62, bend=35).legs(64, 6).arms(85, 8, 5)
"""Bent over with straight knees."""
BOW = Pose(lean=38, bend=32).legs(70, 60).arms(70, 8, 10)
"""Bent over with bent knees."""
TIE_SHOES = Pose(lean=44, bend=22, nod=10).legs(134, 88).arms(75, 6, 10)
"""Seated."""
FLOOR_SIT = Pose(lean=-8, bend=22).legs(98, 35).arms(30, 15, 45)
DRAWN_UP = Pose(lean=-5, bend=28).legs(128, 100).arms(30, 15, 55)
KNEEL = Pose(bend=12).legs(0, 88).arms(15, 10, 40)
HEELS = Pose(lean=8, bend=15).legs(70, 150).arms(25, 10, 50)
"""Sitting on the heels."""
FOURS = Pose(lean=78, bend=8, nod=-25).legs(78, 88).arms(85, 10, 8)
ALMOST = Pose(lean=30, bend=15).legs(60, 85).arms(60, 15, 20)
"""Sinking to the knees."""


class Build(NamedTuple):
    """Whose body it is."""

    stature: float = 1.7
    """Metres."""
    width: float = 1.0
    """Shoulders and hips, against the usual."""
    legs: float = 1.0
    """Length of the legs, against the usual; children have shorter ones."""
    head: float = 1.0
    """Size of the head, against the usual; children have larger ones."""
    hunch: float = 0.0
    """Degrees that the back is always bent."""


TRUNK, THIGH, SHANK, UPPER_ARM, FOREARM, NECK = 0.288, 0.245, 0.246, 0.186, 0.16, 0.10
"""In statures: hip to shoulder, hip to knee, … shoulders to the head's middle."""
SHOULDERS, HIPS, HEAD = 0.11, 0.065, 0.055
"""Half widths, and half a head, in statures."""
THICK = {5: 0.055, 6: 0.055, 11: 0.06, 12: 0.06, 13: 0.035, 14: 0.035, 15: 0.045, 16: 0.045}
"""From a joint to the skin below, in statures, for what can carry a body."""


def joints(poses: Array, build: Build) -> Array:
    """Return where 17 COCO points are in the room (n × 17 × 3, metres) while *poses* change.

    *poses* is n rows of `Pose`.
    """

    def angle(name: str) -> Array:
        return np.radians(poses[:, COLUMNS[name], None])

    tall = build.stature
    front, side, up = _leaning(angle("lean"), angle("left"), angle("twist"))
    # A bent back does not bend much farther, and its owner looks ahead all the same.
    hunch = np.radians(build.hunch) * np.clip(1 - angle("bend") / np.radians(45), 0, 1)
    chest_front, chest_up = _tipped(front, up, angle("bend") + hunch)
    head_front, head_up = _tipped(chest_front, chest_up, angle("nod") - hunch)
    points = np.zeros((len(poses), 17, 3))
    chest = TRUNK * tall * chest_up
    skull = chest + NECK * tall * head_up + 0.02 * tall * head_front
    half = HEAD * build.head * tall
    points[:, 0] = skull + 0.9 * half * head_front
    for sign, eye, ear in ((1.0, 1, 3), (-1.0, 2, 4)):
        points[:, eye] = skull + 0.7 * half * head_front + sign * 0.35 * half * side
        points[:, eye] += 0.4 * half * head_up
        points[:, ear] = skull + sign * 0.75 * half * side + 0.1 * half * head_up
    for sign, which, first in ((1.0, "left", 0), (-1.0, "right", 1)):
        shoulder = chest + sign * SHOULDERS * build.width * tall * side
        arm, out = angle(f"arm_{which}"), sign * angle(f"out_{which}")
        elbow = shoulder + UPPER_ARM * tall * _limb(chest_front, chest_up, side, arm, out)
        bent = arm + angle(f"elbow_{which}")
        wrist = elbow + FOREARM * tall * _limb(chest_front, chest_up, side, bent, 0.6 * out)
        hip = sign * HIPS * build.width * tall * side
        thigh, spread = angle(f"thigh_{which}"), sign * angle("spread")
        knee = hip + THIGH * build.legs * tall * _limb(front, up, side, thigh, spread)
        bent = thigh - angle(f"knee_{which}")
        ankle = knee + SHANK * build.legs * tall * _limb(front, up, side, bent, 0.3 * spread)
        for joint, place in zip(
            (5, 7, 9, 11, 13, 15), (shoulder, elbow, wrist, hip, knee, ankle), strict=True
        ):
            points[:, joint + first] = place
    return _set_down(points, poses, tall)


def _leaning(lean: Array, left: Array, twist: Array) -> tuple[Array, Array, Array]:
    """Return the trunk's front, left and up, turned from the vertical and about itself."""
    tilt = np.hypot(lean, left)
    safe = np.where(tilt < 1e-9, 1.0, tilt)
    toward_x, toward_y = np.where(tilt < 1e-9, 1.0, lean / safe), left / safe
    axis = np.concatenate([-toward_y, toward_x, np.zeros_like(lean)], axis=1)

    def turned(vector: Array) -> Array:
        along = (axis * vector).sum(axis=1, keepdims=True)
        cross: Array = np.cross(axis, vector)
        result: Array = (
            vector * np.cos(tilt) + cross * np.sin(tilt) + axis * along * (1 - np.cos(tilt))
        )
        return result

    nothing = np.zeros_like(twist)
    front = np.concatenate([np.cos(twist), np.sin(twist), nothing], axis=1)
    side = np.concatenate([-np.sin(twist), np.cos(twist), nothing], axis=1)
    up = np.concatenate([nothing, nothing, nothing + 1], axis=1)
    return turned(front), turned(side), turned(up)


def _tipped(front: Array, up: Array, forward: Array) -> tuple[Array, Array]:
    return (
        np.cos(forward) * front - np.sin(forward) * up,
        np.cos(forward) * up + np.sin(forward) * front,
    )


def _limb(front: Array, up: Array, side: Array, forward: Array, out: Array) -> Array:
    """Return the direction of a limb that hangs along the trunk when both angles are 0."""
    along = np.sin(forward) * front - np.cos(forward) * up
    result: Array = np.cos(out) * along + np.sin(out) * side
    return result


def _set_down(points: Array, poses: Array, tall: float) -> Array:
    """Turn and move the body to where it is in the room, and let it touch what carries it."""
    heading = np.radians(poses[:, COLUMNS["heading"], None])
    x, y = points[..., 0].copy(), points[..., 1].copy()
    points[..., 0] = x * np.cos(heading) - y * np.sin(heading)
    points[..., 1] = x * np.sin(heading) + y * np.cos(heading)
    feet = points[:, (15, 16), :2].mean(axis=1)
    where = poses[:, (COLUMNS["x"], COLUMNS["y"])]
    points[..., :2] += (where - feet)[:, None]
    lowest = np.min([points[:, joint, 2] - thick * tall for joint, thick in THICK.items()], axis=0)
    base = poses[:, COLUMNS["base"]]
    points[..., 2] += (base + poses[:, COLUMNS["air"]] - lowest)[:, None]
    # Hands and head give way to the floor.
    np.maximum(points[..., 2], (base + 0.03)[:, None], out=points[..., 2])
    return points
