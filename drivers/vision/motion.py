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

Cells = NDArray[np.float32]


def shrink(frame: Frame) -> Cells:
    """Return the mean grey level of each cell."""
    # A quarter of the pixels is enough for a mean, and four times as fast.
    coarse = frame[:: max(1, frame.shape[0] // 240), :: max(1, frame.shape[1] // 320)]
    grey = cv2.cvtColor(np.ascontiguousarray(coarse), cv2.COLOR_BGR2GRAY)
    return cv2.resize(grey, GRID, interpolation=cv2.INTER_AREA).astype(np.float32)


def other_scene(before: Cells, after: Cells) -> bool:
    """Return whether the whole picture changed: lamp, moved camera, another film."""
    light = min(LIGHTEST, max(DARKEST, float(before.mean()), float(after.mean())))
    return float((np.abs(after - before) > OTHER * light).mean()) > SHARE


class MotionGate:
    """Compares with the picture of the last look, so that nothing is too slow to be noticed."""

    def __init__(self) -> None:
        self._looked: Cells | None = None

    def changed(self, cells: Cells) -> bool:
        """Return whether *cells* differ from those of the last look."""
        if self._looked is None:
            return True
        change = cells - self._looked
        # Exposure shifts the whole picture at once.
        return int((np.abs(change - np.median(change)) > LEAST).sum()) >= CELLS

    def looked(self, cells: Cells) -> None:
        """Remember what the picture was like when it was looked at."""
        self._looked = cells
