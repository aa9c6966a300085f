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

Cells = NDArray[np.float32]
Box = NDArray[np.float64]
"""Left and top, right and bottom of a rectangle, in fractions of the picture: 2 × 2."""


def shrink(frame: Frame) -> Cells:
    """Return the mean grey level of each cell."""
    # A quarter of the pixels is enough for a mean, and ten times as fast.
    high, wide = (
        -(-side // max(1, side // enough))
        for side, enough in ((frame.shape[0], 240), (frame.shape[1], 320))
    )
    coarse = cv2.resize(frame, (wide, high), interpolation=cv2.INTER_NEAREST)
    grey = cv2.cvtColor(coarse, cv2.COLOR_BGR2GRAY)
    return cv2.resize(grey, GRID, interpolation=cv2.INTER_AREA).astype(np.float32)


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
