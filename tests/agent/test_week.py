"""A week of each service, with restarts, outages and wrong clocks in it, ends as one without."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import pytest

from agent.configuration import Configuration
from agent.contract.signals import (
    Charging,
    ChargingState,
    Contact,
    DeviceBack,
    Measured,
    PersonDown,
    PersonUp,
    Presence,
    Signal,
)
from agent.messages import DeviceDown
from agent.packs.packaged import packs_in
from agent.services.packs.format import Pack
from agent.services.registry import REGISTRY
from tests.agent.estate import estate
from tests.agent.week import (
    Meter,
    Plan,
    Said,
    Step,
    Told,
    Touched,
    Trouble,
    Week,
    told,
    troubles,
)

pytestmark = pytest.mark.timeout(180)  # beside other work; alone each takes seconds
SEEDS = range(2)
DAYS = range(7)


class Life(NamedTuple):
    """What happens in a week, and which records are about it."""

    plan: Plan
    expected: Mapping[str, int]
    """Kinds of records, and how many of each there must be; the rest of these families is
    compared, too."""
    meters: Sequence[Meter] = ()
    weeks: int = 1

    def troubles(self, seed: int) -> list[Trouble]:
        """What is put into it."""
        return troubles(seed, self.plan, self.weeks)

    def play(self, kiosk: Configuration, suffered: Sequence[Trouble] = ()) -> Sequence[Said]:
        """What upstream has in the end."""
        week = Week(kiosk, self.plan, self.meters, suffered, _packaged(), self.weeks)
        events = week.play()
        assert week.refused == []
        return told(events, sorted({kind.partition(".")[0] + "." for kind in self.expected}))


def at(day: int, hour: float, *steps: Step, every_s: float = 20) -> list[tuple[float, Step]]:
    """Steps on a day, so many seconds apart."""
    return [(day * 24 + hour + n * every_s / 3600, step) for n, step in enumerate(steps)]


def touched(*actions: str) -> list[Step]:
    """Choices of a resident."""
    return [Touched(action) for action in actions]


def about(kind: str, record: str, field: str, **data: Any) -> Told:
    """A command about what the newest *record* names."""
    return Told(kind, lambda week: {field: week.latest(record)[field], **data})


def meter(source: str, quantity: str, unit: str, minutes: float, value: Any) -> Meter:
    """A device that measures."""
    empty = Measured(source=source, quantity=quantity, value=None, unit=unit, missing="invalid")
    return Meter(empty, minutes, value)


def _filling(hour: float) -> float:
    """Filled in three days, taken on Wednesday at 20, and again on Saturday at 20; its air moves
    the echo by millimetres."""
    since = hour if hour < 68 else hour - 68 if hour < 140 else min(24.0, hour - 140)
    return 1800 - min(1450.0, 24 * since) + (hour * 7919 % 5)


def _bins() -> Life:
    took = about("bin.assigned", "bin.full", "task", crew="清运二队")
    done = about("bin.cleared", "bin.full", "task")
    plan = [*at(2, 14, took), *at(5, 15, took), *at(5, 17, done)]
    return Life(
        plan,
        {"bin.full": 2, "bin.emptied": 2, "bin.overdue": 6},
        [meter("bin_1", "distance", "mm", 4, _filling)],
    )


def _silent(hour: float) -> bool:
    """The meter does not answer on the second Tuesday from 10 to 14."""
    return 168 + 34 <= hour < 168 + 38


def _kwh(hour: float) -> float | None:
    """Busy from 7 to 22, a stove left on in the third Thursday's night, nobody from the third
    Saturday noon to Monday."""
    total, third, whole = 1000.0, 2 * 168, int(hour)
    for one in range(whole):
        idle = one >= third + 132 or not 7 <= one % 24 < 22
        total += 4.2 if one == third + 74 else 0.06 if idle else 0.3
    return None if _silent(hour) else total + 0.06 * (hour - whole)


def _watts(hour: float) -> float | None:
    """Near the breaker's limit on the first Friday evening, for half an hour."""
    if not 4 * 24 + 18 <= hour < 4 * 24 + 21:
        return None  # what nobody looks at is not measured
    return 5200.0 if 4 * 24 + 19 <= hour < 4 * 24 + 19.5 else 300.0


def _power() -> Life:
    plan = at(4, 12, Told("power.away", lambda _: {"household": "home", "hours": 2}))
    expected = {"power.alarm": 3, "power.cleared": 2, "power.silent": 1, "power.heard": 1}
    measures = meter("meter", "energy", "kW.h", 30, _kwh), meter("meter", "power", "W", 5, _watts)
    return Life(plan, expected, measures, weeks=3)


