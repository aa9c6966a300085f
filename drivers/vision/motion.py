"""Has the picture changed since somebody last looked at it closely?"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.vision.pose import Frame

GRID = (80, 60)
"""Cells, wide × high: averaging over a cell takes away the sensor's noise."""
LEAST = 7.0
"""Grey levels of 255 that a cell must differ by, above what is usual in this picture."""
CELLS = 4
"""Changed cells that are motion: a hand at the far end of a room."""

OTHER, SHARE = 0.2, 0.4
"""Of a picture's mean grey level, and the share of cells that differ by so much when all of it
changes."""
DARKEST, LIGHTEST = 25.0, 100.0
"""Mean grey levels that are taken for less and for more: noise, and white walls."""

SHAKEN = 4
"""Cells by which the picture of a camera that shakes may be shifted between two pictures."""

Cells = NDArray[np.float32]
Box = NDArray[np.float64]
"""Left and top, right and bottom of a rectangle, in fractions of the picture: 2 × 2."""


def shrink(frame: Frame) -> Cells:
    """Return the mean grey level of each cell."""
    # A quarter of the pixels is enough for a mean, and four times as fast.
    coarse = frame[:: max(1, frame.shape[0] // 240), :: max(1, frame.shape[1] // 320)]
    grey = cv2.cvtColor(np.ascontiguousarray(coarse), cv2.COLOR_BGR2GRAY)
    return cv2.resize(grey, GRID, interpolation=cv2.INTER_AREA).astype(np.float32)


def other_scene(before: Cells, after: Cells) -> bool:
    """Return whether the whole picture changed: lamp, moved camera, another film."""
    light = min(LIGHTEST, max(DARKEST, float(before.mean()), float(after.mean())))
    if _differing(before, after, light) <= SHARE:
        return False
    # A camera that shakes in the wind shows the same a little way off.
    reach = range(-SHAKEN, SHAKEN + 1)
    return all(
        _differing(*_overlap(before, after, right, down), light) > SHARE
        for right in reach
        for down in reach
    )


def _differing(before: Cells, after: Cells, light: float) -> float:
    return float((np.abs(after - before) > OTHER * light).mean())


def _overlap(before: Cells, after: Cells, right: int, down: int) -> tuple[Cells, Cells]:
    """Return what both show of the scene if *after* lies so many cells right and down."""
    high, wide = before.shape
    return (
        before[max(0, -down) : high - max(0, down), max(0, -right) : wide - max(0, right)],
        after[max(0, down) : high - max(0, -down), max(0, right) : wide - max(0, -right)],
    )


class MotionGate:
    """Compares with the picture of the last look, so that nothing is too slow to be noticed."""

    def __init__(self) -> None:
        self._looked: Cells | None = None

    def moved(self, cells: Cells) -> Box | None:
        """Return where *cells* differ from those of the last look; None where they do not."""
        if self._looked is None:
            return np.array([[0.0, 0.0], [1.0, 1.0]])
        change = cells - self._looked
        # Exposure shifts the whole picture at once.
        differing = np.argwhere(np.abs(change - np.median(change)) > LEAST)[:, ::-1]
        if len(differing) < CELLS:
            return None
        return np.array([differing.min(axis=0), differing.max(axis=0) + 1]) / GRID

    def looked(self, cells: Cells) -> None:
        """Remember what the picture was like when it was looked at."""
        self._looked = cells
