"""What nobody may look at is black before anything looks at the picture."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from drivers.vision.pose import Frame
from drivers.vision.zones import Zone


def blackened(frame: Frame, zones: Iterable[Zone]) -> Frame:
    """Return a copy of *frame* that is black inside *zones*."""
    frame = frame.copy()
    height, width = frame.shape[:2]
    for zone in zones:
        corners = np.array(zone.polygon) * (width, height)
        cv2.fillPoly(frame, [corners.round().astype(np.int32)], (0, 0, 0))
    return frame
