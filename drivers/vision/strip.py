"""A fall as a strip of stick figures on white: all of it that may be kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from drivers.vision.pose import Frame
from drivers.vision.posture import ANKLES, HIPS, KNEES, SHOULDERS, VISIBLE

CELL = (200, 150)
"""Pixels of one stick figure's picture, wide × high."""
ELBOWS, WRISTS = (7, 8), (9, 10)
LIMBS = ((SHOULDERS, ELBOWS), (ELBOWS, WRISTS), (SHOULDERS, HIPS), (HIPS, KNEES), (KNEES, ANKLES))
BONES = [
    *((above[side], below[side]) for above, below in LIMBS for side in (0, 1)),
    *[SHOULDERS, HIPS, (0, 5), (0, 6)],
]
INK, FAINT, EDGE = (60, 30, 20), (190, 180, 170), (225, 225, 225)


def draw(skeletons: Sequence[Sequence[Sequence[float]]]) -> Frame:
    """Return the frames of a `PersonDown.skeleton` side by side; guesses are faint."""
    width, height = CELL
    cells = []
    for skeleton in skeletons:
        cell = np.full((height, width, 3), 255, np.uint8)
        cv2.rectangle(cell, (0, 0), (width - 1, height - 1), EDGE)
        spots = [(round(x * width), round(y * height)) for x, y, _ in skeleton]
        for one, other in BONES:
            sure = min(skeleton[one][2], skeleton[other][2]) >= VISIBLE
            cv2.line(cell, spots[one], spots[other], INK if sure else FAINT, 2, cv2.LINE_AA)
        cv2.circle(cell, spots[0], 5, INK, -1, cv2.LINE_AA)
        cells.append(cell)
    return np.hstack(cells)


def save(path: Path, skeletons: Sequence[Sequence[Sequence[float]]]) -> None:
    """Write the strip as a PNG.

    Raises:
        OSError: the file cannot be written.
    """
    coded, picture = cv2.imencode(".png", draw(skeletons))
    assert coded
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture.tobytes())
