"""Who has fallen: a pure state machine over what posture and tracker saw.

Two ways lead to an alarm. *Drop*: the upper body comes down by a good part of the stature
within moments, and the body then lies; the gentler the way down, the longer it must lie.
*Floor*: somebody lies on the floor outside bed, sofa and bench zones for long, however they
got there and whether or not they move.

Heights are compared with the floor where the person last stood, so that a bed, a chair and a
squat differ from the floor. Nothing here asks for stillness: people move after falling.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from drivers.vision.plan import Plan
from drivers.vision.posture import STANDING, Body, compact, lying, ramp, stooping

WINDOW = 1.6
"""Seconds within which a drop begins and ends."""
LEAST_DROP = 0.25
"""Of the upper body, in statures. Sitting down on a chair is 0.2, from a chair to the floor 0.4."""
LEAST_SPEED = 0.35
"""Statures per second over a quarter to three quarters of a second; sitting down is 0.4."""
FAST_SPEED = 0.9
"""From here on it is a plain fall: free fall of a standing body passes 1.5."""
FASTEST = 3.2
"""Statures per second: faster is another person, another scene or a bad skeleton."""
PARTED = 0.75
"""Seconds since a drop after which a leap is no part of it."""
GRAVITY = 8.5
"""Statures per second squared of the shoulders of a falling rod, 1.7 m long."""
LEAST_REACH = 0.12
"""Statures; the model wavers."""
CONFIRM_FAST, CONFIRM_SLOW = 1.0, 2.2
"""Seconds of lying that confirm a drop at `FAST_SPEED` and at `LEAST_SPEED`."""
PLAIN, STAGED = 1.4, 1.8
"""Seconds from full height to lying of a fall, and of somebody who goes down on purpose."""
CONFIRM_STAGED = 15
"""Seconds of lying that the latter takes longer."""
CONFIRM_ROLLED = 0.5
"""The same for a drop from lying to lying lower: out of bed. Nobody does that on purpose."""
SLACK = 0.08
"""Statures by which the hips may be above the floor after a plain fall."""
AT_ONCE = 1.25
"""Seconds from full height to a level trunk without sitting down first."""
OPEN = 4.0
"""Seconds after a drop within which the body must come to lie."""
RECOVERED = 2.0
"""Seconds on the feet or a seat that end an alarm."""
SAT_UP = 10.0
"""Seconds of sitting upright on the floor that end an alarm."""
LOST = 600.0
"""Seconds after which somebody who is down and not seen any more is forgotten."""
UNKNOWN_FLOOR = 4.0
"""Longer by this factor where nobody was seen standing: it may be a bed without a zone."""
VANISHED = 0.4
"""Statures of a plain fall after which not being seen any more is as good as lying."""
WELL = 0.2
"""Score of a skeleton from which the height of the floor is learned."""
AGAIN = 0.3
"""Seconds with the trunk upright after which somebody who is alarmed about can fall again."""
SURE = 1.0
"""Seconds of lying that outlast a change of the whole picture, such as a lamp switched on."""
GLIMPSE = 0.3
"""Seconds of lying that must have been seen before unseen seconds count: half, after a drop."""
CROUCHED = 0.15
"""How much a second counts in a posture that may be a squat with the head down."""
UP = 0.8
"""Metres over the known floor from which nobody lies: shoulders on a chair are at 0.9."""
DROPPED = 0.5
"""Statures per second for which a drop counts that only the known floor shows."""
LIES, STANDS = 0.5, 0.35
"""Degrees of lying that count for and against it."""

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


class Verdict(NamedTuple):
    """The beginning or the end of an alarm about one person."""

    track: int
    down: bool
    reason: Reason = "drop"
    confidence: float = 0.0
    zone: str = ""


@dataclass
class Fall:
    """A drop that may become an alarm."""

    at: float
    """When the drop was last seen to deepen."""
    ground: float | None
    """Height of the floor in the picture, where it was known before."""
    standing: float | None
    """Where the feet of somebody who stood would be, as a guess when it was not."""
    left: float
    """When the body was last at its full height."""
    height: float
    """Of the shoulders then."""
    speed: float
    rolled: bool = False
    """From lying to lying lower: shoulders and hips came down together."""
    bottom: float = 0.0
    """Lowest point of the body since."""
    at_once: bool | None = None
    """Full height to level trunk without a stop on a seat; None while not level yet."""
    held: float = 0.0
    """Seconds of lying since, less what was not lying."""
    lasted: float | None = None
    """Seconds from full height to lying."""

    @property
    def floor(self) -> float | None:
        """Height of the floor: known, or the lowest that the fallen body reached."""
        if self.ground is not None or self.standing is None:
            return self.ground
        return min(self.standing, self.bottom)

    @property
    def lies(self) -> float:
        """Degree of lying that counts: the plainer the fall, the less."""
        return LIES - (0.2 * self.plain if self.at_once else 0.0)

    @property
    def plain(self) -> float:
        """How clearly the way down was a fall, 0 to 1."""
        return ramp(self.speed, 0.65 * FAST_SPEED, FAST_SPEED)

    @property
    def confirm(self) -> float:
        """Seconds of lying that make it an alarm."""
        if self.rolled:
            return CONFIRM_ROLLED
        fast = ramp(self.speed, LEAST_SPEED, FAST_SPEED)
        confirm = CONFIRM_SLOW + fast * (CONFIRM_FAST - CONFIRM_SLOW)
        return confirm + ramp(self.lasted or 0.0, PLAIN, STAGED) * CONFIRM_STAGED


class Past(NamedTuple):
    """What is kept of an accepted observation."""

    at: float
    upper: float
    speed: float
    erect: float
    over: float
    """Metres over the floor, see `Plan`; 0 where that is not known."""


@dataclass
class Person:
    """What is remembered of one person."""

    at: float
    stature: float
    past: deque[Past] = field(default_factory=deque)
    statures: deque[float] = field(default_factory=lambda: deque(maxlen=5))
    feet: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=40))
    """When and where the feet were, while the trunk was upright."""
    talls: deque[float] = field(default_factory=lambda: deque(maxlen=5))
    tall: float | None = None
    """Metres of the head above the floor at the most; None while not known."""
    flat: float = 0.0
    """Latest degree of lying by the known floor alone."""
    odd: float | None = None
    """Height of an implausible observation, until the next one confirms or refutes it."""
    fall: Fall | None = None
    lying: float = 0.0
    """Latest degree of lying, 0 to 1."""
    floor: float = 0.0
    """Seconds on the floor, less what was not."""
    alarmed: bool = False
    upright: float = 0.0
    """Seconds on the feet or a seat, while alarmed."""
    sitting: float = 0.0
    """Seconds with the trunk upright, while alarmed."""
    trunk: float = 0.0
    """The same by the measure of each look alone."""
    again: bool = False
    """The trunk was upright since the alarm: this may be somebody else, and the next drop is
    another fall."""
    seen_at: float = 0.0
    vanished: bool = False
    """Plainly and deeply fallen when last seen."""
    leaving: bool = False
    """Cut off by the picture's lower edge when last seen."""

    @property
    def held(self) -> float:
        """Seconds of lying after a drop."""
        return self.fall.held if self.fall is not None else 0.0

    @property
    def ground(self) -> float | None:
        """Height of the floor in the picture where this person is, if known."""
        if self.fall is not None:
            return self.fall.floor
        if self.feet:
            return statistics.median(foot for _, foot in self.feet)
        return None


