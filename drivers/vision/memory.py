"""What survives a crash of the camera's process: who lay where, and since when. No pictures."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np

from drivers.vision.decision import Decision
from drivers.vision.fall import Fall
from drivers.vision.person import Person
from drivers.vision.tracker import Skeleton, Track, Tracker

log = logging.getLogger(__name__)

FRESH = 60.0
"""Seconds after which what was remembered says nothing any more."""


class Kept(msgspec.Struct, frozen=True):
    """One person who is or may be down."""

    track: int
    at: float
    """Boot-time clock: after a restart of the machine it lies in the future, and is ignored."""
    points: list[list[float]]
    score: float
    aspect: float
    stature: float
    ground: float | None
    lying: float
    floor: float
    alarmed: bool
    fall: Fall | None


def kept(decision: Decision, tracker: Tracker) -> list[Kept]:
    """Return those who lie, or lay when last seen."""
    return [
        Kept(
            track=number,
            at=person.at,
            points=np.round(track.skeleton.points.astype(float), 3).tolist(),
            score=track.skeleton.score,
            aspect=track.skeleton.aspect,
            stature=person.stature,
            ground=person.ground,
            lying=person.lying,
            floor=person.floor,
            alarmed=person.alarmed,
            fall=person.fall,
        )
        for number, person in decision.people.items()
        if (person.alarmed or person.floor > 0 or (person.fall and person.fall.held))
        and (track := tracker.tracks.get(number))
    ]


def restore(people: Iterable[Kept], decision: Decision, tracker: Tracker, at: float) -> None:
    """Let those who lay less than `FRESH` seconds before *at* lie on: unseen, until seen."""
    for one in people:
        if not 0.0 <= at - one.at <= FRESH:
            continue
        skeleton = Skeleton(np.array(one.points, np.float32), one.score, one.aspect)
        tracker.adopt(Track(one.track, skeleton, one.at, one.at, skeleton.size, kept=True))
        person = Person(one.at, one.stature, seen_at=one.at)
        if one.ground is not None:
            person.feet.append((one.at, one.ground))
        person.lying, person.floor = one.lying, one.floor
        person.alarmed, person.fall = one.alarmed, one.fall
        if person.fall is not None:
            # The film of the way down is lost: what is seen from now on cannot deny it.
            person.fall.likely = 1.0
        decision.people[one.track] = person


class Notebook:
    """The file that holds it. Written only while somebody lies, gone otherwise."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written_at = 0.0

    def read(self) -> list[Kept]:
        """Return what a predecessor wrote; nothing if it is missing or damaged."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=list[Kept])
        except FileNotFoundError:
            return []
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("camera-memory-unreadable path=%s error=%s", self._path, error)
            return []

    def write(self, people: list[Kept], at: float) -> None:
        """Write *people* at most once a second; remove the file when there are none."""
        if not people:
            self.clear()
            return
        if 0.0 <= at - self._written_at < 1.0:
            return
        try:
            self._written_at = at
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft = self._path.with_suffix(".new")
            draft.write_bytes(msgspec.json.encode(people))
            draft.replace(self._path)
        except OSError as error:
            # A full disk costs the memory of a crash, never the watching itself.
            log.debug("camera-memory-unwritten path=%s error=%s", self._path, error)

    def clear(self) -> None:
        """Remove the file."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            log.debug("camera-memory-left path=%s error=%s", self._path, error)
