"""The floor as a known plane: from the picture to metres in the room and back.

A pinhole camera with square pixels and no lens distortion that hangs level (no roll) at a known
height and looks down by a known angle. A point of the picture is a ray, and where the ray meets
the plane is its place on the floor; of a point straight above a known place the height follows
(Criminisi, Reid and Zisserman, Single View Metrology, IJCV 40, 2000; Hartley and Zisserman,
Multiple View Geometry, 2nd ed. 2004, chapter 6). Points of the picture are in picture heights,
from its top left, x to the right and y down.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

import msgspec

GUIDES = ((2.0, -0.7), (3.0, 0.7), (4.0, -0.7), (6.0, 0.7))
"""Metres ahead and to the right where a standing body is drawn as a check."""
GUIDE_HEIGHT = 1.7
"""Metres of it."""
_TINY = 1e-9


class Mounting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a camera hangs; measured when it is put up."""

    height_m: Annotated[float, msgspec.Meta(ge=0.5, le=6.0)]
    """Metres from the floor up to the lens."""
    tilt_deg: Annotated[float, msgspec.Meta(ge=0.0, le=80.0)]
    """Degrees by which it looks down; 0: level, 90 would be straight down."""
    horizontal_view_deg: Annotated[float, msgspec.Meta(ge=20.0, le=120.0)] = 66.0
    """Degrees that the picture spans from left to right: the horizontal field of view of the
    data sheet, not the diagonal one. 66 is 2.6 m of a wall at a distance of 2 m."""


class Spot(NamedTuple):
    """A place on the floor, metres from the point below the camera."""

    ahead: float
    right: float


class Ground:
    """One camera's view of the floor."""

    def __init__(self, mounting: Mounting, aspect: float) -> None:
        """*aspect* is the picture's width over its height."""
        self.camera = mounting.height_m
        """Metres above the floor."""
        self._centre = aspect / 2
        self._focal = aspect / 2 / math.tan(math.radians(mounting.horizontal_view_deg) / 2)
        tilt = math.radians(mounting.tilt_deg)
        self._sin, self._cos = math.sin(tilt), math.cos(tilt)

    @property
    def horizon(self) -> float:
        """Height in the picture down to which there is no floor; negative: above the picture."""
        return 0.5 - self._focal * self._sin / self._cos

    def spot(self, x: float, y: float) -> Spot | None:
        """Return the place on the floor seen at (*x*, *y*); None on and above the horizon."""
        sinking = self._sinking(y)
        if sinking <= _TINY:
            return None
        far = self.camera / sinking
        return Spot(self._ahead(y) * far, (x - self._centre) * far)

    def seen(self, spot: Spot, up: float = 0.0) -> tuple[float, float] | None:
        """Return where the point *up* metres above *spot* is seen; None if behind the camera."""
        below = self.camera - up
        depth = spot.ahead * self._cos + below * self._sin
        if depth <= _TINY:
            return None
        scale = self._focal / depth
        down = below * self._cos - spot.ahead * self._sin
        return self._centre + scale * spot.right, 0.5 + scale * down

    def height(self, spot: Spot, y: float) -> float | None:
        """Return metres up to what is seen straight above *spot* at the height *y*.

        None where that is no height: behind the camera, in a picture that looks far down.
        """
        ahead = self._ahead(y)
        if ahead <= _TINY:
            return None
        return self.camera - spot.ahead * self._sinking(y) / ahead

    def _sinking(self, y: float) -> float:
        """By how much the ray at *y* sinks, for a depth of one focal length."""
        return self._focal * self._sin + (y - 0.5) * self._cos

    def _ahead(self, y: float) -> float:
        """How far it gets along the floor meanwhile."""
        return self._focal * self._cos - (y - 0.5) * self._sin


class Guide(msgspec.Struct, frozen=True, kw_only=True):
    """What a technician compares with the room; in fractions of the picture."""

    horizon: float | None
    """None: not in the picture."""
    bodies: list[tuple[float, tuple[float, float], tuple[float, float]]]
    """Metres ahead of the camera, foot and head of somebody of `GUIDE_HEIGHT` who stands there."""


def guide(mounting: Mounting, aspect: float) -> Guide:
    """Return horizon and standing bodies as they must look if *mounting* is true."""
    ground = Ground(mounting, aspect)
    bodies = []
    for ahead, right in GUIDES:
        foot = ground.seen(Spot(ahead, right))
        head = ground.seen(Spot(ahead, right), GUIDE_HEIGHT)
        if foot and head and 0 <= foot[0] <= aspect and 0 <= foot[1] <= 1:
            ends = (foot[0] / aspect, foot[1]), (head[0] / aspect, head[1])
            bodies.append((ahead, *ends))
    horizon = ground.horizon
    return Guide(horizon=horizon if 0 <= horizon <= 1 else None, bodies=bodies)
