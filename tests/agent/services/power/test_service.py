"""电力哨: who uses no electricity, too much of it, or cannot be read is noticed, with a reason."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.contract.signals import Measured
from agent.effects import Pass
from agent.messages import Concern, Due, Started
from agent.services.power.service import Power
from agent.services.power.settings import PowerSettings
from tests.agent.journal import Journey, told
from tests.bench.bench_power import figures

MIDNIGHT = 1_767_196_800.0
"""1 January 2026, 0:00 in Shanghai."""
HOME: dict[str, Any] = {
    "name": "3号楼201",
    "device": "meter",
    "consent_until": datetime.date(2027, 1, 1),
}


class Household:
    """Somebody who is busy from 7 to 22."""

    def __init__(self, **settings: Any) -> None:
        self.journey = Journey(Power({"home": PowerSettings(**{**HOME, **settings})}))
        self.hour, self.kwh = 0, 100.0
        self.journey.send(Started(rebooted=False, at=1.0, wall=MIDNIGHT + 1))

    @property
    def at(self) -> float:
        """Boot-time seconds."""
        return self.hour * 3600 + 5.0

    def lives(self, hours: int, *, busy: bool = True, watts: int = 0) -> None:
        """So many hours as usual, or without anybody; or all at *watts*."""
        for _ in range(hours):
            use = watts or (300 if busy and 7 <= self.hour % 24 < 22 else 60)
            self.kwh += use / 1000
            self.hour += 1
            self.measure("energy", self.kwh, "kW.h")

    def measure(self, quantity: str, value: float, unit: str, after: float = 0) -> None:
        """One reading."""
        reading = Measured(
            source="meter",
            quantity=quantity,
            value=value,
            unit=unit,
            at=self.at + after,
            id=f"{quantity}{self.hour}-{after}",
        )
        self.journey.send(reading)

    def alarms(self) -> list[str]:
        """Reasons of all alarms."""
        return [record.data["reason"] for record in self.journey.records("power.alarm")]


@pytest.fixture
def household() -> Household:
    """One whose habits are known, at midnight."""
    household = Household()
    household.lives(24 * 20)
    return household


def test_nothing_unusual_is_told_of_nobody(household: Household) -> None:
    """Twenty days, and no record at all: what is used stays here."""
    assert household.journey.records() == []


def test_a_day_without_use_is_told_once_with_its_reason(household: Household) -> None:
    """By the evening of the first day, in words; over when somebody is busy again."""
    household.lives(24, busy=False)
    [alarm] = household.journey.records("power.alarm")
    assert alarm.data["what"] == "no_use"
    assert "3号楼201从昨天22点起" in alarm.data["reason"]
    assert "比平时同一时段少" in alarm.data["reason"]
    [passed] = [e.fact for e in household.journey.effects if isinstance(e, Pass)]
    assert isinstance(passed, Concern) and passed.case == alarm.data["case"]
    household.lives(20, busy=False)
    assert len(household.alarms()) == 1
    household.lives(24)
    [cleared] = household.journey.records("power.cleared")
    assert cleared.data["case"] == alarm.data["case"]


def test_nobody_is_woken_for_a_quiet_household(household: Household) -> None:
    """A silence that becomes unusual at night is told in the morning."""
    household.lives(11)
    household.lives(37, busy=False)
    [alarm] = household.journey.records("power.alarm")
    after = [e for e in household.journey.effects if isinstance(e, Pass)]
    assert after and "22点" not in alarm.data["reason"]


def test_a_false_alarm_makes_this_household_less_sensitive(household: Household) -> None:
    """The same silence again is told later, and never later than the hours that are set."""

    def silence() -> int:
        before = len(household.alarms())
        for hours in range(1, 60):
            household.lives(1, busy=False)
            if len(household.alarms()) > before:
                household.lives(24 * 2)
                household.lives(-household.hour % 24)
                return hours
        raise AssertionError("no alarm")

    first = silence()
    for record in household.journey.records("power.alarm"):
        household.journey.send(told("power.feedback", case=record.data["case"], right=False))
    second = silence()
    assert first < second <= 36


def test_a_household_that_is_away_is_left_alone(household: Household) -> None:
    """What is told is no worry."""
    household.lives(-household.hour % 24)
    away = told("power.away", household="home", hours=72)
    household.journey.send(type(away)(command_id="x", data=away.data, at=household.at))
    household.lives(70, busy=False)
    assert household.alarms() == []


def test_a_stove_at_night_is_told_within_the_hour(household: Household) -> None:
    """Far above the most of four weeks; an air conditioner is not."""
    household.lives(1, watts=1500)
    assert household.alarms() == []
    household.lives(1, watts=3500)
    [reason] = household.alarms()
    assert "夜里1点到2点用电3.5千瓦时" in reason and "倍" in reason
    household.lives(24)
    assert len(household.journey.records("power.cleared")) == 1


def test_near_the_limit_for_ten_minutes_is_told_a_kettle_is_not(household: Household) -> None:
    """With what is used, what the breaker bears, and what to do."""
    for minute in (0, 3, 6):
        household.measure("power", 5.2, "kW", minute * 60)
    household.measure("power", 900, "W", 8 * 60)
    assert household.alarms() == []
    for minute in range(10, 30, 2):
        household.measure("power", 5200, "W", minute * 60)
    [reason] = household.alarms()
    assert "5.2千瓦" in reason and "5.5千瓦" in reason and "关掉一样电器" in reason


def test_a_silent_meter_is_told_once_and_its_return(household: Household) -> None:
    """Nobody believes to be watched who is not."""
    for hours in (1, 3, 5):
        due = Due(service="power", name="silent.home", at=household.at + hours * 3600)
        household.journey.send(due)
    assert len(household.journey.records("power.silent")) == 1
    household.hour += 6
    household.lives(1)
    assert len(household.journey.records("power.heard")) == 1


def _silent_after(household: Household, restarts: Sequence[float]) -> float:
    """Seconds without any reading until it is told, with restarts after so many seconds."""
    journey = household.journey
    household.measure("voltage", 230, "V")  # so long a reminder is under way
    began = household.at
    due = began + journey.reminders["silent.home"]
    waiting = [began + one for one in restarts]
    while not journey.records("power.silent"):
        if waiting and waiting[0] < due:
            journey.restart()
            journey.reminders.clear()
            at = waiting.pop(0)
            journey.send(Started(rebooted=False, at=at, wall=MIDNIGHT + at))
            due = (
                at + journey.reminders["silent.home"] if "silent.home" in journey.reminders else due
            )
        else:
            journey.send(Due(service="power", name="silent.home", at=due))
            due += journey.reminders["silent.home"]
            assert due - began < 48 * 3600, "never told"
    return due - journey.reminders["silent.home"] - began


@given(st.lists(st.floats(60, 1e5), max_size=30).map(sorted))
def test_a_restart_does_not_begin_the_silence_anew(restarts: list[float]) -> None:
    """What is left of it goes on: however often the kiosk restarts, it is told, never early, and
    at the latest by two looks late."""
    household = Household()
    household.lives(1)
    patience = 120 * 60
    told_ = _silent_after(household, restarts)
    assert patience <= told_ <= patience + 2 * patience / 6
    if not restarts or restarts[0] > patience / 6:
        assert told_ == pytest.approx(patience), "it was known to be silent before the first"


def test_another_patience_counts_from_the_restart_on(household: Household) -> None:
    """A technician who sets a shorter one is not kept waiting by the reminder of before."""
    household.measure("voltage", 230, "V")
    shorter = PowerSettings(**{**HOME, "silent_min": 10})
    household.journey.restart()
    household.journey.service = Power({"home": shorter})
    household.journey.send(Started(rebooted=False, at=household.at, wall=MIDNIGHT + household.at))
    assert household.journey.reminders["silent.home"] == 600


def test_a_meter_is_not_silent_once_its_household_is_watched_no_longer() -> None:
    """Its readings count for nothing after the consent: that is no fault of the meter."""
    household = Household(consent_until=datetime.date(2026, 1, 2))
    household.lives(24 * 4)
    for hours in (1, 3, 5):
        due = Due(service="power", name="silent.home", at=household.at + hours * 3600)
        household.journey.send(due)
    assert household.journey.records("power.silent") == []


def test_a_restart_and_an_outage_change_nothing() -> None:
    """The register goes on: a week with both ends in the same records as without."""

    def week(*, troubled: bool) -> list[str]:
        household = Household()
        household.lives(24 * 20)
        for day in range(7):
            if troubled:
                household.journey.restart()
                wall = MIDNIGHT + household.at
                household.journey.send(Started(rebooted=False, at=household.at, wall=wall))
                household.kwh += 0.06 * 3
                household.hour += 3  # the kiosk is off from midnight to three
                household.lives(21, busy=day != 5)
            else:
                household.lives(24, busy=day != 5)
        return household.alarms()

    assert week(troubled=True) == week(troubled=False) != []


def test_consent_ends() -> None:
    """After its last day nothing is watched."""
    household = Household(consent_until=datetime.date(2026, 1, 25))
    household.lives(24 * 26)
    household.lives(72, busy=False)
    assert household.alarms() == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("energy", "power", "voltage")),
            st.floats(0, 1e6) | st.none(),
            st.floats(0, 2e5),
            st.sampled_from(("", "restart", "clock")),
        ),
        max_size=80,
    )
)
def test_alarms_open_and_close_in_turn(
    readings: list[tuple[str, float | None, float, str]],
) -> None:
    """Whatever a meter says, and the clock: per kind an alarm, its end, an alarm."""
    journey = Household(learn_days=7).journey
    at = 1.0
    for quantity, value, after, trouble in readings:
        at += after
        if trouble == "restart":
            journey.restart()
        if trouble == "clock":
            journey.send(Due(service="power", name="clock", at=at, wall=MIDNIGHT + after))
        missing = "" if value is not None else "invalid"
        journey.send(
            Measured(
                source="meter",
                quantity=quantity,
                value=value,
                unit="W",
                missing=missing,  # type: ignore[arg-type]
                at=at,
                id=f"r{at}",
            )
        )
    for what in ("no_use", "surge", "limit"):
        kinds = [record.kind for record in journey.records() if record.data.get("what") == what]
        assert kinds == (["power.alarm", "power.cleared"] * len(kinds))[: len(kinds)]


def test_few_false_alarms_and_hardly_a_miss_in_a_year() -> None:
    """Six households for a year; all 200 are in ``tests.bench.bench_power``."""
    found, _ = figures(6)
    false = sum(found[f"{what} false"] for what in ("no_use", "surge", "limit"))
    assert false <= 8
    assert found["no_use found"] >= 0.9 * found["no_use planted"]
