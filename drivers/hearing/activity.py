"""Voice activity without a model: what stands out from the steady noise in several bands.

The noise of each band is followed as the minimum of its smoothed power over the last
seconds (after R. Martin, "Noise power spectral density estimation based on optimal smoothing
and minimum statistics", 2001): even fluent speech has gaps in which the noise shows.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from drivers.hearing import FRAME_BYTES, HZ, Sound

_LINES = 512
_EDGES = (150, 400, 800, 1500, 2500, 4000, 7000)
"""Hertz. The highest band is for 四 and 取, whose beginnings have nothing below."""
_LOUDEST = 3
"""A sound of speech fills some bands, never all; so many of them are averaged."""
_ON_DB, _OFF_DB = 9.0, 6.0
"""Above the noise: a voice begins, and a voice goes on."""
_SMOOTHING = 0.5
_BLOCK, _BLOCKS = 4, 20
"""The minimum is taken over so many blocks of so many frames: 1.6 s."""
_BIAS_DB = 3.0
"""By which the minimum lies below the mean of the noise."""
_QUIETEST_DB = 9.0
"""The noise counts as at least this: below are the steps of the converter."""


class Activity:
    """Judges frame after frame; keeps only an estimate of the noise."""

    def __init__(self) -> None:
        self._window = np.hanning(FRAME_BYTES // 2).astype(np.float32)
        self._bands = np.round(np.array(_EDGES) * _LINES / HZ).astype(int)
        self._scale = np.diff(self._bands) * float((self._window**2).sum())
        self._smooth: np.ndarray | None = None
        self._block = self._before = np.full(len(_EDGES) - 1, np.inf)
        self._left = _BLOCK
        self._minima: deque[np.ndarray] = deque(maxlen=_BLOCKS)
        self._voice = False

    def judge(self, frame: bytes) -> Sound:
        """Say what the next frame, `FRAME_BYTES` long, is like."""
        samples = np.frombuffer(frame, "<i2").astype(np.float32) * self._window
        power = np.abs(np.fft.rfft(samples, _LINES)) ** 2
        bands = np.add.reduceat(power, self._bands)[:-1] / self._scale
        levels = 10 * np.log10(bands + 1e-3)
        above = np.maximum(levels - self._noise(levels), 0)
        score = np.sort(above)[-_LOUDEST:].mean()
        self._voice = bool(score > (_OFF_DB if self._voice else _ON_DB))
        return Sound(self._voice, float(levels.max()))

    def _noise(self, levels: np.ndarray) -> np.ndarray:
        if self._smooth is None:
            self._smooth = levels
        self._smooth = _SMOOTHING * self._smooth + (1 - _SMOOTHING) * levels
        self._block = np.minimum(self._block, self._smooth)
        lowest = np.minimum(self._block, self._before)
        self._left -= 1
        if not self._left:
            self._minima.append(self._block)
            self._before = np.minimum.reduce(list(self._minima))
            self._block, self._left = np.full_like(self._block, np.inf), _BLOCK
        floor: np.ndarray = np.maximum(lowest + _BIAS_DB, _QUIETEST_DB)
        return floor
