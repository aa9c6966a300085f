"""Frames in, signals out: the same object for a live camera and for a file."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import cv2
import numpy as np

from agent.contract.signals import PersonDown, PersonUp, Signal
from drivers.vision.decision import Decision, Sighting, Verdict
from drivers.vision.gaze import Gaze, Part, around
from drivers.vision.ground import Ground, Mounting
from drivers.vision.health import Health
from drivers.vision.motion import GRID, Box, Cells, MotionGate, shrink
from drivers.vision.person import Person
from drivers.vision.plan import draw
from drivers.vision.pose import Frame, PoseModel
from drivers.vision.posture import measure
from drivers.vision.private import blackened
from drivers.vision.scene import Scene
from drivers.vision.temporal import FallModel, Film
from drivers.vision.tracker import Skeleton, Track, Tracker
from drivers.vision.zones import FURNITURE, Zone, zone_at

MOST_LOOKS = 10.0
"""Looks per second; a machine that cannot do that many does what it can."""
HEARTBEAT = 5.0
"""Seconds after which a picture without motion is looked at all the same."""
SEEKS = 1.0
"""The same while somebody is looked for who was lost."""
LINGER = 1.0
"""Seconds of looking after the last motion."""
RETURNED = 0.5
"""Seconds that count as unseen of the time in which another room was shown."""
KEPT, SPACING = 14, 0.25
"""Frames of a skeleton sequence, and seconds between them: 3.5 s in under 4 kB of JSON."""


class Pipeline:
    """One camera's way from pictures to falls. Keeps numbers, never a picture."""

    def __init__(
        self,
        model: PoseModel,
        zones: Sequence[Zone] = (),
        *,
        floor_seconds: float = 30.0,
        bed_falls: bool = False,
        mounting: Mounting | None = None,
        temporal: FallModel | None = None,
    ) -> None:
        self._model = model
        self._temporal = temporal or FallModel()
        self._mounting = mounting
        self._private = [zone for zone in zones if zone.kind == "private"]
        self._ignored = [zone for zone in zones if zone.kind == "ignore"]
        self._places = [zone for zone in zones if zone.kind in FURNITURE]
        self.tracker = Tracker()
        self.decision = Decision(floor_seconds=floor_seconds, bed_falls=bed_falls)
        self._gate = MotionGate()
        self._gaze = Gaze()
        self._health = Health()
        self._mask = _mask(self._ignored)
        self._looked_at = self._moved_at = -math.inf
        self._moved: Box | None = None
        """Where, within the last second."""
        self._scene = Scene()
        self._absent: list[tuple[Person, Track, Film]] = []
        """Who was in the room before the last cut."""
        self.blind = ""
        """Why the picture is not to be relied on; empty while it is."""
        self._films: dict[int, Film] = {}
        self.looks = 0
        """Times that the pose model looked at a picture or at a part of one."""
        self.model_seconds = 0.0
        """Spent in the model."""

    def step(self, at: float, frame: Frame) -> list[Signal]:
        """Take the picture of *at* seconds and return what it means."""
        if self._private:
            frame = blackened(frame, self._private)
        cells = shrink(frame)
        self.blind = self._health.check(at, cells)
        fit = self._scene.fit(at, cells)
        if fit == "cut":
            self._leave(at)
        elif fit == "back":
            self._return(at)
        if fit == "aside" or not self._due(at, cells * self._mask):
            return []
        return self._look(at, frame)

    def _leave(self, at: float) -> None:
        """Put aside who stands in a room that is not seen any more."""
        self._absent = [
            (person, track, self._films.get(number) or Film())
            for number, person in self.decision.new_scene(at).items()
            if (track := self.tracker.forget(number)) is not None
        ]

    def _return(self, at: float) -> None:
        """See that room again, with whoever was in it."""
        for person, track, film in self._absent:
            track.at = max(track.at, at - RETURNED)
            self.tracker.adopt(track)
            self.decision.people[track.number] = person
            self._films[track.number] = film
        self._absent = []

    def _due(self, at: float, cells: Cells) -> bool:
        since = at - self._looked_at
        # A camera's own pace wobbles: 0.8 lets ten looks come from ten frames a second.
        if since < 0.8 / MOST_LOOKS:
            return False
        moved = self._gate.moved(cells)
        if moved is not None:
            self._moved_at = at
            self._moved = moved
        lingers = at - self._moved_at < LINGER
        if not lingers:
            self._moved = None
        waits = SEEKS if self._gaze.seeks(at) else HEARTBEAT
        wanted = lingers or since >= waits or bool(self.decision.watched)
        if wanted:
            self._looked_at = at
            self._gate.looked(cells)
        return wanted

    def _look(self, at: float, frame: Frame) -> list[Signal]:
        skeletons: list[Skeleton] = []
        seen: list[Part] = []
        for part in self._gaze.parts(at, frame, self.tracker.tracks.values(), self._moved):
            found = self._see(frame, part)
            skeletons += [one for one in found if not any(it.holds(one, frame) for it in seen)]
            seen.append(part)
        if self._ignored:
            skeletons = [one for one in skeletons if zone_at(self._ignored, *one.middle) is None]
        tracks = self.tracker.update(at, skeletons)
        self._remember(at, tracks)
        aspect = frame.shape[1] / frame.shape[0]
        verdicts = self.decision.observe(at, self._sightings(tracks, aspect))
        for heir, former in self.decision.heirs.items():
            self._films[heir].follow(self._films[former])
        watched = self.decision.watched
        for track in tracks:
            track.kept = track.number in watched
        return [self._signal(at, verdict) for verdict in verdicts]

    def _see(self, frame: Frame, part: Part) -> list[Skeleton]:
        """Return who is in *part* of *frame*."""
        began = time.perf_counter()
        found = self._model.look(part.of(frame))
        self.model_seconds += time.perf_counter() - began
        self.looks += 1
        aspect = frame.shape[1] / frame.shape[0]
        return [Skeleton(part.whole(points, frame), score, aspect) for points, score in found]

    def _remember(self, at: float, tracks: list[Track]) -> None:
        """Film everybody who is seen; forget the films of those who are gone."""
        self._films = {track.number: self._films.get(track.number) or Film() for track in tracks}
        for track in tracks:
            if track.seen:
                self._films[track.number].add(at, track.skeleton)

    def _sightings(self, tracks: list[Track], aspect: float) -> list[Sighting]:
        seen = [track.number for track in tracks if track.seen]
        fell = self._temporal.fallen([self._films[number] for number in seen])
        likely = dict(zip(seen, fell, strict=True))
        return [self._sighting(track, aspect, likely.get(track.number)) for track in tracks]

    def _sighting(self, track: Track, aspect: float, fell: float | None) -> Sighting:
        skeleton = track.skeleton
        body = measure(skeleton.points, aspect, skeleton.score) if track.seen else None
        plan = None
        if track.seen and self._mounting is not None:
            plan = draw(skeleton.points, aspect, Ground(self._mounting, aspect))
        place = zone_at(self._places, *skeleton.middle)
        name = place.name if place else ""
        return Sighting(track.number, body, name, place is not None, plan, fell, self._moves(track))

    def _moves(self, track: Track) -> bool:
        """Return whether something moved of late where *track* is."""
        if self._moved is None:
            return False
        low, high = around(track)
        (left, top), (right, bottom) = self._moved
        return bool(left < high[0] and right > low[0] and top < high[1] and bottom > low[1])

    def _signal(self, at: float, verdict: Verdict) -> Signal:
        if not verdict.down:
            self._films[verdict.track] = Film()  # what was before is over
            return PersonUp(track=verdict.track, at=at)
        return PersonDown(
            track=verdict.track,
            confidence=verdict.confidence,
            reason=verdict.reason,
            zone=verdict.zone,
            skeleton=[
                np.round(one.points.astype(float), 2).tolist()
                for one in self._films[verdict.track].stills(KEPT, SPACING)
            ],
            at=at,
        )


def _mask(ignored: list[Zone]) -> Cells:
    """Return 0 for the cells in which motion means nothing, else 1."""
    mask = np.ones((GRID[1], GRID[0]), np.float32)
    for zone in ignored:
        corners = np.array(zone.polygon) * GRID
        cv2.fillPoly(mask, [corners.round().astype(np.int32)], (0.0,))
    return mask
