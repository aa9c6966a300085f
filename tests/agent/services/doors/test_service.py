"""智慧门磁: doors left open, opened at night, touched; people who were not seen by their hour."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.contract.signals import Contact, DeviceBack, Presence, Signal
from agent.effects import Pass
from agent.messages import DeviceDown, Due, Started
from agent.services.doors.service import Doors
from agent.services.doors.settings import DoorSettings
from tests.agent.journal import Journey, told
from tests.bench.bench_doors import figures

MIDNIGHT = 1_767_196_800.0
"""1 January 2026, 0:00 in Shanghai."""


class Home:
    """Somebody alone behind a door, with a motion sensor; hours count from midnight."""

    def __init__(self, **settings: Any) -> None:
        table: dict[str, Any] = {
            "name": "王阿姨家",
            "device": "door",
            "motion": ("pir",),
            "alone_until": datetime.date(2027, 1, 1),
        }
        self.journey = Journey(Doors({"wang": DoorSettings(**{**table, **settings})}))
        self.send(0, Started(rebooted=False, wall=MIDNIGHT))
        self.send(0, Contact(source="door", closed=True))

    def send(self, hour: float, signal: Signal) -> None:
        """One signal at *hour*."""
        at = hour * 3600
        self.journey.send(type(signal)(**{**_fields(signal), "at": at, "id": f"{at:.0f}"}))

    def moves(self, hour: float) -> None:
        """Somebody moves about inside."""
        self.send(hour, Presence(source="pir", present=True))
        self.send(hour + 0.02, Presence(source="pir", present=False))

    def door(self, hour: float, minutes: float = 1) -> None:
        """The door is opened and closed."""
        self.send(hour, Contact(source="door", closed=False))
        self.send(hour + minutes / 60, Contact(source="door", closed=True))

    def due(self, hour: float, what: str) -> None:
        """A reminder comes due."""
        self.send(hour, Due(service="doors", name=f"{what}.wang", wall=MIDNIGHT + hour * 3600))

    def alarms(self) -> list[tuple[str, str]]:
        """What was told, and why."""
        told = self.journey.records("door.alarm")
        return [(record.data["what"], record.data["reason"]) for record in told]


def _fields(signal: Signal) -> dict[str, Any]:
    return {name: getattr(signal, name) for name in signal.__struct_fields__}


@pytest.fixture
def home() -> Home:
    """On a day that somebody has begun."""
    home = Home()
    home.moves(21)
    return home


def test_a_door_left_open_is_told_once_until_it_is_closed(home: Home) -> None:
    """After ten minutes, with words; a door that is closed in time is nobody's business."""
    home.door(32, minutes=5)
    assert "open.wang" not in home.journey.reminders
    home.send(33, Contact(source="door", closed=False))
    assert home.journey.reminders["open.wang"] == 600
    home.due(33.2, "open")
    home.due(33.4, "open")
    assert home.alarms() == [("open", "王阿姨家的门开着10分钟没有关")]
    home.send(34, Contact(source="door", closed=True))
    assert len(home.journey.records("door.cleared")) == 1


def test_who_was_not_seen_by_their_hour_is_visited(home: Home) -> None:
    """Not this morning, and not gone out: told with the last time, until they are seen."""
    home.due(34, "morning")
    [(what, reason)] = home.alarms()
    assert what == "unseen"
    assert reason == "王阿姨家到10点没有看到人走动，门也没有开过，最后一次是昨天21点"
    home.due(44, "evening")
    assert len(home.alarms()) == 1
    home.moves(45)
    passed = [e.fact for e in home.journey.effects if isinstance(e, Pass)]
    assert [getattr(fact, "over", None) for fact in passed] == [False, True]


def test_who_was_seen_while_nobody_knew_the_time_is_still_looked_after() -> None:
    """After a reboot the clock is wrong for a while, somebody moves about in that time, and then
    no more: in the morning they are visited all the same."""
    home = Home()
    home.moves(12)
    for reboots in range(2):  # the second one comes before the time is known
        home.send(20 + reboots, Started(rebooted=True, wall=None))
        home.moves(20.5 + reboots)
    home.send(22, Due(service="doors", name="clock", wall=MIDNIGHT + 22 * 3600))
    home.due(34, "morning")
    [(what, reason)] = home.alarms()
    assert what == "unseen" and reason.endswith("最后一次是昨天21点")


