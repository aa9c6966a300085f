"""MoveNet MultiPose Lightning through LiteRT: a picture in, up to six skeletons out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.vision.posture import Points

Frame = NDArray[np.uint8]
"""One picture: height × width × 3, blue-green-red as OpenCV has it."""

LONG_SIDE, STEP = 256, 32
"""Longer side of the model's input in pixels; both sides are multiples of the latter."""

DIM, MOST_GAIN = 80.0, 4.0
"""Mean grey level below which a picture is brightened, and how much at most."""
NOISY = 1.5
"""Standard deviation of the noise, in grey levels, from which it is smoothed."""
REACH, LEVELS, TIMES = 5, 4.0, 2
"""Of the bilateral filter: pixels across and the deviation of their weights, its range in
deviations of the noise, and how often it runs."""
NOISE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
"""Answers to noise and hardly to edges: J. Immerkær, Fast noise variance estimation (1996)."""


def as_frame(image: Any) -> Frame:
    """Return OpenCV's idea of an image, typed."""
    return np.asarray(image, np.uint8)


def fitted(height: int, width: int) -> tuple[int, int]:
    """Return how high and wide the model sees a picture of that *height* and *width*."""
    scale = LONG_SIDE / max(height, width)
    return round(height * scale), round(width * scale)


def steps(rows: int, columns: int) -> tuple[int, int]:
    """Return the model's input for a picture of so many *rows* and *columns*."""
    return -(-rows // STEP) * STEP, -(-columns // STEP) * STEP


def noise(picture: Frame) -> float:
    """Return the standard deviation of the noise in *picture*, in grey levels.

    The median of the answers in place of their mean: a picture full of edges is not noisy.
    """
    answers = np.abs(cv2.filter2D(picture[::2, :, 1], cv2.CV_16S, NOISE))
    return float(np.median(answers)) / 0.6745 / 6


def readied(smaller: Frame) -> Frame:
    """Return *smaller* as the model knows pictures: it was trained by day, with good cameras.

    In the dusk the same bodies score far lower, and in a sensor's noise lower still.
    """
    light = smaller.mean()
    if light < DIM:
        smaller = as_frame(
            cv2.convertScaleAbs(smaller, alpha=min(MOST_GAIN, DIM / max(1.0, light)))
        )
    deviation = noise(smaller)
    if deviation >= NOISY:
        for _ in range(TIMES):
            smaller = as_frame(cv2.bilateralFilter(smaller, REACH, LEVELS * deviation, REACH))
    return smaller


class PoseModel:
    """One loaded model. Not thread-safe."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Load *path*.

        Raises:
            ValueError: the file is not a model that LiteRT can read.
        """
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter: Any = Interpreter(model_path=str(path), num_threads=threads)
        self._input: int = self._interpreter.get_input_details()[0]["index"]
        self._output: int = self._interpreter.get_output_details()[0]["index"]
        self._canvas: Frame = np.zeros((0, 0, 3), np.uint8)

    def look(self, frame: Frame) -> list[tuple[Points, float]]:
        """Return six skeletons (fractions of the picture) with their scores.

        Output layout: https://www.kaggle.com/models/google/movenet, 17 × (y, x, score), box, score.
        """
        rows, columns = fitted(*frame.shape[:2])
        self._resize(*steps(rows, columns))
        canvas = self._canvas
        smaller = cv2.resize(frame, (columns, rows), interpolation=cv2.INTER_AREA)
        smaller = readied(as_frame(smaller))
        canvas[:rows, :columns] = cv2.cvtColor(smaller, cv2.COLOR_BGR2RGB)
        canvas[rows:] = 0
        canvas[:, columns:] = 0
        self._interpreter.set_tensor(self._input, canvas[np.newaxis])
        self._interpreter.invoke()
        found = self._interpreter.get_tensor(self._output)[0]
        points = found[:, :51].reshape(-1, 17, 3)[:, :, [1, 0, 2]]
        points[:, :, 0] *= canvas.shape[1] / columns
        points[:, :, 1] *= canvas.shape[0] / rows
        return [(one, float(row[55])) for one, row in zip(points, found, strict=True)]

    def _resize(self, rows: int, columns: int) -> None:
        if self._canvas.shape[:2] != (rows, columns):
            self._canvas = np.zeros((rows, columns, 3), np.uint8)
            self._interpreter.resize_tensor_input(self._input, [1, rows, columns, 3])
            self._interpreter.allocate_tensors()
