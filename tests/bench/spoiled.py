"""Clips as other cameras, rooms and lights would show them."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.vision.pose import Frame, as_frame

Spoil = Callable[[Frame, int], Frame]
"""A picture and its number in, another picture out."""

_NOISES = 6
"""Different noise pictures, which are shifted at random: drawing new ones takes longer than
looking at them."""


def unspoiled(frame: Frame, number: int) -> Frame:
    """Return the picture as it is."""
    return frame


def mirrored(frame: Frame, number: int) -> Frame:
    """Return left for right."""
    return np.ascontiguousarray(frame[:, ::-1])


def darkened(share: float) -> Spoil:
    """Return what leaves *share* of the light."""
    return lambda frame, number: as_frame(cv2.convertScaleAbs(frame, alpha=share))


def noisy(sigma: float, light: float = 1.0) -> Spoil:
    """Return what adds a sensor's noise of *sigma* grey levels to *light* times the picture."""
    banks: dict[tuple[int, ...], list[NDArray[np.float32]]] = {}

    def spoil(frame: Frame, number: int) -> Frame:
        generator = np.random.default_rng(number)
        bank = banks.get(frame.shape)
        if bank is None:
            shape = (frame.shape[0] + 64, frame.shape[1] + 64, 3)
            seeds = np.random.default_rng(7)
            bank = [seeds.normal(0, sigma, shape).astype(np.float32) for _ in range(_NOISES)]
            banks[frame.shape] = bank
        down, right = generator.integers(0, 64, 2)
        noise = bank[number % _NOISES][down:, right:][: frame.shape[0], : frame.shape[1]]
        return as_frame(np.clip(frame * np.float32(light) + noise, 0, 255))

    return spoil


def farther(times: float) -> Spoil:
    """Return the same scene so many *times* smaller within a wider, blurred one."""

    def spoil(frame: Frame, number: int) -> Frame:
        height, width = frame.shape[:2]
        down, across = (round(side * (times - 1) / 2) for side in (height, width))
        wide = cv2.copyMakeBorder(frame, down, down, across, across, cv2.BORDER_REPLICATE)
        return as_frame(cv2.resize(wide, (width, height), interpolation=cv2.INTER_AREA))

    return spoil


def tilted(degrees: float) -> Spoil:
    """Return what a camera shows that hangs askew."""

    def spoil(frame: Frame, number: int) -> Frame:
        height, width = frame.shape[:2]
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        return as_frame(
            cv2.warpAffine(frame, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
        )

    return spoil


def coarse(frame: Frame, number: int) -> Frame:
    """Return the picture of a camera of 320 pixels' width."""
    height = round(320 * frame.shape[0] / frame.shape[1])
    return as_frame(cv2.resize(frame, (320, height), interpolation=cv2.INTER_AREA))


def shaken(frame: Frame, number: int) -> Frame:
    """Return the picture blurred sideways over a fiftieth of its width."""
    return as_frame(cv2.blur(frame, (frame.shape[1] // 50, 1)))


def held(frame: Frame, number: int) -> Frame:
    """Return what a camera in an unsteady hand shows: it sways, trembles and leans."""
    height, width = frame.shape[:2]
    at = number / 25
    right = 0.03 * math.sin(1.9 * at) + 0.012 * math.sin(5.3 * at) + 0.006 * math.sin(17 * at)
    down = 0.03 * math.sin(1.3 * at) + 0.012 * math.sin(6.1 * at) + 0.006 * math.sin(19 * at)
    lean = 1.2 * math.sin(1.1 * at) + 0.5 * math.sin(7 * at)
    move = cv2.getRotationMatrix2D((width / 2, height / 2), lean, 1.06)
    move[:, 2] += right * width, down * height
    return as_frame(cv2.warpAffine(frame, move, (width, height), borderMode=cv2.BORDER_REPLICATE))


def squeezed(frame: Frame, number: int) -> Frame:
    """Return the picture as a poor JPEG leaves it."""
    _, coded = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 30])
    return as_frame(cv2.imdecode(coded, cv2.IMREAD_COLOR))


def after(*spoils: Spoil) -> Spoil:
    """Return *spoils* one after another."""

    def spoil(frame: Frame, number: int) -> Frame:
        for each in spoils:
            frame = each(frame, number)
        return frame

    return spoil
