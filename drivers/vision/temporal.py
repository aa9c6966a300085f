"""Whether somebody has just fallen, by a small network over five seconds of one skeleton.

The network was trained on simulated people and on clips that may be used (`tests/bench/
train_temporal.py` says on which, and trains it again); its weights are `temporal.npz` beside this
file. It sees the way down and the lying together, so it tells a fall from push-ups where single
measures do not. It knows nothing of zones, of the time before, and of what to do about a fall:
that is the decision's.
"""

from __future__ import annotations

import math
import zipfile
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivers.vision.person import ODD, reach
from drivers.vision.posture import FEW_POINTS, VISIBLE
from drivers.vision.tracker import Skeleton, median

Floats = NDArray[np.float32]

WEIGHTS = Path(__file__).with_name("temporal.npz")
STEPS, SPACING = 40, 0.125
"""Moments that the network sees, and seconds between them."""
FRESH = 0.3
"""Seconds for which a look stands for later moments."""
PATCH, HOP = 8, 4
"""Moments that are read together, and from one such group to the next."""
CHANNELS = 17 * 2 + 17 + 5
"""Numbers of one moment, see `features`."""
SMALLEST = 0.02
"""Picture heights; no body is smaller."""
FARTHEST = 4.0
"""Body lengths from the middle at which a point is held: farther off it is a mistake."""


class Look(NamedTuple):
    """One skeleton at one time."""

    at: float
    skeleton: Skeleton


class Film:
    """The last five seconds of one person."""

    def __init__(self) -> None:
        self.looks: deque[Look] = deque()
        self._odd: Look | None = None
        """A look that leaps, until the next one confirms or refutes it."""

    def add(self, at: float, skeleton: Skeleton) -> None:
        """Take the skeleton of *at* seconds, later than the one before.

        A body needs time to come down. Who leaps is somebody else, or a bad skeleton: when a
        second look agrees, the film begins anew.
        """
        look = Look(at, skeleton)
        if self._leaps(look):
            if self._odd is None or not _agree(self._odd, look):
                self._odd = look
                return
            self.looks.clear()
            self.looks.append(self._odd)
        self._odd = None
        self.looks.append(look)
        while at - self.looks[0].at > STEPS * SPACING + FRESH:
            self.looks.popleft()

    def follow(self, former: Film) -> None:
        """Begin with what *former* shows: it is the same person."""
        begins = self.looks[0].at if self.looks else math.inf
        self.looks.extendleft(
            look for look in reversed(former.looks) if begins - STEPS * SPACING <= look.at < begins
        )

    def _leaps(self, look: Look) -> bool:
        if not self.looks:
            return False
        last, speed = self.looks[-1], 0.0
        if len(self.looks) > 1:
            before = self.looks[-2]
            speed = _apart(before, last) / (last.at - before.at)
        return _apart(last, look) > reach(speed, look.at - last.at)

    def stills(self, most: int, spacing: float) -> list[Skeleton]:
        """Return the newest skeleton and earlier ones, about *spacing* seconds apart."""
        chosen: list[Look] = []
        for look in reversed(self.looks):
            if not chosen or chosen[-1].at - look.at >= spacing * 0.9:
                chosen.append(look)
        return [look.skeleton for look in reversed(chosen[:most])]


def _agree(odd: Look, look: Look) -> bool:
    return look.at - odd.at <= FRESH and _apart(odd, look) <= ODD


def _apart(one: Look, other: Look) -> float:
    """Return how far apart two skeletons are: of points seen in both, in lengths of the larger."""
    first, second = one.skeleton, other.skeleton
    both = first.visible & second.visible
    if both.sum() < FEW_POINTS:
        return 0.0
    distances = np.hypot(*(first.place[both] - second.place[both]).T)
    return float(median(distances)) / max(first.size, second.size, SMALLEST)


def moments(times: NDArray[np.float64], spacing: float = SPACING) -> NDArray[np.int64]:
    """Return which of the looks at *times* stands for each moment up to the last; -1: none does."""
    grid = times[-1] - np.arange(STEPS - 1, -1, -1) * spacing
    latest = np.searchsorted(times, grid + 1e-6, side="right") - 1
    fresh = (latest >= 0) & (grid - times[latest] <= FRESH)
    return np.where(fresh, latest, -1)