def _moves(day: int, hour: float) -> list[tuple[float, Step]]:
    """Somebody moves about."""
    seen, gone = (Presence(source="pir", present=one) for one in (True, False))
    return at(day, hour, seen, gone, every_s=120)


def _opens(day: int, hour: float, minutes: float = 1) -> list[tuple[float, Step]]:
    """A door."""
    steps = Contact(source="door", closed=False), Contact(source="door", closed=True)
    return at(day, hour, *steps, every_s=minutes * 60)


def _doors() -> Life:
    plan = at(0, 0.1, Contact(source="door", closed=True), Presence(source="pir", present=False))
    for day in DAYS:
        if day != 4:  # on Friday nobody moves until noon
            plan += _moves(day, 7)
        plan += [*_moves(day, 12), *_opens(day, 14), *_opens(day, 15), *_moves(day, 18)]
        plan += _moves(day, 21.5)
    plan += _opens(1, 16, minutes=30)
    right = about("door.feedback", "door.alarm", "case", right=True)
    fine = about("visit.closed", "visit.requested", "visit", outcome="fine")
    plan += [*at(4, 11, right), *at(4, 12.4, fine)]
    expected = {"door.alarm": 2, "door.cleared": 2, "visit.requested": 1, "visit.eased": 1}
    return Life(sorted(plan, key=lambda one: one[0]), expected)


def _visits() -> Life:
    taken = about("visit.accepted", "visit.requested", "visit", helper="李阿姨")
    nobody = about("visit.closed", "visit.requested", "visit", outcome="nobody")
    fine = about("visit.closed", "visit.requested", "visit", outcome="fine")
    plan = at(0, 0.1, Contact(source="door", closed=True), Presence(source="pir", present=False))
    for day in DAYS:
        plan += [*_moves(day, 7), *_moves(day, 12), *_moves(day, 18), *_moves(day, 21.5)]
    # On Wednesday nobody was seen; the helper comes late, and goes again
    plan = [one for one in plan if not 48 + 6 < one[0] < 48 + 17]
    plan += [*at(2, 10.6, taken), *at(2, 12.1, nobody), *at(2, 12.2, taken), *at(2, 12.6, fine)]
    expected = {"visit.requested": 1, "visit.overdue": 5, "visit.done": 1}
    return Life(sorted(plan, key=lambda one: one[0]), expected)


def _piles() -> Life:
    plan: list[tuple[float, Step]] = []

    def says(day: int, hour: float, state: ChargingState) -> None:
        plan.extend(at(day, hour, Charging(source="pile", state=state)))

    for day in DAYS:
        says(day, 0.2, "free")
        says(day, 8, "preparing")
        says(day, 8.1, "charging")
        says(day, 11, "finished")
        says(day, 12, "free")
    says(3, 15, "fault")
    says(3, 17, "free")
    return Life(
        sorted(plan, key=lambda one: one[0]),
        {"pile.move": 14, "pile.fault": 1, "pile.changed": 31, "pile.day": 6},
    )


def _rooms() -> Life:
    plan = at(0, 0.1, Presence(source="pir_room", present=False))
    for day in DAYS:
        seen, gone = (Presence(source="pir_room", present=one) for one in (True, False))
        plan += [*at(day, 9, seen), *at(day, 10, gone), *at(day, 19, seen), *at(day, 20.5, gone)]
    taken = Told("room.taken", lambda _: {"room": "tennis", "places": 3})
    plan += at(2, 14, taken)
    return Life(sorted(plan, key=lambda one: one[0]), {"room.changed": 29})


def _litres(hour: float) -> float:
    """A tank that runs low on Tuesday night, is filled on Wednesday at 9, and trembles."""
    low = 30.0 if 26 < hour < 57 else 400.0
    return low + int(hour) * 7 % 5


def _readings() -> Life:
    taken = about("reading.assigned", "reading.task", "task", crew="维修班")
    empty = Measured(
        source="tank", quantity="volume", value=None, unit="l", missing="invalid", part="left"
    )
    plan = at(2, 8, taken)
    expected = {"reading.task": 1, "reading.done": 1, "reading.overdue": 7}
    return Life(plan, expected, [Meter(empty, 4, _litres)])


def _health() -> Life:
    plan: list[tuple[float, Step]] = []
    for day in DAYS:
        measured = (
            Measured(source="cuff", quantity=quantity, value=value, unit=unit)
            for quantity, value, unit in (
                ("systolic", 182.0 if day == 3 else 128.0, "mm[Hg]"),
                ("diastolic", 82.0, "mm[Hg]"),
                ("pulse", 71.0, "/min"),
            )
        )
        plan += at(day, 9, Touched("health.open"), *measured, Touched("home"), every_s=4)
    return Life(plan, {"health": 0})


