"""How often 智慧门磁 is wrong, and what it finds: 200 people who live alone, for a year.

``python -m tests.bench.bench_doors [PEOPLE]``; what is assumed is said in `households`. Each has a
contact at the door and a motion sensor inside. Planted, each twice: somebody falls at home and does
not move any more; the door is left open; somebody goes out at night and does not come back.
"""

from __future__ import annotations

import datetime
import random
import sys
from collections import Counter

from agent.contract.signals import Contact, Presence, Signal
from agent.effects import Record, Remind
from agent.messages import Command, Due, Started
from agent.services.doors.messages import Away, DoorAlarm, Feedback
from agent.services.doors.service import Doors
from agent.services.doors.settings import DoorSettings
from tests.bench.households import Home

YEAR = 365
FOUND_WITHIN_H = {"unseen": 24, "open": 1, "night": 1}
"""Hours within which each kind of event has to be found."""
_NEW_YEAR = 20454 * 86_400.0 - 8 * 3600


class Year:
    """One person's year."""

    def __init__(self, number: int, found: Counter[str]) -> None:
        self._home, self._dice, self._found = Home(number), random.Random(-number - 1), found
        settings = DoorSettings(
            name="一户", device="c", alone_until=datetime.date(2030, 1, 1), motion=("m",)
        )
        self._service = Doors({"home": settings})
        self._state = self._service.initial()
        self._due: dict[str, float] = {}
        self._waiting: dict[str, float] = {}
        self._day = 0

    def live(self) -> None:
        """All of it."""
        self._hear(Started(rebooted=False, wall=_NEW_YEAR, at=0.0))
        self._hear(Contact(source="c", closed=True, at=0.0))
        events = self._planted()
        fallen = -1
        for self._day in range(YEAR):
            for h, lived in enumerate(self._home.day(self._day)):
                hour = self._day * 24 + h
                at = hour * 3600.0
                what = events.get(hour, "")
                going = self._home.spell(self._day + 1) == "journey" and h >= 20
                journey = self._home.spell(self._day) == "journey"
                there = lived.home and lived.door == 0 and not going
                if what and (not there or hour < fallen):
                    events[hour + 24 if what == "night" else hour + 1] = what
                    what = ""
                if lived.told_away:
                    away = Away(door="home", hours=lived.told_away)
                    self._hear(Command(command_id=f"a{at}", data=away, at=at))
                if what:
                    self._found[f"{what} planted"] += 1
                    self._waiting[what] = at
                if what == "unseen":
                    fallen = hour + 72
                if hour < fallen and "unseen" in self._waiting:
                    self._tick(at + 3600)
                    continue
                self._waiting.pop("unseen", None)
                if h == 23 and self._home.spell(self._day) == "guests":
                    self._door(at + 900)  # they leave; the host clears the table
                    self._moves(at + 1000)
                if going and not journey:  # off they go
                    self._tick(at + 3600)
                    if h == 20:
                        self._door(at + 3600)
                    continue
                if journey and not going and h == 20:  # back again
                    self._door(at + 1800)
                    self._moves(at + 1900)
                if lived.moves:
                    self._moves(at + 60)
                for n in range(lived.door):
                    self._door(at + 1800 + n * 300)
                if lived.back:
                    self._moves(at + 1800 + lived.door * 300)
                if what == "open":
                    self._hear(Contact(source="c", closed=False, at=at + 2000))
                    self._tick(at + 3300)
                    self._hear(Contact(source="c", closed=True, at=at + 3300))
                    self._moves(at + 3400)
                if what == "night":
                    self._door(at + 1800)
                    self._tick(at + 3300)
                    self._door(at + 3300)
                    self._moves(at + 3400)
                self._tick(at + 3600)
                self._waiting.pop("open", None)
                self._waiting.pop("night", None)

    def _planted(self) -> dict[int, str]:
        events = {}
        for n, what in enumerate(("unseen", "open", "night") * 2):
            day = 20 + n * 55 + self._dice.randrange(30)
            at = {"night": 2, "open": 9}.get(what, self._dice.randrange(24))
            events[day * 24 + at] = what
        return events

    def _moves(self, at: float) -> None:
        self._hear(Presence(source="m", present=True, at=at))
        self._hear(Presence(source="m", present=False, at=at + 65))

    def _door(self, at: float) -> None:
        self._hear(Contact(source="c", closed=False, at=at))
        self._hear(Contact(source="c", closed=True, at=at + 10))

    def _tick(self, until: float) -> None:
        while self._due and min(self._due.values()) <= until:
            name = min(self._due, key=lambda one: self._due[one])
            at = self._due.pop(name)
            self._answer(Due(service="doors", name=name, at=at, wall=_NEW_YEAR + at))

    def _hear(self, signal: Signal) -> None:
        self._tick(signal.at)
        self._answer(signal)

    def _answer(self, signal: Signal) -> None:
        self._state, effects = self._service.step(self._state, signal)
        for effect in effects:
            match effect:
                case Remind(name=name, after=None):
                    self._due.pop(name, None)
                case Remind(name=name, after=after) if after is not None:
                    self._due[name] = signal.at + after
                case Record(data=DoorAlarm(what=what, case=case)):
                    since = self._waiting.pop(what, None)
                    if since is None:
                        where = self._home.spell(self._day) or "usual life"
                        self._found.update(["false", f"{what} false in {where}"])
                    else:
                        in_time = signal.at - since <= FOUND_WITHIN_H[what] * 3600
                        self._found[f"{what} found"] += in_time
                    answer = Feedback(case=case, right=since is not None)
                    said = Command(command_id=case, data=answer, at=signal.at)
                    self._state, _ = self._service.step(self._state, said)


def figures(people: int) -> Counter[str]:
    """All events of so many people."""
    found = Counter[str]()
    number = lived = 0
    while lived < people:
        if Home(number).kind == "alone":
            Year(number, found).live()
            lived += 1
        number += 1
    return found


def main() -> None:
    """Print the figures."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    found = figures(people)
    print(f"{people} people, a year: {found['false'] / people:.2f} false alarms each")
    for name, number in sorted(found.items()):
        print(f"  {name}: {number}")
    for what, hours in FOUND_WITHIN_H.items():
        part = found[f"{what} found"] / max(1, found[f"{what} planted"])
        print(f"{what}: {part:.1%} within {hours} h")


if __name__ == "__main__":
    main()