class Decision:
    """Observations with their time in, verdicts out; no clock, no pictures."""

    def __init__(self, *, floor_seconds: float = 30.0, bed_falls: bool = False) -> None:
        self.floor_seconds = floor_seconds
        self.bed_falls = bed_falls
        self.people: dict[int, Person] = {}
        self._newest = -math.inf
        """When somebody was first seen of late."""

    @property
    def watched(self) -> set[int]:
        """People who are or may be down: looked at without pause, kept while unseen."""
        return {
            number
            for number, person in self.people.items()
            if person.alarmed or person.fall is not None or person.floor > 0
        }

    def observe(self, at: float, sightings: Iterable[Sighting]) -> list[Verdict]:
        """Take one look at *at* seconds; return what begins or ends."""
        verdicts: list[Verdict] = []
        present = set()
        for sighting in sightings:
            present.add(sighting.track)
            person = self.people.get(sighting.track)
            if person is None:
                if sighting.body is None:
                    continue
                person = Person(at, sighting.body.stature, seen_at=at)
                self.people[sighting.track] = person
                self._newest = at
            verdict = self._step(at, person, sighting)
            person.at = at
            if verdict is not None:
                verdicts.append(verdict)
        for number in self.people.keys() - present:
            del self.people[number]
        return verdicts

    def new_scene(self) -> list[int]:
        """The whole picture changed at once: forget all but those who lie; return who."""
        gone = [
            number
            for number, person in self.people.items()
            if not (
                person.alarmed or max(person.floor, person.fall.held if person.fall else 0) >= SURE
            )
        ]
        for number in gone:
            del self.people[number]
        return gone

    def _step(self, at: float, person: Person, sighting: Sighting) -> Verdict | None:
        # A gap in looking proves nothing: it counts for no more than a second.
        elapsed = min(1.0, max(0.0, at - person.at))
        body = sighting.body
        if body is not None and _accept(at, person, body):
            person.seen_at = at
            person.leaving = body.cut_off
            _follow(at, person, body, sighting.plan)
            fell = person.fall
            person.vanished = (
                fell is not None
                and fell.plain == 1
                and (body.upper - fell.height > VANISHED * person.stature)
            )
            person.lying = _degree(at, person, body)
            _survey(person, body, sighting.plan)
        if person.alarmed:
            return self._recovery(at, elapsed, person, sighting)
        return self._drop(at, elapsed, person, sighting) or self._floor(elapsed, person, sighting)

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
            fall.held += elapsed * (CROUCHED if sighting.body.crouched(person.stature) else 1.0)
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
        person.alarmed = True
        confidence = 0.45 + 0.25 * min(1.0, fall.speed / FAST_SPEED) + 0.29 * person.lying
        reason: Reason = "bed" if sighting.furniture else "drop"
        return Verdict(sighting.track, True, reason, round(confidence, 2), sighting.zone)

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
            ground = person.ground
            raised = ground is None or ground - body.hip > 0.25 * person.stature
            erect = body.hip - body.upper > 0.25 * person.stature and person.flat < LIES
            person.upright = person.upright + elapsed if erect and raised else 0.0
            person.sitting = person.sitting + elapsed if erect else 0.0
            # By its own measure: it may be somebody else, and elsewhere.
            person.trunk = person.trunk + elapsed if body.upright else 0.0
            if person.trunk >= AGAIN and not person.again:
                person.again = True
                person.fall = None
                person.stature = statistics.median(list(person.statures)[-3:])
        if person.upright >= RECOVERED or person.sitting >= SAT_UP:
            _rise(person)
            return Verdict(sighting.track, False, zone=sighting.zone)
        if at - person.seen_at > LOST:
            _rise(person)
            return None
        verdict = self._drop(at, elapsed, person, sighting) if person.again else None
        person.again = person.again and verdict is None
        return verdict


