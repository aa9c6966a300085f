"""A room as a few lines: enough to draw a bed on, too little to know anybody by.

A sketch is no photograph. The picture is shrunk until a pixel is 4 × 4 of those of a 640 × 480
camera (a face across the room is five pixels wide, letters up to a twentieth of the picture's
height run into one), blurred, and only the longer borders between light and dark are kept: at
most 200 lines with 2000 corners in all. Colours, greys and textures are gone, and so is every
line on a head that the pose model has seen. The room, and large things on its walls, can still
be known again by who has seen them.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import msgspec
import numpy as np

from drivers.vision.pose import Frame
from drivers.vision.posture import HEAD, VISIBLE, Points

LONG_SIDE = 160
"""Pixels of the longer side after shrinking."""
BLUR = 1.2
"""Standard deviation of the blur, in such pixels."""
SHORTEST = 12
"""Such pixels, wide or high, that a line must extend to be kept."""
WEAK, STRONG = 15, 40
"""Slopes of grey (of 255) that continue a line, and that begin one."""
LEAST_CONTRAST = 32.0
"""Grey levels: a dark picture is stretched to all 255, but noise alone is not."""
TOLERANCE = 0.8
"""Such pixels by which a line may be straightened."""
MOST_LINES, MOST_CORNERS = 200, 2000

Point = tuple[float, float]
"""Fractions of the picture, from its top left."""


class Sketch(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of a picture and the skeletons of the people in it."""

    aspect: float
    """Width over height."""
    lines: list[list[Point]]
    people: list[list[Point | None]]
    """17 COCO key points each; None: not visible."""


def draw(frame: Frame, people: Iterable[Points] = ()) -> Sketch:
    """Return the sketch of *frame*; *people* are the skeletons in it, in fractions of it."""
    people = list(people)
    height, width = frame.shape[:2]
    scale = LONG_SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.float32)
    grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), BLUR), np.float32)
    contrast = max(LEAST_CONTRAST, float(grey.max() - grey.min()))
    stretched = ((grey - grey.min()) * (255 / contrast)).astype(np.uint8)
    edges = cv2.Canny(stretched, WEAK, STRONG)
    for points in people:
        _erase_head(edges, points)
    return Sketch(
        aspect=round(width / height, 4),
        lines=_lines(edges),
        people=[
            [
                (round(x, 3), round(y, 3)) if score >= VISIBLE else None
                for x, y, score in points.tolist()
            ]
            for points in people
        ],
    )


def _lines(edges: Frame) -> list[list[Point]]:
    """Return the longest lines, within the limits."""
    outlines, _ = cv2.findContours(edges, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    height, width = edges.shape
    kept: list[list[Point]] = []
    corners = 0
    for outline in sorted(outlines, key=len, reverse=True)[:MOST_LINES]:
        places = outline[:, 0]
        if int(np.ptp(places, axis=0).max()) < SHORTEST:
            continue
        line = cv2.approxPolyDP(places, TOLERANCE, closed=False)[:, 0]
        corners += len(line)
        if corners > MOST_CORNERS:
            break
        middles = (line + 0.5) / (width, height)
        kept.append([(round(x, 3), round(y, 3)) for x, y in middles.tolist()])
    return kept


def _erase_head(edges: Frame, points: Points) -> None:
    """Blank *edges* on the head of *points*, with room for hair and chin."""
    head = points[list(HEAD)]
    head = head[head[:, 2] >= VISIBLE, :2] * (edges.shape[1], edges.shape[0])
    if len(head):
        middle = head.mean(axis=0)
        radius = 1.8 * float(np.hypot(*(head - middle).T).max()) + 2
        cv2.circle(edges, (round(middle[0]), round(middle[1])), round(radius), 0, -1)