def features(place: Floats, confidence: Floats, score: Floats, seen: NDArray[np.bool_]) -> Floats:
    """Return what the network reads of *n* people: n × STEPS × CHANNELS.

    *place* is n × STEPS × 17 × 2, *confidence* n × STEPS × 17, *score* and *seen* (whether there
    was a look at all) n × STEPS. Points are taken from the middle of all five seconds and divided
    by the body's length, so that near and far are alike; then come the points' confidence, and
    that of the look, its lowest point, and the body's middle and length in picture heights.
    """
    visible = (confidence >= VISIBLE) & seen[..., None]
    bodies = visible.sum(axis=2) >= FEW_POINTS
    inside = visible[..., None]
    low = np.where(inside, place, np.inf).min(axis=2)
    high = np.where(inside, place, -np.inf).max(axis=2)
    extent = np.where(bodies[..., None], high - low, 0.0)
    # One or two skeletons may be wrong: the third largest is a body.
    length = np.maximum(np.partition(np.hypot(*extent.T).T, -3, axis=1)[:, -3], SMALLEST)
    points = np.maximum(visible.sum(axis=(1, 2)), 1)[:, None]
    middle = (place * inside).sum(axis=(1, 2)) / points
    away = (place - middle[:, None, None]) / length[:, None, None, None]
    away = np.clip(np.where(inside, away, 0.0), -FARTHEST, FARTHEST)
    many, there = len(place), seen.astype(np.float32)
    single = (
        there,
        score * there,
        np.where(bodies, high[..., 1], 0.0),
        middle[:, 1:] * there,
        length[:, None] * there,
    )
    whole = [away.reshape(many, STEPS, 34), confidence * visible]
    return np.concatenate([*whole, *(one[..., None] for one in single)], axis=2).astype(np.float32)


class FallModel:
    """The trained network. Stateless: what it remembers is in each person's `Film`."""

    def __init__(self, path: Path = WEIGHTS) -> None:
        """Load the weights in *path*.

        Raises:
            ValueError: they are not there, or damaged.
        """
        try:
            with path.open("rb") as file, np.load(file) as stored:
                self._weights = {name: stored[name].astype(np.float32) for name in stored.files}
        except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"{path} is missing or damaged ({error}); install linli again"
            ) from error

    def fallen(self, films: Sequence[Film]) -> list[float]:
        """Return how surely the person of each film fell within it and is still down, 0 to 1."""
        if not films:
            return []
        chosen = [moments(np.array([look.at for look in film.looks])) for film in films]
        each = [
            [film.looks[n].skeleton for n in some] for film, some in zip(films, chosen, strict=True)
        ]
        read = features(
            np.array([[one.place for one in skeletons] for skeletons in each]),
            np.array([[one.points[:, 2] for one in skeletons] for skeletons in each]),
            np.array([[one.score for one in skeletons] for skeletons in each], np.float32),
            np.array(chosen) >= 0,
        )
        sure: list[float] = (0.5 + 0.5 * np.tanh(self.logits(read) / 2)).tolist()
        return sure

    def logits(self, read: Floats) -> Floats:
        """Return the network's answer to `features`, one number a person."""
        groups = np.lib.stride_tricks.sliding_window_view(read, PATCH, axis=1)[:, ::HOP]
        mixed = self._layer("patch", groups.reshape(*groups.shape[:2], -1))
        for name in ("before", "after"):
            edge = np.pad(mixed, ((0, 0), (1, 1), (0, 0)))
            around = np.concatenate([edge[:, :-2], mixed, edge[:, 2:]], axis=2)
            mixed = mixed + self._layer(name, around)
        head = self._layer("head", mixed.reshape(len(mixed), -1))
        answer: Floats = head @ self._weights["out"][0] + self._weights["out_bias"][0]
        return answer

    def _layer(self, name: str, read: Floats) -> Floats:
        weights = self._weights
        result: Floats = np.maximum(read @ weights[name].T + weights[f"{name}_bias"], 0.0)
        return result
