"""Where the pose model looks: at the whole picture, or closer at the part where people are.

The model sees 256 pixels of whatever it is shown. Somebody at the far end of a room is too small
in the whole picture to be followed through a fall, and large enough in a part of it.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivers.vision.motion import Box
from drivers.vision.pose import Frame
from drivers.vision.posture import Points
from drivers.vision.tracker import Skeleton, Track

WHOLE = 1.0
"""Seconds after which the whole picture is looked at besides: who comes in is elsewhere."""
BESIDE, OVER = 0.6, 0.36
"""Body lengths beside and above people that are looked at with them: there they may fall."""
WEAK = 0.2
"""Score of a skeleton that a closer look may find better: people who lie score 0.28."""
CLOSE, WIDER = 0.55, 1.2
"""Share of the picture that a closer look at somebody takes at most who is lost or weak, and body
lengths."""
SOUGHT = 20.0
"""Seconds for which somebody who is not followed any more is looked for where they were."""
LEAST, MOST = 0.25, 0.7
"""Share of the picture that is looked at at least; where more than the latter is needed, all."""


class Part(NamedTuple):
    """A rectangle within a picture, in pixels."""

    left: int
    top: int
    wide: int
    high: int

    def of(self, frame: Frame) -> Frame:
        """Return what *frame* shows there."""
        return frame[self.top : self.top + self.high, self.left : self.left + self.wide]

    def whole(self, points: Points, frame: Frame) -> Points:
        """Return *points*, fractions of this part of *frame*, as fractions of all of it."""
        height, width = frame.shape[:2]
        scale = np.array([self.wide / width, self.high / height, 1.0], np.float32)
        return points * scale + np.array([self.left / width, self.top / height, 0.0], np.float32)

    def holds(self, skeleton: Skeleton, frame: Frame) -> bool:
        """Return whether the middle of *skeleton* is in this part of *frame*."""
        x, y = skeleton.middle
        right, down = x * frame.shape[1] - self.left, y * frame.shape[0] - self.top
        return bool(0 <= right < self.wide and 0 <= down < self.high)


class Gaze:
    """Chooses, look by look."""

    def __init__(self) -> None:
        self._whole_at = -math.inf
        self._sought = False
        """The last look was at what moves, for nobody was known."""
        self._turn = 0
        """Looks since people have been too far apart for one part."""
        self._closer = 0
        """Looks while somebody is lost or weak."""
        self._known: dict[int, Box] = {}
        """Where to look closely for each of those who are followed."""
        self._lost: list[tuple[float, Box]] = []
        """Since when somebody is not followed any more, and where to look for them."""

    def parts(
        self, at: float, frame: Frame, tracks: Collection[Track], moved: Box | None
    ) -> list[Part]:
        """Return where in *frame* to look at *at* seconds, the closer look first.

        Whoever is followed (*tracks*) is looked at closely, and now and then the whole picture
        besides. Of people far apart, every other look is at one in turn besides the whole picture.
        While nobody is followed, every other look is at what *moved*. Where somebody is lost or
        weak, or was until of late, every other look is a closer one: who lies scores low.
        """
        closer = self._close(at, frame, tracks)
        if closer is not None:
            return [closer]
        boxes = [around(track) for track in tracks]
        self._sought = not boxes and moved is not None and not self._sought
        if self._sought and moved is not None:
            size = np.ptp(moved, axis=0).max()
            boxes = [moved + np.array([[-size], [size]]) / 2]
        part = _holding(boxes, frame)
        if part is not None and (self._sought or at - self._whole_at < WHOLE):
            return [part]
        self._whole_at = at
        self._turn = self._turn + 1 if part is None and len(boxes) > 1 else 0
        if self._turn and self._turn % 2 == 0:
            part = _next(boxes, self._turn // 2, frame)
        whole = Part(0, 0, frame.shape[1], frame.shape[0])
        return [whole] if part is None else [part, whole]

    def seeks(self, at: float) -> bool:
        """Return whether somebody was lost so lately that they are looked for, moving or not."""
        return any(at - since < SOUGHT for since, _ in self._lost)

    def _close(self, at: float, frame: Frame, tracks: Collection[Track]) -> Part | None:
        """Return the closer look that is due, if one is."""
        known = {track.number: _within(track) for track in tracks}
        self._lost = [one for one in self._lost if at - one[0] < SOUGHT] + [
            (at, box) for number, box in self._known.items() if number not in known
        ]
        self._known = known
        sought = [
            known[track.number] for track in tracks if not track.seen or track.skeleton.score < WEAK
        ] or ([box for _, box in self._lost] if not tracks else [])
        self._closer = self._closer + 1 if sought else 0
        if self._closer % 2 == 0:
            return None
        return _holding([sought[self._closer // 2 % len(sought)]], frame)


def _within(track: Track) -> Box:
    """Return where somebody lies who stood or stands as *track*: at their feet."""
    x, y = track.skeleton.middle
    low = float(track.skeleton.points[track.skeleton.visible, 1].max(initial=y))
    middle = np.array([x, (y + low) / 2])
    share = min(CLOSE, max(LEAST, track.size * WIDER))
    box: NDArray[np.float64] = middle + np.array([[-1], [1]]) * share / 2
    return box


def around(track: Track) -> Box:
    """Return where *track* is and may be in a moment."""
    aspect = track.skeleton.aspect
    reach = track.size * np.array([(0.5 + BESIDE) / aspect, 0.5 + OVER])
    box: NDArray[np.float64] = np.array(track.skeleton.middle) + np.array([[-1], [1]]) * reach
    return box


def _next(boxes: list[Box], turn: int, frame: Frame) -> Part | None:
    """Return the part around one of *boxes*, each in turn; None if all of them are large."""
    parts = [part for box in boxes if (part := _holding([box], frame)) is not None]
    return parts[turn % len(parts)] if parts else None


def _holding(boxes: list[Box], frame: Frame) -> Part | None:
    """Return the part of *frame* with all *boxes* in it; None if that is hardly less than all."""
    if not boxes:
        return None
    height, width = frame.shape[:2]
    low, high = np.min(boxes, axis=0)[0], np.max(boxes, axis=0)[1]
    share = max(LEAST, *(high - low))
    if share > MOST:
        return None
    # The shorter side is never longer than the picture's shape has it: the model's input, which
    # comes in steps, would need another size.
    longer = round(share * max(width, height))
    shorter = longer * min(width, height) // max(width, height)
    size = np.array([longer, shorter] if width >= height else [shorter, longer])
    corner = (low + high) / 2 * (width, height) - size / 2
    left, top = np.clip(corner, 0, (width, height) - size).astype(int).tolist()
    return Part(left, top, *size.tolist())
