"""What one would write first: a drop within a second, then low or level for a while.

The bar that the kiosk's own detector must clear on the same pose model.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from drivers.vision.pose import Frame, PoseModel
from drivers.vision.posture import measure
from drivers.vision.tracker import Skeleton, Tracker

DROP = 0.3
"""Of the body's height, within `WITHIN` seconds."""
WITHIN, LASTING, GIVEN_UP = 1.0, 1.5, 4.0
"""Seconds of the drop, of the posture that confirms it, and until it is forgotten."""
LOW, HIGH = 0.5, 0.7
"""Shares of the body's height: lower is down, higher is up again."""


@dataclass
class _Person:
    past: deque[tuple[float, float]] = field(default_factory=deque)
    height: float = 0.0
    dropped: float | None = None
    down: float | None = None
    told: bool = False


class SimpleRules:
    """Pictures in, alarms out."""

    def __init__(self, model: PoseModel) -> None:
        self._model = model
        self._tracker = Tracker()
        self._people: dict[int, _Person] = {}

    def step(self, at: float, frame: Frame) -> bool:
        """Take the picture of *at* seconds; return whether somebody has fallen by now."""
        aspect = frame.shape[1] / frame.shape[0]
        found = [Skeleton(points, score, aspect) for points, score in self._model.look(frame)]
        alarm = False
        for track in self._tracker.update(at, found):
            if track.seen:
                person = self._people.setdefault(track.number, _Person())
                alarm |= _fallen(at, person, track.skeleton)
        return alarm


def _fallen(at: float, person: _Person, skeleton: Skeleton) -> bool:
    body = measure(skeleton.points, skeleton.aspect, skeleton.score)
    if body is None:
        return False
    middle = (body.top + body.bottom) / 2
    person.past.append((at, middle))
    while at - person.past[0][0] > WITHIN:
        person.past.popleft()
    person.height = max(body.tall, 0.99 * person.height)
    drop = middle - min(height for _, height in person.past)
    if drop > DROP * person.height:
        person.dropped = at
    level = body.wide > body.tall or body.tall < LOW * person.height
    if not level:
        person.down = None
        if body.tall > HIGH * person.height:
            person.dropped, person.told = None, False
    elif person.dropped is not None and at - person.dropped < GIVEN_UP:
        person.down = at if person.down is None else person.down
        if at - person.down >= LASTING and not person.told:
            person.told = True
            return True
    return False
