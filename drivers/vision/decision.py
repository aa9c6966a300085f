"""Who has fallen: a pure state machine over what posture and tracker saw.

Three ways lead to an alarm. *Told*: the temporal model saw somebody fall. *Drop*: the upper body
comes down by a good part of the stature within moments and then lies, the longer the gentler it
came down, and the temporal model does not deny it. *Floor*: somebody lies on the floor outside
bed, sofa and bench zones for long, however they got there and whether or not they move.

Nothing here asks for stillness: people move after falling. How a drop is noticed and how much
somebody lies is in `drivers.vision.person`, what a drop needs to become an alarm in
`drivers.vision.fall`.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from typing import Literal, NamedTuple

from drivers.vision.fall import BELIEVED, CONFIRM_BELIEVED, CROUCHED, FAST_SPEED, LIES
from drivers.vision.heirs import Left, inherit
from drivers.vision.person import Person
from drivers.vision.plan import Plan
from drivers.vision.posture import Body

OPEN = 4.0
"""Seconds after a drop within which the body must come to lie."""
LOST = 600.0
"""Seconds after which somebody who is down and not seen any more is forgotten."""
UNKNOWN_FLOOR = 4.0
"""Longer by this factor where nobody was seen standing: it may be a bed without a zone."""
AGAIN = 0.3
"""Seconds with the trunk upright after which somebody who is alarmed about can fall again."""
SURE = 1.0
"""Seconds of lying that outlast a change of the whole picture, such as a lamp switched on."""
GLIMPSE = 0.3
"""Seconds of lying that must have been seen before unseen seconds count: half, after a drop."""
Reason = Literal["drop", "floor", "bed"]


class Sighting(NamedTuple):
    """One tracked person in one look."""

    track: int
    body: Body | None
    """None when the person was not seen, or not enough of them."""
    zone: str = ""
    """Name of the zone the person is in."""
    furniture: bool = False
    """That zone is a bed, sofa or bench: lying there is what it is for."""
    plan: Plan | None = None
    """The body over the floor, where that is a known plane."""
    fell: float | None = None
    """How surely the person fell of late and is down, by the temporal model; None: not seen."""
    moved: bool = True
    """Something moved where the person is, within the last second."""


class Verdict(NamedTuple):
    """The beginning or the end of an alarm about one person."""

    track: int
    down: bool
    reason: Reason = "drop"
    confidence: float = 0.0
    zone: str = ""


class Decision:
    """Observations with their time in, verdicts out; no clock, no pictures."""

    def __init__(self, *, floor_seconds: float = 30.0, bed_falls: bool = False) -> None:
        self.floor_seconds = floor_seconds
        self.bed_falls = bed_falls
        self.people: dict[int, Person] = {}
        self._newest = -math.inf
        """When somebody was first seen of late."""
        self._left = Left()
        self.heirs: dict[int, int] = {}
        """Who was found in the last look, and whose fall it was."""

    @property
    def watched(self) -> set[int]:
        """People who are or may be down: looked at without pause, kept while unseen."""
        return {
            number
            for number, person in self.people.items()
            if person.alarmed or person.fall is not None or max(person.floor, person.believed) > 0
        }

    def observe(self, at: float, sightings: Iterable[Sighting]) -> list[Verdict]:
        """Take one look at *at* seconds; return what begins or ends."""
        verdicts: list[Verdict] = []
        sightings = list(sightings)
        present = {sighting.track for sighting in sightings}
        for number in self.people.keys() - present:
            self._left.add(at, self.people.pop(number))
        self.heirs = {}
        for sighting in sightings:
            person = self.people.get(sighting.track)
            if person is None:
                if sighting.body is None:
                    continue
                person = self._newcomer(at, sighting.track, sighting.body, sightings)
            verdict = self._step(at, person, sighting)
            person.at = at
            if verdict is not None:
                verdicts.append(verdict)
        return verdicts

    def _newcomer(self, at: float, number: int, body: Body, sightings: list[Sighting]) -> Person:
        person = Person(at, body.stature, seen_at=at)
        unseen = {
            one.track: self.people[one.track]
            for one in sightings
            if one.body is None and one.track in self.people
        }
        former = self._left.take(at, body, unseen.values())
        if former is not None and inherit(at, person, body, former):
            self.heirs.update((number, one) for one, known in unseen.items() if known is former)
        self.people[number] = person
        self._newest = at
        return person

    def new_scene(self, at: float) -> dict[int, Person]:
        """The whole picture changed: forget all but those who lie; return who was forgotten.

        Whoever is found where they were still stands on the same floor: most cuts are none.
        """
        gone = {
            number: person
            for number, person in self.people.items()
            if not (person.alarmed or max(person.floor, person.held) >= SURE)
        }
        for number in gone:
            self._left.add(at, self.people.pop(number))
        return gone

    def _step(self, at: float, person: Person, sighting: Sighting) -> Verdict | None:
        # A gap in looking proves nothing: it counts for no more than a second.
        elapsed = min(1.0, max(0.0, at - person.at))
        if sighting.body is not None:
            person.see(at, sighting.body, sighting.plan)
        if sighting.fell is not None:
            person.believe(sighting.fell, sighting.body, elapsed)
        if person.alarmed:
            return self._recovery(at, elapsed, person, sighting)
        return (
            self._told(person, sighting)
            or self._drop(at, elapsed, person, sighting)
            or self._floor(elapsed, person, sighting)
        )

    def _told(self, person: Person, sighting: Sighting) -> Verdict | None:
        if person.believed < CONFIRM_BELIEVED:
            return None
        if sighting.furniture and not self.bed_falls:
            person.believed = 0.0
            return None
        return self._down(person, sighting, max(BELIEVED, sighting.fell or 0.0))

    def _drop(
        self, at: float, elapsed: float, person: Person, sighting: Sighting
    ) -> Verdict | None:
        fall = person.fall
        if fall is None:
            return None
        if sighting.body is None:
            # Unseen after lying: hidden or not recognised, rather than gone.
            lay = person.lying >= LIES and fall.held >= GLIMPSE
            # Somebody new may be the same person, taken for another.
            vanished = person.vanished and self._newest < fall.left
            hidden = (lay or vanished) and not person.leaving
            fall.held += 0.5 * elapsed if hidden else 0.0
        elif person.lying >= fall.lies:
            body = sighting.body
            doubtful = body.crouched(person.stature) or person.bows(body)
            fall.held += elapsed * (CROUCHED if doubtful else 1.0)
            if fall.lasted is None and fall.held >= GLIMPSE:
                fall.lasted = at - fall.left - fall.held
        elif person.lying < fall.lies - 0.15:
            fall.held = max(0.0, fall.held - 2 * elapsed)
        if fall.held < fall.confirm:
            if fall.held == 0 and at - fall.at > OPEN:
                person.fall = None
            return None
        if sighting.furniture and not self.bed_falls:
            person.fall = None
            return None
        if fall.doubted:
            return None  # somebody lay down on purpose: if they do not get up, `_floor` will tell
        confidence = 0.45 + 0.25 * min(1.0, fall.speed / FAST_SPEED) + 0.29 * person.lying
        return self._down(person, sighting, confidence)

    def _down(self, person: Person, sighting: Sighting, confidence: float) -> Verdict:
        person.alarmed = True
        reason: Reason = "bed" if sighting.furniture else "drop"
        confidence = min(0.99, round(confidence, 2))
        return Verdict(sighting.track, True, reason, confidence, sighting.zone)

    def _floor(self, elapsed: float, person: Person, sighting: Sighting) -> Verdict | None:
        if sighting.furniture:
            person.floor = 0.0
        elif person.lying >= LIES:
            seen = sighting.body is not None
            person.floor += elapsed if seen or person.floor >= SURE else 0.0
        elif sighting.body is not None:
            person.floor = max(0.0, person.floor - 2 * elapsed)
        known = person.ground is not None
        if person.floor < self.floor_seconds * (1.0 if known else UNKNOWN_FLOOR):
            return None
        person.alarmed = True
        return Verdict(sighting.track, True, "floor", 0.7 if known else 0.5, sighting.zone)

    def _recovery(
        self, at: float, elapsed: float, person: Person, sighting: Sighting
    ) -> Verdict | None:
        body = sighting.body
        if body is not None and body.hip is not None and person.odd is None:
            # By its own measure: it may be somebody else, and elsewhere.
            person.trunk = person.trunk + elapsed if body.upright else 0.0
            if person.trunk >= AGAIN and not person.again:
                person.again = True
                person.fall = None
                person.stature = statistics.median(list(person.statures)[-3:])
            up = person.recovery.see(
                at, body, person.stature,
                lies=person.lying >= LIES or person.flat >= LIES,
                ground=person.ground,
                moved=sighting.moved,
            )  # fmt: skip
            if up:
                person.rise()
                return Verdict(sighting.track, False, zone=sighting.zone)
        if at - person.seen_at > LOST:
            person.rise()
            return None
        verdict = self._drop(at, elapsed, person, sighting) if person.again else None
        person.again = person.again and verdict is None
        return verdict
