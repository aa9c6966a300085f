"""A year in the lives of people whose meter and door are watched: use, comings and goings.

Assumptions, for what the figures made with this are worth:

- 60 % retired people who live alone, 25 % retired couples, 15 % who work on weekdays.
- They get up at 6:30 and go to bed at 22:00, give or take; each day differs by half an hour or so.
- Refrigerator and router take 30 to 90 W; meals, kettle, television, laundry are what one busy hour
  takes. Air conditioners and heaters run on most days of summer and winter, and on many nights.
- A whole day out every tenth day; shopping and visits on most days.
- 1.5 journeys a year of one to seven days; of 7 in 10 the kiosk is told.
- Guests four times a year (more use, later nights); illness in bed twice a year for two to five
  days (up late, half as busy, and still the kettle and the toilet).
- Meters are out of reach three times a year for up to six hours: the register goes on.
- Planted: somebody falls or faints and does nothing more for up to three days. What was switched
  on goes off within the hour; a television that runs on, or a heater with a thermostat, hides a
  fall from a meter, and is not in these figures.
"""

from __future__ import annotations

import random
from typing import NamedTuple

SUMMER, WINTER = range(165, 255), (*range(0, 60), *range(340, 366))
"""Days of the year with air conditioning, and with heating."""


class Hour(NamedTuple):
    """What happens in one hour at one home."""

    use: int
    """Watt-hours."""
    home: bool
    """Somebody is there at some time."""
    moves: bool
    """Somebody moves about, where a motion sensor sees it."""
    door: int
    """How often the door is opened."""
    back: bool = False
    """The last time the door is opened, somebody comes home."""
    told_away: int = 0
    """Hours of a journey that the kiosk is told of now."""


class Home:
    """One household, by its number."""

    def __init__(self, number: int) -> None:
        self._random = dice = random.Random(number)
        self.kind = dice.choices(("alone", "couple", "works"), (60, 25, 15))[0]
        self._idle = dice.uniform(30, 90)
        self._wakes, self._sleeps = dice.gauss(6.5, 0.7), dice.gauss(22, 0.7)
        self._cools = dice.uniform(400, 1000)
        self._heats = dice.uniform(600, 1500)
        self._spells = self._planned()
        self._away_told = 0

    def _planned(self) -> dict[int, str]:
        """Day → what is different on it."""
        dice, days = self._random, dict[int, str]()
        for what, number, shortest, longest in (
            ("guests", 4, 1, 5),
            ("ill", 2, 2, 5),
            ("journey", 1.5, 1, 7),
        ):
            times = int(number) + (dice.random() < number % 1)
            for _ in range(times):
                first = dice.randrange(1, 360)
                for day in range(first, first + dice.randint(shortest, longest)):
                    days[day] = what
        return days

    def spell(self, day: int) -> str:
        """What is different on *day*; empty: nothing."""
        return self._spells.get(day, "")

    def day(self, day: int) -> list[Hour]:
        """The 24 hours of *day*, from 0; to be asked for in order."""
        dice, spell = self._random, self.spell(day)
        if spell == "journey":
            told = 0
            if self.spell(day - 1) != "journey" and dice.random() < 0.7:
                last = day
                while self.spell(last + 1) == "journey":
                    last += 1
                told = 24 * (last + 1 - day)
            idle = [Hour(self._hum(), False, False, 0) for _ in range(24)]
            return [idle[0]._replace(told_away=told), *idle[1:]]
        wakes, sleeps = self._wakes + dice.gauss(0, 0.5), self._sleeps + dice.gauss(0, 0.5)
        if spell == "ill":
            wakes += 1.5
        if spell == "guests":
            sleeps += 1.5
        out = self._out(day, spell)
        return [self._hour(h, day, spell, wakes, sleeps, out) for h in range(24)]

    def _out(self, day: int, spell: str) -> tuple[float, float]:
        """From when to when nobody is at home."""
        dice = self._random
        if spell == "ill" or (self.kind == "couple" and dice.random() < 0.5):
            return 25, 25
        if self.kind == "works" and day % 7 < 5:
            return 8, dice.gauss(18.5, 0.7)
        if dice.random() < 0.1:
            return dice.uniform(8, 10), dice.uniform(16, 20.5)
        if dice.random() < 0.7:
            start = dice.uniform(8, 15)
            return start, start + dice.uniform(0.5, 3)
        return 25, 25

    def _hum(self) -> int:
        return round(self._idle * self._random.uniform(0.85, 1.15))

    def _hour(
        self, h: int, day: int, spell: str, wakes: float, sleeps: float, out: tuple[float, float]
    ) -> Hour:
        dice, use = self._random, float(self._hum())
        away = out[0] <= h and h + 1 <= out[1]
        awake = wakes <= h + 1 and h < sleeps and not away
        door = sum(h <= moment < h + 1 for moment in out)
        if day in SUMMER and not away and (h >= 12 or h < 5) and dice.random() < 0.7:
            use += self._cools * dice.uniform(0.3, 1)
        if day in WINTER and not away and (awake or dice.random() < 0.2) and dice.random() < 0.6:
            use += self._heats * dice.uniform(0.3, 1)
        if awake:
            keen = 0.5 if spell == "ill" else 1.0
            meal = h in (6, 7, 11, 17, 18)
            if dice.random() < (0.9 if meal else 0.6) * keen:
                use += dice.uniform(300, 900) if meal else dice.uniform(60, 260)
            if spell == "guests":
                use *= 1.8
        moves = (awake and dice.random() < 0.97) or (not away and dice.random() < 0.12)
        return Hour(round(use), not away, moves, door, h <= out[1] < h + 1)