def _taxi() -> Life:
    plan: list[tuple[float, Step]] = []
    order = touched("taxi.call", "taxi.to.driver", "taxi.confirm")
    car = {"plate": "沪A·D3642", "minutes": 5}
    for day in DAYS:
        met = (
            about("taxi.accepted", "taxi.requested", "order", **car),
            about("taxi.arrived", "taxi.requested", "order", plate="沪A·D3642"),
            about("taxi.on_board", "taxi.requested", "order"),
        )
        plan += [*at(day, 9, *order), *at(day, 9.03, *met, every_s=60)]
    none = about("taxi.no_car", "taxi.requested", "order")
    plan += [*at(2, 15, *order), *at(2, 15.05, none)]
    plan += at(4, 16, *order, *touched("taxi.cancel"))
    return Life(
        sorted(plan, key=lambda one: one[0]),
        {"taxi.requested": 9, "taxi.cancelled": 1, "taxi.timed": 9},
    )


def _fall() -> Life:
    def down(track: int) -> Signal:
        return PersonDown(source="radar", track=track, confidence=0.9, reason="radar")

    comes = about("fall.accepted", "fall.alarm", "fall", helper="李阿姨", minutes=3)
    over = about("fall.closed", "fall.alarm", "fall")
    plan = [
        *at(0, 3, down(1), PersonUp(source="radar", track=1), every_s=15),
        *at(2, 10, down(2)),
        *at(2, 10.05, comes),
        *at(2, 10.3, over),
        *at(5, 22, down(3), *touched("fall.ok"), every_s=8),
    ]
    expected = {"fall.suspected": 3, "fall.alarm": 3, "fall.cleared": 3}
    return Life(plan, expected)


def _help() -> Life:
    comes = about("help.accepted", "help.requested", "help", helper="李阿姨", minutes=3)
    over = about("help.closed", "help.requested", "help")
    plan = [
        *at(1, 10, Touched("help")),
        *at(1, 10.04, comes),
        *at(1, 10.2, over),
        *at(3, 4, *touched("help", "help.end")),
    ]
    return Life(plan, {"help.requested": 4, "help.cancelled": 1})


def _packs() -> Life:
    form = ["packs.services", "packs.find", "packs.letters.1", "packs.letters.5"]
    form += ["packs.letters.1", "packs.open.law", "packs.open.law/appointment", "packs.agree"]
    form += ["packs.answer.house", "packs.answer.phone"]
    form += [f"packs.digit.{digit}" for digit in "62580"]
    form += ["packs.enough", "packs.send", "packs.finish"]
    plan: list[tuple[float, Step]] = []
    for day in (1, 3, 6):
        plan += at(day, 10, *touched(*form), every_s=6)
    return Life(plan, {"form.sent": 3})


def _devices() -> Life:
    plan = [
        *at(1, 5, DeviceDown(source="bin_2", reason="gone")),
        *at(1, 9, DeviceBack(source="bin_2")),
        *at(5, 5, DeviceDown(source="bin_2", reason="gone")),
    ]
    return Life(plan, {"device.down": 2, "device.back": 1})


LIVES = {
    "devices": _devices,
    "fall": _fall,
    "help": _help,
    "taxi": _taxi,
    "bins": _bins,
    "power": _power,
    "doors": _doors,
    "visits": _visits,
    "piles": _piles,
    "rooms": _rooms,
    "readings": _readings,
    "health": _health,
    "packs": _packs,
}


@cache
def _packaged() -> Mapping[str, Pack]:
    return packs_in()


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    """A kiosk in which every service has something to look after."""
    return estate(tmp_path_factory.mktemp("estate"))


Plain = Callable[[str], tuple[Life, Sequence[Said]]]


@pytest.fixture(scope="module")
def plain(kiosk: Configuration) -> Plain:
    """A week without any trouble, by the name of its service; each is played once."""

    @cache
    def played(name: str) -> tuple[Life, Sequence[Said]]:
        life = LIVES[name]()
        return life, life.play(kiosk)

    return played


def test_every_service_has_its_week() -> None:
    """Each one that tells upstream anything."""
    assert {name for name, one in REGISTRY.items() if one.records} <= set(LIVES)


@pytest.mark.parametrize("name", LIVES)
def test_a_week_says_what_it_should(name: str, plain: Plain) -> None:
    """Without trouble: so many records of each kind."""
    life, said = plain(name)
    kinds = [kind for kind, _ in said]
    assert {kind: kinds.count(kind) for kind in life.expected} == life.expected


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", LIVES)
def test_trouble_changes_nothing(
    name: str,
    seed: int,
    kiosk: Configuration,
    plain: Plain,
) -> None:
    """Kills, power cuts, outages, wrong clocks: upstream has the same records in the end."""
    life, said = plain(name)
    suffered = life.troubles(seed)
    assert life.play(kiosk, suffered) == said, sorted(suffered)
