"""What is remembered of one person, and how an observation enters it.

Heights are compared with the floor where the person last stood, so that a bed, a chair and a
squat differ from the floor.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from drivers.vision.fall import BELIEVED, CROUCHED, LEAST_SPEED, LIES, Fall
from drivers.vision.plan import Plan
from drivers.vision.posture import STANDING, Body, compact, lying, stooping
from drivers.vision.recovery import Recovery

WINDOW = 1.6
"""Seconds within which a drop begins and ends."""
LEAST_DROP = 0.25
"""Of the upper body, in statures. Sitting down on a chair is 0.2, from a chair to the floor 0.4."""
FASTEST = 3.2
"""Statures per second: faster is another person, another scene or a bad skeleton."""
UNWATCHED, MISSING = 0.5, 2.5
"""Seconds between two looks from which on, and up to which, somebody may have fallen meanwhile."""
PARTED = 0.75
"""Seconds since a drop after which a leap is no part of it."""
GRAVITY = 8.5
"""Statures per second squared of the shoulders of a falling rod, 1.7 m long."""
LEAST_REACH, ODD = 0.12, 0.1
"""Statures; the model wavers, and errs."""
SLACK = 0.08
"""Statures by which the hips may be above the floor after a plain fall."""
AT_ONCE = 1.25
"""Seconds from full height to a level trunk without sitting down first."""
VANISHED = 0.4
"""Statures of a plain fall after which not being seen any more is as good as lying."""
WELL = 0.2
"""Score of a skeleton from which the height of the floor is learned."""
HIPLESS = 5.0
"""Seconds without hips after which the temporal model is not asked."""
RISING, GOES_ON = 0.12, 0.05
"""Statures by which the shoulders are above the lowest of late when somebody gets up, and above
the lowest of the last moments while they go on: propped up on an arm is not up."""
MOMENTS = 0.6
"""Seconds of the latter."""
UP = 0.8
"""Metres over the known floor from which nobody lies: shoulders on a chair are at 0.9."""
DROPPED = 0.5
"""Statures per second for which a drop counts that only the known floor shows."""


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
    believed: float = 0.0
    """Seconds for which the temporal model was sure of a fall, less what it was not."""
    alarmed: bool = False
    recovery: Recovery = field(default_factory=Recovery)
    trunk: float = 0.0
    """Seconds with the trunk upright, by the measure of each look alone, while alarmed."""
    again: bool = False
    """The trunk was upright since the alarm: this may be somebody else, and the next drop is
    another fall."""
    body: Body | None = None
    """As last seen."""
    seen_at: float = 0.0
    hips_at: float = -math.inf
    """When hips were last seen."""
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

    def see(self, at: float, body: Body, plan: Plan | None) -> None:
        """Let *body* enter, unless no body can have got there: then a second look must agree.

        *plan* is the body over the floor, where that is a known plane.
        """
        if not _accept(at, self, body):
            return
        self.seen_at, self.body = at, body
        self.leaving = body.cut_off
        _follow(at, self, body, plan)
        fell = self.fall
        self.vanished = (
            fell is not None
            and fell.plain == 1
            and body.upper - fell.height > VANISHED * self.stature
        )
        self.lying = _degree(at, self, body)
        _survey(self, body, plan)

    def believe(self, fell: float, body: Body | None, elapsed: float) -> None:
        """Let in how surely, by the temporal model, the person fell; *elapsed* seconds later.

        Of a mere head and shoulders over a table it knows too little; and whoever is getting up
        has a moment to show whether they can.
        """
        if body is not None and body.hip is not None:
            self.hips_at = self.at
        if self.at - self.hips_at > HIPLESS:
            return
        rising = body is not None and self._rising(body.upper)
        if fell < BELIEVED:
            self.believed = max(0.0, self.believed - 2 * elapsed)
        elif not rising:
            self.believed += elapsed * (CROUCHED if self.bows(body) else 1.0)
        if self.fall is not None:
            self.fall.likely = max(self.fall.likely or 0.0, fell)

    def bows(self, body: Body | None) -> bool:
        """Return whether the person went down to their knees, rather than fell on them."""
        if body is None or not body.kneels(self.stature):
            return False
        fall = self.fall
        return fall is None or fall.plain < 1.0 or fall.at_once is False

    def _rising(self, upper: float) -> bool:
        """Return whether somebody whose shoulders are at *upper* is getting up."""
        if not self.past:
            return False
        since = self.past[-1].at - MOMENTS
        lowest = max(item.upper for item in self.past)
        lately = max(item.upper for item in self.past if item.at >= since)
        return lowest - upper > RISING * self.stature and lately - upper > GOES_ON * self.stature

    def rise(self) -> None:
        """Be up again: forget the fall and all lying."""
        self.alarmed = self.again = False
        self.fall = None
        self.floor = self.believed = self.trunk = self.lying = 0.0
        self.recovery = Recovery()
        self.past.clear()


def reach(speed: float, elapsed: float) -> float:
    """Return how far, in statures, a body at *speed* may seem to come down in *elapsed* seconds."""
    falls = speed * elapsed + 0.5 * GRAVITY * elapsed**2
    return min(FASTEST * elapsed, max(falls, LEAST_REACH)) + ODD


def _accept(at: float, person: Person, body: Body) -> bool:
    """Learn the stature; False for a leap that no body makes, until a second look agrees."""
    if person.past:
        last = person.past[-1]
        leap = abs(body.upper - last.upper) / person.stature
        elapsed = at - last.at
        if leap > reach(max(0.0, last.speed), elapsed):
            again = person.odd is not None and (
                abs(body.upper - person.odd) / person.stature < 0.15
            )
            if not again:
                person.odd = body.upper
                return False
            person.past.clear()
            person.recovery.doubt()
            if person.fall is not None and person.fall.held == 0 and at - person.fall.at > PARTED:
                person.fall = None  # it was not this body that came down
    person.odd = None
    person.statures.append(body.stature)
    usual = statistics.median(person.statures)
    gap = max(0.0, at - person.at)
    if person.fall is None and body.stands:
        person.stature = usual  # the length is true, and follows somebody who walks away
    elif person.fall is None and _stands(body, person.stature):
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
    before = past[-1] if past and at - past[-1].at <= MISSING else None
    while past and at - past[0].at > WINDOW and past[0] is not before:
        past.popleft()
    speed = max(
        (
            (body.upper - then.upper) / (at - then.at) / stature
            for then in past
            if 0.2 <= at - then.at <= 0.75 or (then is before and at - then.at > 0.75)
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
        watched = all(b.at - a.at < UNWATCHED for a, b in itertools.pairwise(past))
        person.fall.unwatched = person.fall.unwatched or not watched
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
    if person.fall is None and body.upright and UP <= plan.over < math.inf:
        person.lying = 0.0  # in metres, whatever the stature was
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
    if fall is None and body.stands:
        return 0.0
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