def _accept(at: float, person: Person, body: Body) -> bool:
    """Learn the stature; False for a leap that no body makes, until a second look agrees."""
    if person.past:
        last = person.past[-1]
        leap = abs(body.upper - last.upper) / person.stature
        elapsed = at - last.at
        reach = max(0.0, last.speed) * elapsed + 0.5 * GRAVITY * elapsed**2
        if leap > min(FASTEST * elapsed, max(reach, LEAST_REACH)) + 0.1:
            again = person.odd is not None and (
                abs(body.upper - person.odd) / person.stature < 0.15
            )
            if not again:
                person.odd = body.upper
                return False
            person.past.clear()
            if person.fall is not None and person.fall.held == 0 and at - person.fall.at > PARTED:
                person.fall = None  # it was not this body that came down
    person.odd = None
    person.statures.append(body.stature)
    usual = statistics.median(person.statures)
    gap = max(0.0, at - person.at)
    if person.fall is None and _stands(body, person.stature):
        # Full height: the length is true, and follows somebody who walks away.
        person.stature += (usual - person.stature) * min(1.0, gap)
    else:
        person.stature = max(usual, person.stature * math.exp(-gap / 60.0))
    return True


def _stands(body: Body, stature: float) -> bool:
    """Return whether somebody is seen at full height."""
    return body.upright and body.tall > 0.85 * stature


