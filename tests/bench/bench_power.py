"""How often 电力哨 is wrong, and what it finds: 200 households for a year, as fast as can be.

``python -m tests.bench.bench_power [HOUSEHOLDS]``; what is assumed is said in `households`.
"""

from __future__ import annotations

import datetime
import random
import sys
from collections import Counter
from statistics import median

from agent.contract.signals import Measured, Signal
from agent.effects import Record
from agent.messages import Command, Started
from agent.services.power.messages import Away, Feedback, PowerAlarm
from agent.services.power.service import Power
from agent.services.power.settings import PowerSettings
from tests.bench.households import Home

YEAR = 365
FOUND_WITHIN_H = {"no_use": 36, "surge": 2, "limit": 1, "silent": 4}
"""Hours within which each kind of event has to be found."""
_NEW_YEAR = 20454 * 86_400.0 - 8 * 3600
"""1 January 2026 in Shanghai, as wall clock."""


class Found(Counter[str]):
    """Events by kind: planted, found; false alarms."""


def year(number: int, found: Found, late: list[float]) -> None:
    """Live through one household's year."""
    home, dice = Home(number), random.Random(-number - 1)
    settings = PowerSettings(name="一户", device="m", consent_until=datetime.date(2030, 1, 1))
    service = Power({"home": settings})
    state, clock, kwh = service.initial(), 0.0, dice.uniform(0, 9999)
    state, _ = service.step(state, Started(rebooted=False, at=0.0, wall=_NEW_YEAR))
    events = _planted(dice)
    unseen = {dice.randrange(24 * YEAR): dice.randint(1, 6) for _ in range(3)}
    falls_until, dumb_until = -1, -1
    waiting: dict[str, int] = {}
    for day in range(YEAR):
        for h, lived in enumerate(home.day(day)):
            hour = day * 24 + h
            use, signals = lived.use, list[Signal]()
            what = events.get(hour, "")
            if what == "no_use" and (not lived.home or home.spell(day) == "journey"):
                events[hour + 1] = what  # nobody falls who is not there
                what = ""
            if what:
                found[f"{what} planted"] += 1
                waiting[what] = hour
            if what == "no_use":
                falls_until = hour + 72
            if hour < falls_until:
                use = min(use, round(70 * dice.uniform(0.85, 1.15)))
            if what == "surge":
                use += 3500
            if what == "limit":
                for minute in range(0, 40, 5):
                    signals.append(_power(clock + minute * 60, 5300))
                signals.append(_power(clock + 3000, 1200))
            kwh += use / 1000
            clock += 3600
            if what == "silent":
                dumb_until = hour + 6
            dumb_until = max(dumb_until, hour + unseen.get(hour, 0))
            if hour >= dumb_until:
                signals.append(_energy(clock + 1, kwh, number, hour))
            if lived.told_away:
                away = Away(household="home", hours=lived.told_away)
                signals.insert(0, Command(command_id=f"a{hour}", data=away, at=clock - 3600))
            for signal in signals:
                state, effects = service.step(state, signal)
                for effect in effects:
                    if not isinstance(effect, Record) or not isinstance(effect.data, PowerAlarm):
                        continue
                    kind = effect.data.what
                    right = kind in waiting
                    if right:
                        took = hour + 1 - waiting.pop(kind)
                        late.append(took)
                        found[f"{kind} found"] += took <= FOUND_WITHIN_H[kind]
                        falls_until = hour if kind == "no_use" else falls_until
                    else:
                        found[f"{kind} false"] += 1
                        found[f"false in {home.spell(day) or 'usual life'}"] += 1
                    answer = Feedback(case=effect.data.case, right=right)
                    said = Command(command_id=effect.data.case, data=answer, at=signal.at)
                    state, _ = service.step(state, said)
            if hour >= falls_until:
                waiting.pop("no_use", None)
            if what in ("surge", "limit"):
                waiting.pop(what, None)


def _planted(dice: random.Random) -> dict[int, str]:
    """Hour of the year → what happens, after the first month: each kind twice."""
    events = {}
    for n, what in enumerate(("no_use", "surge", "limit") * 2):
        day = 40 + n * 50 + dice.randrange(30)
        at = {"surge": dice.choice((0, 1, 2, 3, 4)), "limit": 18}.get(what, dice.randrange(24))
        events[day * 24 + at] = what
    return events


def _energy(at: float, kwh: float, number: int, hour: int) -> Measured:
    return Measured(
        source="m",
        quantity="energy",
        value=round(kwh, 2),
        unit="kW.h",
        at=at,
        id=f"{number}-{hour}",
    )


def _power(at: float, watts: float) -> Measured:
    return Measured(source="m", quantity="power", value=watts, unit="W", at=at, id=f"p{at}")


def figures(households: int) -> tuple[Found, list[float]]:
    """All events of so many households, and after how many hours each was found."""
    found, late = Found(), list[float]()
    for number in range(households):
        year(number, found, late)
    return found, late


def main() -> None:
    """Print the figures."""
    households = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    found, late = figures(households)
    false = sum(found[f"{what} false"] for what in ("no_use", "surge", "limit"))
    print(f"{households} households, a year: {false / households:.2f} false alarms each")
    for name, number in sorted(found.items()):
        print(f"  {name}: {number}")
    for what in ("no_use", "surge", "limit"):
        planted = found[f"{what} planted"]
        part = found[f"{what} found"] / max(1, planted)
        print(f"{what}: {part:.1%} within {FOUND_WITHIN_H[what]} h")
    if late:
        print(f"hours until found: median {median(late):.0f}, most {max(late):.0f}")


if __name__ == "__main__":
    main()
