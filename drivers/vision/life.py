"""Is the picture alive, or does it only come? A clock may run over one that stands still.

A sensor is never silent: every cell of a live picture changes within seconds. Between two key
frames a coder may repeat a static scene exactly, but not for half a minute. A picture that stands
still and is coded anew flickers far less than the same camera did before.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.vision.motion import GRID, LEAST, Cells

FROZEN_AFTER = 30.0
"""Seconds."""
FEW, LINES = 0.06, 10
"""Share of the cells, and rows of them, within which clock and name of a camera are written."""
CALM = 0.35
"""Of its usual flicker, below which a picture is not alive."""
OTHER_LIGHT = 0.15
"""Change of the mean grey level after which the usual flicker is learned anew."""


class Life:
    """Watches every cell."""

    def __init__(self) -> None:
        self._last: Cells | None = None
        self._changed: NDArray[np.float64] = np.zeros(0)
        """When each cell last changed."""
        self._began = 0.0
        """When the present half minute began, and its least and most of each cell."""
        self._low = self._high = np.zeros((GRID[1], GRID[0]), np.float32)
        self._usual: float | None = None
        """Flicker of a half minute in which nothing moved, grey levels."""
        self._light = 0.0
        self._calm = False

    def frozen(self, at: float, cells: Cells) -> bool:
        """Take the small picture of *at* seconds; return whether it has stood still for long."""
        if self._last is None:
            self._changed = np.full(cells.shape, at)
            self._begin(at, cells)
        else:
            self._changed[cells != self._last] = at
        self._last = cells
        recently = self._changed > at - FROZEN_AFTER
        stands = _written(recently)
        np.minimum(self._low, cells, out=self._low)
        np.maximum(self._high, cells, out=self._high)
        if self._calm:
            self._calm = self._flicker() < CALM
        if at - self._began >= FROZEN_AFTER:
            self._judge()
            self._begin(at, cells)
        return stands or self._calm

    def _begin(self, at: float, cells: Cells) -> None:
        self._began, self._low, self._high = at, cells.copy(), cells.copy()

    def _judge(self) -> None:
        """Compare the half minute that ends with those before."""
        spread = self._high - self._low
        light = float(self._low.mean())
        if abs(light - self._light) > OTHER_LIGHT * max(light, self._light):
            self._usual, self._light = None, light
        if not _written(spread > LEAST):
            self._calm = False  # something moved
            return
        flicker = float(np.median(spread))
        self._calm = self._usual is not None and flicker < CALM * self._usual
        if not self._calm:
            self._usual = flicker if self._usual is None else (self._usual + flicker) / 2

    def _flicker(self) -> float:
        """Return the flicker since the half minute began, as a share of the usual."""
        spread = self._high - self._low
        if not _written(spread > LEAST):
            return 1.0
        return float(np.median(spread)) / (self._usual or 1.0)


def _written(cells: NDArray[np.bool_]) -> bool:
    """Return whether *cells* are none, or so few in so few rows that a clock is written there."""
    return bool(cells.mean() <= FEW and cells.any(axis=1).sum() <= LINES)