def _follow(at: float, person: Person, body: Body, plan: Plan | None) -> None:
    """Add an observation to the history; open or deepen a fall."""
    past, stature = person.past, person.stature
    if person.fall is not None and person.fall.held == 0 and _stands(body, stature):
        person.fall = None  # on the feet, and farther down in the picture: somebody came nearer
    while past and at - past[0].at > WINDOW:
        past.popleft()
    speed = max(
        (
            (body.upper - then.upper) / (at - then.at) / stature
            for then in past
            if 0.2 <= at - then.at <= 0.75
        ),
        default=0.0,
    )
    erect = (body.hip - body.upper) / stature if body.hip is not None else 0.0
    past.append(Past(at, body.upper, speed, erect, plan.over if plan else 0.0))
    heights = sorted(item.upper for item in past)
    # With enough samples one high point alone is not believed.
    highest = heights[1] if len(heights) >= 5 else heights[0]
    peak = max(item.speed for item in past)
    dropped = (body.upper - highest) / stature >= LEAST_DROP and peak >= LEAST_SPEED
    if not dropped and plan is not None and _sank(person, plan):
        dropped, peak = True, max(peak, DROPPED)
    if dropped:
        if person.fall is None:
            full = [item for item in past if item.upper <= highest + 0.08 * stature]
            stood = any(item.erect > 0.15 for item in full)
            standing = highest + STANDING * stature if stood else None
            person.fall = Fall(at, person.ground, standing, full[-1].at, highest, peak)
            person.fall.rolled = _rolled(past, body, stature)
        elif person.fall.held == 0:
            person.fall.at = at
        person.fall.speed = max(person.fall.speed, peak)
    if person.fall is not None:
        person.fall.bottom = max(person.fall.bottom, body.bottom)
    elif body.upright and body.foot is not None and _shows_floor(body, plan):
        person.feet.append((at, body.foot))
        while at - person.feet[0][0] > 2.0:
            person.feet.popleft()


def _shows_floor(body: Body, plan: Plan | None) -> bool:
    """Return whether the floor may be learned from this body: well seen, and not one that lies."""
    return body.score >= WELL and (plan is None or plan.over >= UP)


def _sank(person: Person, plan: Plan) -> bool:
    """Return whether a body came to lie on the known floor, in whichever direction."""
    if plan.lies(person.tall) < LIES or len(person.past) < 5:
        return False
    # One high point alone is not believed.
    return sorted(item.over for item in person.past)[-2] >= UP


def _survey(person: Person, body: Body, plan: Plan | None) -> None:
    """Correct the degree of lying by the known floor."""
    person.flat = 0.0
    if plan is None:
        return
    if body.upright and plan.tall is not None and UP <= plan.over < math.inf:
        person.talls.append(plan.tall)
        if len(person.talls) == person.talls.maxlen:
            person.tall = max(person.tall or 0.0, statistics.median(person.talls))
    person.flat = plan.lies(person.tall)
    person.lying = max(person.lying, person.flat)


def _rolled(past: Sequence[Past], body: Body, stature: float) -> bool:
    """Return whether a body that has been lying for a while sank as a whole."""
    first = past[0]
    if body.hip is None or past[-1].at - first.at < 0.5 * WINDOW:
        return False
    if any(abs(item.erect) > 0.25 for item in past):
        return False
    return body.hip - (first.upper + first.erect * stature) > LEAST_DROP * stature


def _degree(at: float, person: Person, body: Body) -> float:
    """Return how much the body lies: on the floor, or level on anything after a fall."""
    fall, stature = person.fall, person.stature
    if fall is None or body.hip is None:
        return min(lying(body, stature, person.ground), 1 - stooping(body, stature))
    if fall.at_once is None and body.hip - body.upper < 0.15 * stature:
        fall.at_once = at - fall.left <= AT_ONCE
    # The faster the way down, the less exactly the rest must fit.
    if body.upper - fall.height < 0.5 * LEAST_DROP * stature:
        return 0.0  # up again
    degree = lying(body, stature, fall.floor, SLACK * fall.plain)
    if fall.at_once:
        along = min(fall.plain, compact(body, stature))
        degree = max(degree, lying(body, stature, None), along)
    return min(degree, 1 - stooping(body, stature))


def _rise(person: Person) -> None:
    person.alarmed = person.again = False
    person.fall = None
    person.floor = person.upright = person.sitting = person.trunk = person.lying = 0.0
    person.past.clear()
