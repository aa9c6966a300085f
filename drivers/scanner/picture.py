"""QR codes in pictures, and whether it is worth to look for one."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from drivers.scanner.frames import Found, bounded
from drivers.vision.pose import Frame, as_frame

THOROUGH = 3
"""Every so many looks a picture is also looked at twice as large: it finds small and blurred
codes, and takes six times as long."""
LOOKS_ON_S = 3.0
"""Seconds for which it is looked on after something has moved: a hand becomes steady…"""
STILL_S = 2.0
"""…and how often a picture is looked at in which nothing moves."""
STEADY_S, REST = 1.0, 3.0
"""After a look that took longer than so many seconds, for as many times as long there is no other:
stripes that look like a thousand corners of codes take seconds, and may be held up for hours."""
LARGEST = 4096
"""Pixels across and down; a stream decides for itself how large its pictures are."""
_WIDTH, _HEIGHT = 160, 120
_MOVED, _MOVED_OF_LIGHT = 3.0, 0.06
"""Grey levels by which any part must differ, and of the mean brightness."""


def grey(picture: np.ndarray[Any, Any]) -> Frame:
    """Its brightness, rows and columns of bytes.

    Raises:
        ValueError: it is no picture of bytes in blue, green and red, or too large.
    """
    shape, kind = picture.shape, picture.dtype
    if len(shape) != 3 or shape[2] != 3 or kind != np.uint8 or not min(shape[:2]) > 0:
        raise ValueError(f"{'x'.join(map(str, shape))} of {kind}, not rows of blue, green and red")
    if max(shape[:2]) > LARGEST:
        raise ValueError(f"{shape[1]}x{shape[0]} pixels, more than {LARGEST}")
    return as_frame(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))


class Reader:
    """Finds the QR code in grey pictures. Native code reads what strangers hold up: use it in a
    child process only."""

    def __init__(self) -> None:
        # Each finds what the other does not: the first blurred ones, the second small ones
        self._detectors = (cv2.QRCodeDetector(), cv2.QRCodeDetectorAruco())
        self._looks = 0

    def read(self, grey: Frame) -> Found | None:
        """The code in *grey* (rows and columns of brightness); None: there is none."""
        self._looks += 1
        for detector in self._detectors:
            if raw := _raw(detector, grey):
                return bounded(raw, "QR")
        if self._looks % THOROUGH:
            return None
        large = as_frame(cv2.resize(grey, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
        raw = _raw(self._detectors[0], large)
        return bounded(raw, "QR") if raw else None


def _raw(detector: cv2.QRCodeDetector | cv2.QRCodeDetectorAruco, grey: Frame) -> bytes:
    try:
        raw = detector.detectAndDecodeBytes(grey)[0]
    except cv2.error:  # a crafted code that its checks refuse
        return b""
    return bytes(raw)


class Stir:
    """Says which pictures are worth a look: when something moves, a while longer, and now and
    then."""

    def __init__(self) -> None:
        self._before: Frame | None = None
        self._moved_at = self._looked_at = self._rests_until = float("-inf")
        self.alive = False
        """Two pictures were not the same to the last bit: a camera's never are, but for a frozen
        or a covered one's."""

    def worth(self, grey: Frame, at: float) -> bool:
        """Whether *grey*, taken at *at* seconds, should be looked at."""
        small = as_frame(cv2.resize(grey, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA))
        before, self._before = self._before, small
        if before is None:
            self._moved_at = at
        else:
            difference = int(np.max(cv2.absdiff(small, before)))
            self.alive = self.alive or difference > 0
            if difference > _MOVED + _MOVED_OF_LIGHT * float(np.mean(small)):
                self._moved_at = at
        if at < self._rests_until:
            return False
        if at - self._moved_at > LOOKS_ON_S and at - self._looked_at < STILL_S:
            return False
        self._looked_at = at
        return True

    def hold(self, at: float) -> None:
        """A code is there: look on until it is gone."""
        self._moved_at = at

    def looked(self, at: float, took: float) -> None:
        """A look at the picture of *at* took so many seconds."""
        if took > STEADY_S:
            self._rests_until = at + took + REST * took