@pytest.mark.parametrize(
    "life",
    [
        pytest.param(lambda home: home.moves(31), id="up at seven"),
        pytest.param(lambda home: home.door(22), id="gone out in the evening"),
        pytest.param(
            lambda home: home.send(30, DeviceDown(source="pir", reason="gone")), id="sensor broken"
        ),
        pytest.param(
            lambda home: home.send(29.5, Presence(source="pir", present=True)), id="moves all day"
        ),
    ],
)
def test_who_is_up_or_out_is_no_worry(home: Home, life: Any) -> None:
    """Nobody is visited who has moved, gone out, or cannot be seen."""
    life(home)
    home.due(34, "morning")
    assert home.alarms() == []


def test_who_does_not_move_all_afternoon_is_visited_in_the_evening(home: Home) -> None:
    """At home since noon, and nothing moved since."""
    home.moves(35)
    home.due(44, "evening")
    assert [what for what, _ in home.alarms()] == ["unseen"]


def test_a_door_alone_tells_after_a_day_and_a_half() -> None:
    """Where no sensor is inside."""
    home = Home(motion=())
    home.door(9)
    home.due(34, "morning")
    assert home.alarms() == []
    home.due(58, "morning")
    assert [what for what, _ in home.alarms()] == ["unseen"]


def test_who_goes_out_at_night_and_does_not_come_back_is_told(home: Home) -> None:
    """Who is seen inside again is not."""
    home.door(26)
    home.moves(26.1)
    home.due(26.25, "night")
    assert home.alarms() == []
    home.door(27)
    home.due(27.25, "night")
    assert [what for what, _ in home.alarms()] == ["night"]
    home.door(28)
    home.moves(28.1)
    assert len(home.journey.records("door.cleared")) == 1


def test_a_sensor_that_is_touched_is_told(home: Home) -> None:
    """Once, and its repair."""
    for hour, tampered in ((30.0, True), (30.1, True), (31.0, False)):
        home.send(hour, Contact(source="door", closed=False, tampered=tampered))
    assert [what for what, _ in home.alarms()] == ["tampered"]
    assert len(home.journey.records("door.cleared")) == 1


def test_without_consent_only_the_door_is_watched() -> None:
    """No person behind it: nobody is expected, nights are nobody's business."""
    home = Home(alone_until=None)
    home.moves(9)
    home.due(34, "morning")
    home.door(26)
    assert home.alarms() == [] and "night.wang" not in home.journey.reminders


def test_after_a_false_alarm_they_are_expected_later(home: Home) -> None:
    """By an hour each time, up to three."""
    home.due(34, "morning")
    case = home.journey.records("door.alarm")[0].data["case"]
    for _ in range(5):
        home.journey.send(told("door.feedback", case=case, right=False))
    assert home.journey.state.doors["wang"].later == 3
    home.journey.send(told("door.feedback", case="other", right=False))
    assert len(home.journey.records("command.rejected")) == 1


@given(
    st.lists(
        st.tuples(
            st.floats(0, 20),
            st.sampled_from(
                [
                    Contact(source="door", closed=True),
                    Contact(source="door", closed=False),
                    Contact(source="door", closed=False, tampered=True),
                    Presence(source="pir", present=True),
                    Presence(source="pir", present=False),
                    DeviceDown(source="pir", reason="gone"),
                    DeviceBack(source="pir"),
                    "open",
                    "night",
                    "morning",
                    "evening",
                    "clock",
                    "restart",
                ]
            ),
        ),
        max_size=60,
    )
)
def test_alarms_open_and_close_in_turn(life: list[tuple[float, Any]]) -> None:
    """Whatever happens at a door: per kind an alarm, its end, an alarm."""
    home, hour = Home(), 0.0
    for after, what in life:
        hour += after
        if what == "restart":
            home.journey.restart()
            home.send(hour, Started(rebooted=False, wall=MIDNIGHT + hour * 3600))
        elif isinstance(what, str):
            home.due(hour, what)
        else:
            home.send(hour, what)
    for kind in ("open", "night", "unseen", "tampered"):
        kinds = [r.kind for r in home.journey.records() if r.data.get("what") == kind]
        assert kinds == (["door.alarm", "door.cleared"] * len(kinds))[: len(kinds)]


def test_few_false_alarms_and_hardly_a_miss_in_a_year() -> None:
    """Five people for a year; all 200 are in ``tests.bench.bench_doors``."""
    found = figures(5)
    assert found["false"] <= 5
    assert found["unseen found"] >= 0.9 * found["unseen planted"]
