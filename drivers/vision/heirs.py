"""Who is found where somebody was lost: perhaps them, and at least somebody on the same floor."""

from __future__ import annotations

from collections.abc import Iterable

from drivers.vision.fall import LIES
from drivers.vision.person import Person
from drivers.vision.posture import Body, lying

REMEMBERED = 60.0
"""Seconds for which it is remembered where somebody was."""
BESIDE, BELOW = 1.0, 0.5
"""Statures to the side, and below the lowest point, within which somebody is found again."""
FALLING = 4.0
"""Seconds after a drop within which whoever is found lying there is the one who fell."""


class Left:
    """Those who are not followed any more."""

    def __init__(self) -> None:
        self._people: list[tuple[float, Person]] = []

    def add(self, at: float, person: Person) -> None:
        """Remember *person*, who was lost at *at* seconds."""
        self._people = [one for one in self._people if at - one[0] <= REMEMBERED]
        self._people.append((at, person))

    def take(self, at: float, body: Body, unseen: Iterable[Person]) -> Person | None:
        """Return who was where *body* is found, of those and of the *unseen*; None: nobody was."""
        lately = [person for when, person in self._people if at - when <= REMEMBERED]
        near = [
            (abs(body.x - last.x), number, person)
            for number, person in enumerate([*unseen, *lately])
            if (last := person.body) is not None and _there(body, last, person.stature)
        ]
        return min(near)[2] if near else None


def _there(body: Body, last: Body, stature: float) -> bool:
    return (
        abs(body.x - last.x) < BESIDE * stature
        and body.bottom > last.top
        and body.top < last.bottom + BELOW * stature
    )


def inherit(at: float, heir: Person, body: Body, former: Person) -> bool:
    """Let *heir*, first seen as *body*, know the floor on which *former* stood.

    Somebody who lies where somebody was falling is the one who fell: the fall goes with them.
    Return whether it did.
    """
    ground = former.ground
    if ground is None:
        return False
    heir.feet.append((at, ground))
    heir.stature = max(heir.stature, former.stature)
    if former.alarmed or lying(body, heir.stature, ground) < LIES:
        return False
    fall = former.fall
    if fall is None or at - fall.at > FALLING:
        return False
    heir.fall, former.fall = fall, None
    heir.floor, former.floor = former.floor, 0.0
    heir.past = former.past.copy()
    return True
