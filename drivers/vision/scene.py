"""Which pictures are of the room that is watched, and which are spoiled or of something else.

Decoders, cables and networks spoil single pictures: grey, green, torn, stale, black. One of them
says nothing about the people in the room. It is set aside, and so are those that follow until two
of them agree, or for `ASIDE` seconds; a picture that was shown before is old, and set aside too.
The light may change at once, when a lamp is switched on or the camera goes over to infra-red: then
the edges are where they were.
"""

from __future__ import annotations

from collections import deque
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.vision.health import COARSE
from drivers.vision.motion import LEAST, Cells

UNLIKE = 0.25
"""Share of the cells that differ in a picture that may be spoiled: more than people change."""
DIFFERS = 0.2
"""Of a picture's mean grey level, from which on a cell differs."""
DARKEST, LIGHTEST = 25.0, 100.0
"""Mean grey levels that are taken for less and for more: noise, and white walls."""
BLANK = 0.25
"""Of the contrast before: a picture with less shows nothing."""
FLAT = 2.5
"""Contrast, in grey levels, of a picture that shows nothing at all."""
ALIKE = 0.3
"""Correlation of the edges of one room in two lights, infra-red too: 0.55 and more; of two rooms
it is below 0.2."""
SHAKEN = 4
"""Cells by which the picture of a camera that shakes may be shifted between two pictures."""
AROUND = (9, 9)
"""Cells around a cell in which its contrast is measured."""
ASIDE = 2.0
"""Seconds for which pictures are set aside at most, then whatever comes is the room."""
REMEMBERED = 60.0
"""Seconds for which the room before is known again."""

LATELY, AGO, APART = 5.0, 0.4, 0.08
"""Seconds for which pictures are remembered, after which one that comes again is old, and seconds
between those that are remembered."""
OLD, TRUSTED = 1.0, 10.0
"""Seconds for which old pictures are set aside at most, and seconds after that in which there are
none: something in the room does the same again and again."""
MOVED, AGAIN = 12, 0.3
"""Cells in which an old picture differs from the last one at least, and the share of that mean
difference below which it is the old one."""

Fit = Literal["same", "aside", "cut", "back"]


class Scene:
    """Compares each picture with the last one that was of the room."""

    def __init__(self) -> None:
        self._room: Cells | None = None
        self._before: Cells | None = None
        """The room before the last cut."""
        self._cut_at = 0.0
        self._suspect: Cells | None = None
        """The last picture that was set aside."""
        self._since = 0.0
        """When the first of them came."""
        self._lately: deque[tuple[float, NDArray[np.uint8]]] = deque()
        """Pictures of the room of late."""
        self._trusted = 0.0
        """Until when no picture is taken for an old one."""

    def fit(self, at: float, cells: Cells) -> Fit:
        """Take the small picture of *at* seconds; say what it is.

        "same": the room that was watched; "aside": not to be looked at; "cut": something else
        from now on; "back": the room of before the last cut.
        """
        room, suspect = self._room, self._suspect
        fits = room is not None and not unlike(room, cells) and not _blank(room, cells)
        if fits and not self._old(at, cells):
            return self._take(at, cells, "same")
        if suspect is None:
            self._since = at
        self._suspect = cells
        agree = not fits and suspect is not None and not unlike(suspect, cells)
        blank = _blank(room, cells)
        early = at - self._since < (OLD if fits else ASIDE)
        if early and (blank or (room is not None and not agree)):
            return "aside"
        if blank:
            return "same"  # it is dark: whatever can be seen is looked at, and the room known again
        self._lately.clear()
        if fits:
            self._trusted = at + TRUSTED
        if room is None or alike(room, cells):
            return self._take(at, cells, "same")
        before, self._before = self._before, room
        known = before is not None and at - self._cut_at < REMEMBERED
        self._cut_at = at
        if known and before is not None and (not unlike(before, cells) or alike(before, cells)):
            return self._take(at, cells, "back")
        return self._take(at, cells, "cut")

    def _old(self, at: float, cells: Cells) -> bool:
        """Return whether *cells* came before, and something else since: a picture out of order."""
        if not self._lately or at < self._trusted:
            return False
        small = cells.astype(np.uint8)
        change = cv2.absdiff(small, self._lately[-1][1])
        if (change > LEAST).sum() < MOVED:
            return False
        most = AGAIN * float(change.mean())
        return any(
            (differs := cv2.absdiff(small, then)).max() < LEAST and differs.mean() < most
            for when, then in self._lately
            if at - when >= AGO
        )

    def _take(self, at: float, cells: Cells, fit: Fit) -> Fit:
        while self._lately and at - self._lately[0][0] > LATELY:
            self._lately.popleft()
        if not self._lately or at - self._lately[-1][0] >= APART:
            self._lately.append((at, cells.astype(np.uint8)))
        self._room, self._suspect = cells, None
        return fit


def unlike(before: Cells, after: Cells) -> bool:
    """Return whether much of the picture changed: spoiled, another light, or another room."""
    light = min(LIGHTEST, max(DARKEST, float(before.mean()), float(after.mean())))

    def differing(one: Cells, other: Cells) -> float:
        return float((np.abs(other - one) > DIFFERS * light).mean())

    if differing(before, after) <= UNLIKE:
        return False
    # A camera that shakes in the wind shows the same a little way off.
    reach = range(-SHAKEN, SHAKEN + 1)
    return all(
        differing(*_overlap(before, after, right, down)) > UNLIKE
        for right in reach
        for down in reach
    )


def alike(one: Cells, other: Cells) -> bool:
    """Return whether both show the same edges, in whatever light."""
    return float((_edges(one) * _edges(other)).mean()) > ALIKE


def _blank(before: Cells | None, after: Cells) -> bool:
    """Return whether *after* shows nothing, or hardly anything of what *before* showed."""
    usual = _contrast(before) if before is not None else 0.0
    return _contrast(after) < max(FLAT, BLANK * usual)


def _contrast(cells: Cells) -> float:
    """Return the deviation of large fields: neither noise nor focus matters to them."""
    return float(cv2.resize(cells, COARSE, interpolation=cv2.INTER_AREA).std())


def _overlap(before: Cells, after: Cells, right: int, down: int) -> tuple[Cells, Cells]:
    """Return what both show of the scene if *after* lies so many cells right and down."""
    high, wide = before.shape
    return (
        before[max(0, -down) : high - max(0, down), max(0, -right) : wide - max(0, right)],
        after[max(0, down) : high - max(0, -down), max(0, right) : wide - max(0, -right)],
    )


def _edges(cells: Cells) -> Cells:
    """Return *cells* without their light: deviation 1 around 0."""
    flat = cells - cv2.blur(cells, AROUND)
    flat /= np.sqrt(cv2.blur(flat * flat, AROUND)) + 1.0
    flat -= flat.mean()
    edges: Cells = flat / max(1e-6, float(flat.std()))
    return edges
