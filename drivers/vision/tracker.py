"""Who is who from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from drivers.vision.posture import VISIBLE, Points

NEW = 0.22
"""A skeleton below this score does not found a track: it may be a coat on a chair."""
FOLLOW = 0.08
"""A skeleton above this score may continue a track: people who lie score low."""
REACH, RUN = 0.2, 1.8
"""Farthest that a body's points move, in body sizes: at once, and more each second."""
FARTHEST = 0.9
"""Limit of the above, however long somebody was not seen."""
LEAP, JUST = 0.8, 1.0
"""Body sizes within which a new skeleton is somebody who was lost, and seconds for which they were
missed at most unless they may be down."""
SCRAP = 0.25
"""Of a body's size: a weak skeleton that is smaller is a thing in the room, and not that body."""
MISSED = 0.5
"""Seconds that one look in vain counts at most: whoever is not looked for is not missed."""
PATIENCE = 2.0
"""Seconds that a track survives unseen, and at least as many looks."""


SAME = 0.12
"""Body sizes within which a weak skeleton is the one that was there before."""
USUAL, STALE = 0.5, 10.0
"""Seconds that make a weak skeleton a part of the room, and without it until it is none."""


def median(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the median along the first axis: of so few values several times as fast as numpy's."""
    ordered = np.sort(values, axis=0)
    middle: NDArray[np.float32] = (ordered[(len(values) - 1) // 2] + ordered[len(values) // 2]) / 2
    return middle


class Skeleton:
    """One skeleton of one frame, isotropic coordinates (x times the picture's aspect)."""

    __slots__ = ("aspect", "place", "points", "score", "size", "visible")

    def __init__(self, points: Points, score: float, aspect: float) -> None:
        self.points = points
        self.score = score
        self.aspect = aspect
        self.visible = points[:, 2] >= VISIBLE
        self.place: NDArray[np.float32] = points[:, :2] * np.array([aspect, 1.0], np.float32)
        chosen = self.place[self.visible] if self.visible.any() else self.place
        self.size = float(np.hypot(*(chosen.max(axis=0) - chosen.min(axis=0))))

    @property
    def middle(self) -> tuple[float, float]:
        """Middle of the visible points, in fractions of the picture."""
        chosen = self.points[self.visible] if self.visible.any() else self.points
        x, y, _ = median(chosen)
        return float(x), float(y)


@dataclass
class Track:
    """One person over time."""

    number: int
    skeleton: Skeleton
    at: float
    born: float
    size: float = 0.0
    """Largest extent of late: a body that rolls up is still as long as it was."""
    seen: bool = True
    missed: float = 0.0
    """Seconds for which the person was looked for in vain."""
    kept: bool = field(default=False)
    """Somebody who is or may be down: not forgotten while unseen."""

    def see(self, at: float, skeleton: Skeleton) -> None:
        """Continue the track with *skeleton*."""
        fade = 0.9 ** min(10.0, at - self.at)
        self.size = max(skeleton.size, self.size * fade)
        self.skeleton, self.at, self.seen, self.missed = skeleton, at, True, 0.0


class Tracker:
    """Assigns skeletons to people, nearest first."""

    def __init__(self) -> None:
        self.tracks: dict[int, Track] = {}
        self._shades: list[Track] = []
        self._next = 1
        self._looked_at = 0.0
        """When the look before was."""

    def update(self, at: float, skeletons: list[Skeleton]) -> list[Track]:
        """Take the skeletons of one look; return all living tracks (`seen` or not)."""
        # Nobody is missed in a time in which no picture came.
        elapsed, self._looked_at = min(MISSED, at - self._looked_at), at
        skeletons = self._without_furniture(at, _distinct(skeletons))
        pairs = sorted(
            (
                (_distance(track, skeleton, at), number, index)
                for number, track in self.tracks.items()
                for index, skeleton in enumerate(skeletons)
                if skeleton.score >= FOLLOW and not _scrap(skeleton, track)
            ),
        )
        for track in self.tracks.values():
            track.seen = False
            track.missed += elapsed
        taken: set[int] = set()
        for distance, number, index in pairs:
            track = self.tracks[number]
            if distance > 1.0 or track.seen or index in taken:
                continue
            track.see(at, skeletons[index])
            taken.add(index)
        for index, skeleton in enumerate(skeletons):
            if index in taken or skeleton.score < FOLLOW:
                continue
            if skeleton.score < NEW:
                if not _seen_as(self._shades, at, skeleton):
                    self._shades.append(Track(0, skeleton, at, at, skeleton.size))
                continue
            lost = self._lost_near(skeleton)
            if lost is not None:
                lost.see(at, skeleton)
            else:
                self.adopt(Track(self._next, skeleton, at, at, skeleton.size))
        for number, track in list(self.tracks.items()):
            if not track.seen and not track.kept and track.missed > PATIENCE:
                del self.tracks[number]
        return list(self.tracks.values())

    def _without_furniture(self, at: float, skeletons: list[Skeleton]) -> list[Skeleton]:
        """Drop weak skeletons that have been where they are while everybody was elsewhere.

        Pillows and coats look a little like people: whoever falls must not become one of them.
        """
        strong = [skeleton for skeleton in skeletons if skeleton.score >= NEW]
        self._shades = [
            shade
            for shade in self._shades
            if at - shade.at < STALE and not any(_same(shade, skeleton) for skeleton in strong)
        ]
        usual = [shade for shade in self._shades if self._usual(shade)]
        return [
            skeleton
            for skeleton in skeletons
            if skeleton.score >= NEW or not _seen_as(usual, at, skeleton)
        ]

    def _usual(self, shade: Track) -> bool:
        """Return whether *shade* is furniture, and not somebody who was lost before it came."""
        return shade.at - shade.born >= USUAL and not any(
            track.at < shade.born + USUAL
            and _apart(track.skeleton, shade.skeleton) < LEAP * max(track.size, shade.size)
            for track in self.tracks.values()
        )

    def _lost_near(self, skeleton: Skeleton) -> Track | None:
        """Return whom *skeleton* probably continues although the leap is long.

        In the blur of a fall the model loses people, or sees them somewhere else for a moment.
        """
        near = [
            (away, track.number)
            for track in self.tracks.values()
            if not track.seen
            and (track.kept or track.missed <= JUST)
            and (away := _apart(track.skeleton, skeleton)) < (LEAP * max(track.size, skeleton.size))
        ]
        return self.tracks[min(near)[1]] if near else None

    def adopt(self, track: Track) -> None:
        """Follow somebody from now on."""
        self.tracks[track.number] = track
        self._next = max(self._next, track.number + 1)

    def forget(self, number: int) -> Track | None:
        """Drop a track, whatever its state; return it."""
        return self.tracks.pop(number, None)


def _scrap(skeleton: Skeleton, track: Track) -> bool:
    return skeleton.score < NEW and skeleton.size < SCRAP * track.size


def _same(shade: Track, skeleton: Skeleton) -> bool:
    return _apart(shade.skeleton, skeleton) < SAME * max(shade.size, skeleton.size)


def _seen_as(shades: list[Track], at: float, skeleton: Skeleton) -> bool:
    shade = next((shade for shade in shades if _same(shade, skeleton)), None)
    if shade is not None:
        shade.see(at, skeleton)
    return shade is not None


def _distance(track: Track, skeleton: Skeleton, at: float) -> float:
    """Return how far *skeleton* is from the track's last one; at most 1 is plausible.

    Points visible in both are compared, else the middles. Time unseen widens the reach.
    """
    last = track.skeleton
    both = last.visible & skeleton.visible
    if both.sum() >= 4:
        away = float(median(np.hypot(*(last.place[both] - skeleton.place[both]).T)))
    else:
        away = _apart(last, skeleton)
    size = max(track.size, skeleton.size, 0.1)
    return away / (size * min(FARTHEST, REACH + RUN * (at - track.at)))


def _apart(one: Skeleton, other: Skeleton) -> float:
    return float(np.hypot(*(_middle(one) - _middle(other))))


def _middle(skeleton: Skeleton) -> NDArray[np.float32]:
    chosen = skeleton.place[skeleton.visible] if skeleton.visible.any() else skeleton.place
    middle: NDArray[np.float32] = median(chosen)
    return middle


def _distinct(skeletons: list[Skeleton]) -> list[Skeleton]:
    """Drop the weaker of two skeletons that are the same body."""
    kept: list[Skeleton] = []
    for skeleton in sorted(skeletons, key=lambda item: -item.score):
        for other in kept:
            both = skeleton.visible & other.visible
            if both.sum() < 3:
                continue
            apart = median(np.hypot(*(skeleton.place[both] - other.place[both]).T))
            if apart < 0.12 * other.size:
                break
        else:
            kept.append(skeleton)
    return kept
