"""Does the camera see? Black, covered and frozen pictures are noticed here."""

from __future__ import annotations

import cv2
import numpy as np

from drivers.vision.life import Life
from drivers.vision.motion import Cells

BLACK = 14.0
"""Mean grey level below which nothing can be seen."""
COARSE = (20, 15)
"""Fields, wide × high, whose contrast is measured: neither noise nor focus matters to them."""
PLAIN = 2.5
"""Contrast (mean Laplacian of the fields, in grey levels) of a covered lens: rooms have 10 to 60,
in the dusk a fifth of that."""
SHARE = 0.3
"""Of the usual contrast: below this the view is taken."""
AFTER = 5.0
"""Seconds until it is said."""
SETTLE = 20.0
"""Seconds over which the usual contrast is learned."""


class Health:
    """Says why the camera cannot be relied on, or "" while it can."""

    def __init__(self) -> None:
        self._usual: float | None = None
        self._at: float | None = None
        self._life = Life()
        self._since: dict[str, float] = {}

    def check(self, at: float, cells: Cells) -> str:
        """Take the small picture of *at* seconds; return the reason for blindness or ""."""
        elapsed = min(1.0, at - self._at) if self._at is not None else 0.0
        self._at = at
        fields = cv2.resize(cells, COARSE, interpolation=cv2.INTER_AREA)
        contrast = float(np.abs(cv2.Laplacian(fields, cv2.CV_32F)).mean())
        frozen = self._life.frozen(at, cells)
        black = float(cells.mean()) < BLACK
        usual = self._usual
        plain = contrast < PLAIN and (usual is None or contrast < SHARE * usual)
        if not black and not plain:
            share = min(1.0, elapsed / SETTLE)
            self._usual = contrast if usual is None else usual + share * (contrast - usual)
        if self._lasts("black", black, at):
            return "黑屏: the picture is black; is it dark, or the lens covered?"
        if self._lasts("covered", plain, at):
            return "遮挡: the lens seems covered or dirty"
        if frozen:
            return "画面静止: the picture is frozen"
        return ""

    def _lasts(self, what: str, present: bool, at: float) -> bool:
        if not present:
            self._since.pop(what, None)
            return False
        return at - self._since.setdefault(what, at) >= AFTER
