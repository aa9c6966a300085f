"""Bins: a task per filling, and a broken sensor is never "full"."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.contract.signals import Measured, Missing
from agent.dialogue.stage import Stage
from agent.dialogue.views import Phrase
from agent.effects import Hide, Lane, Record, Show
from agent.messages import DeviceDown, Due, Started
from agent.services.bins.level import corrected, percent
from agent.services.bins.service import Bins
from agent.services.bins.settings import BinSettings
from agent.services.bins.state import Bin, BinsState
from kiosk_ui.phrases import Catalogue
from tests.agent.journal import Journey, told

NORTH = BinSettings(
    name="北门", device="bin_1", empty_mm=1800, full_mm=300, climate="air", stuck_h=24
)
WORDS = Catalogue()
Seen = float | Missing


class Sensor:
    """Two readings a second into the bin in the north."""

    def __init__(self, every_s: float = 0.5) -> None:
        self.journey = Journey(Bins({"north": NORTH}))
        self.at = 1000.0
        self.every_s = every_s
        self._count = 0

    def sees(self, seconds: float, *values: Seen) -> None:
        """For so long *values*, one after the other, again and again."""
        for n in range(round(seconds / self.every_s)):
            self.one(values[n % len(values)])

    def one(self, seen: Seen) -> None:
        """One reading."""
        self.at += self.every_s
        self._count += 1
        reading = Measured(quantity="distance", value=0, unit="mm")
        if isinstance(seen, str):
            reading = replace(reading, value=None, missing=seen)
        else:
            reading = replace(reading, value=seen)
        stamped = replace(reading, source="bin_1", at=self.at, id=f"reading-{self._count}")
        self.journey.send(stamped)

    def due(self, name: str) -> None:
        """A reminder of the bin."""
        self.journey.send(Due(service="bins", name=f"{name}.north", at=self.at))

    def kinds(self, *without: str) -> list[str]:
        """Kinds of all records but levels and *without*."""
        kinds = [record.kind for record in self.journey.records()]
        return [kind for kind in kinds if kind not in ("bin.level", *without)]


@pytest.fixture
def sensor() -> Sensor:
    """Over an empty bin that it knows."""
    sensor = Sensor()
    sensor.sees(30, 1795, 1801)
    return sensor


def test_filling_makes_one_task_and_emptying_closes_it(sensor: Sensor) -> None:
    """85 % makes a task, going up and down above 40 % none, below 40 % the task is closed."""
    sensor.sees(300, 400, 402)
    [full] = sensor.journey.records("bin.full")
    assert full.lane is Lane.TASK
    assert full.data["bin"] == "north" and full.data["percent"] == 93
    sensor.sees(300, 900)
    sensor.sees(300, 400)
    assert sensor.kinds() == ["bin.full"]
    sensor.sees(300, 1700)
    [emptied] = sensor.journey.records("bin.emptied")
    assert emptied.data["task"] == full.data["task"] and emptied.data["by"] == "sensor"
    sensor.sees(300, 400)
    assert sensor.kinds() == ["bin.full", "bin.emptied", "bin.full"]


@pytest.mark.parametrize(
    "disturbance",
    [
        pytest.param([(4, (250,))], id="an arm for four seconds"),
        pytest.param([(120, (350,))], id="an open lid for two minutes"),
        pytest.param([(3, (310,)), (3, (1800,))] * 300, id="a bird that comes and goes"),
        pytest.param([(60, (310,)), (40, (1800,))] * 30, id="a pigeon that likes the lid"),
        pytest.param([(150, ("too_near",)), (20, (1800,))], id="a bag over the sensor"),
        pytest.param([(400, (50,)), (400, (1800,))], id="what is nearer than a full bin"),
    ],
)
def test_disturbances_of_an_empty_bin_change_nothing(
    sensor: Sensor, disturbance: Sequence[tuple[float, tuple[Seen, ...]]]
) -> None:
    """No task, no level but the first."""
    for seconds, values in disturbance:
        sensor.sees(seconds, *values)
    sensor.sees(300, 1800)
    assert [r.data["percent"] for r in sensor.journey.records()] == [0]


def test_a_full_bin_is_not_emptied_by_a_look_past_it(sensor: Sensor) -> None:
    """A probe of five seconds, and the truck that comes three times before it takes the bin."""
    sensor.sees(300, 350)
    sensor.sees(5, 2600)
    for _ in range(3):
        sensor.sees(90, 1600, 2600, 700, "no_echo")
        sensor.sees(60, 350)
    assert sensor.kinds() == ["bin.full"]


def test_no_echo_is_a_fault_and_never_full(sensor: Sensor) -> None:
    """Minutes without an echo: one fault, no task; ten seconds: nothing. Echoes: restored."""
    sensor.sees(10, "no_echo")
    sensor.sees(60, 1800)
    assert sensor.kinds() == []
    sensor.sees(600, "no_echo", "invalid")
    sensor.sees(5, 1800)
    sensor.sees(60, "no_echo")
    assert sensor.kinds() == ["bin.fault"]
    sensor.sees(300, 1800)
    assert sensor.kinds() == ["bin.fault", "bin.restored"]


def test_too_near_is_full(sensor: Sensor) -> None:
    """A heap that reaches into the sensor's blind zone is a full bin, not a broken sensor."""
    sensor.sees(1200, "too_near")
    assert sensor.kinds() == ["bin.full"]
    [full] = sensor.journey.records("bin.full")
    assert full.data["percent"] == 100


def test_what_has_no_result_yet_says_nothing() -> None:
    """A sensor that probes is neither broken nor full; other quantities are not the level."""
    sensor = Sensor()
    sensor.sees(1000, "probing")
    other = Measured(source="bin_1", quantity="humidity", value=3, unit="%")
    sensor.journey.send(*[other] * 10)
    assert not sensor.journey.records()


def test_exactly_equal_readings_for_a_day_are_a_stuck_sensor() -> None:
    """Said once, with the reading; the same again restores nothing, a living one does."""
    sensor = Sensor(every_s=60)
    sensor.sees(23 * 3600, 1200)
    assert sensor.kinds() == []
    sensor.sees(3 * 86400, 1200)
    [fault] = sensor.journey.records("bin.fault")
    assert "1200 mm" in fault.data["reason"]
    sensor.journey.restart()
    sensor.sees(3600, 1200)
    sensor.sees(3600, 1199, 1201)
    assert sensor.kinds() == ["bin.fault", "bin.restored"]


def test_a_wireless_box_that_reports_each_20_minutes_fills_too() -> None:
    """Few readings settle as many do: within a quarter of a day."""
    sensor = Sensor(every_s=1200)
    sensor.sees(6 * 3600, 1800, 1798)
    sensor.one(320)
    sensor.sees(3 * 3600, 1800, 1798)
    assert sensor.kinds() == []
    sensor.sees(6 * 3600, 320, 322)
    assert sensor.kinds() == ["bin.full"]


def test_unplugged_sensor_is_a_fault_once(sensor: Sensor) -> None:
    """A sensor that is gone is reported with the driver's reason, once."""
    sensor.journey.send(*[DeviceDown(source="bin_1", reason="unplugged")] * 2)
    [fault] = sensor.journey.records("bin.fault")
    assert fault.data["reason"] == "unplugged"


def test_task_outlasts_a_restart(sensor: Sensor) -> None:
    """After a restart a bin that is still full makes no second task."""
    sensor.sees(300, 400)
    sensor.journey.restart()
    sensor.sees(300, 400)
    assert sensor.kinds() == ["bin.full"]


def test_readings_alone_are_not_worth_a_write(sensor: Sensor) -> None:
    """Equal levels leave the durable state untouched, so the card is not worn."""
    before = sensor.journey.service.durable(sensor.journey.state)
    sensor.sees(300, 1780, 1790)
    assert sensor.journey.service.durable(sensor.journey.state) == before


def test_warm_air_is_reckoned_with(sensor: Sensor) -> None:
    """At 38 °C an echo is 3 % sooner back: the same heap is lower by 3 % of its distance."""
    assert corrected(1000, NORTH, None) == 1000
    assert corrected(1000, NORTH, 20) == 1000
    assert corrected(1000, NORTH, 38) == pytest.approx(1030.2, abs=0.1)
    warm = Measured(source="air", quantity="temperature", value=60, unit="Cel")
    sensor.journey.send(warm)
    sensor.sees(600, 1000)
    assert sensor.journey.records("bin.level")[-1].data["mm"] == 1066


def test_the_task_goes_through_its_stages(sensor: Sensor) -> None:
    """发现 → 派单 → 整改 → 销项: each stage that takes too long is said with its reason."""
    sensor.sees(300, 400)
    task = sensor.journey.records("bin.full")[0].data["task"]
    assert sensor.journey.reminders["task.north"] == 2 * 3600
    sensor.due("task")
    sensor.due("task")
    sensor.journey.send(told("bin.assigned", task=task, crew="清运二队"))
    assert sensor.journey.reminders["task.north"] == 24 * 3600
    sensor.due("task")
    sensor.journey.send(told("bin.cleared", task=task))
    sensor.sees(300, 400)
    sensor.due("task")
    sensor.sees(600, 1750)
    assert "task.north" not in sensor.journey.reminders
    overdue = [record.data for record in sensor.journey.records("bin.overdue")]
    assert [(one["waits_for"], one["repeat"]) for one in overdue] == [
        ("crew", 0),
        ("crew", 1),
        ("clearance", 0),
        ("agreement", 0),
    ]
    assert overdue[2]["crew"] == "清运二队" and overdue[2]["reason"] == "北门已派单，还没有清运"
    assert sensor.kinds("bin.overdue") == ["bin.full", "bin.emptied"]
    sensor.journey.send(told("bin.cleared", task=task))
    assert sensor.kinds("bin.overdue")[-1] == "command.rejected"


def test_the_crew_closes_a_task_whose_sensor_is_broken(sensor: Sensor) -> None:
    """Else it would be open for ever."""
    sensor.sees(300, 400)
    task = sensor.journey.records("bin.full")[0].data["task"]
    sensor.journey.send(DeviceDown(source="bin_1", reason="unplugged"))
    sensor.journey.send(told("bin.cleared", task=task))
    [emptied] = sensor.journey.records("bin.emptied")
    assert emptied.data["by"] == "crew"


def test_a_filling_bin_is_forecast(sensor: Sensor) -> None:
    """10 % an hour from empty: full in the hours that are left of 85 %."""
    for step in range(1, 5):
        sensor.sees(3600, 1800 - step * 150, 1801 - step * 150)
    level = sensor.journey.records("bin.level")[-1].data
    assert level["percent"] == 40 and level["full_in_h"] == pytest.approx(4.5, abs=0.3)


def test_an_unchanged_level_is_said_now_and_then(sensor: Sensor) -> None:
    """So upstream sees that somebody looks."""
    sensor.due("level")
    assert [r.data["percent"] for r in sensor.journey.records("bin.level")] == [0, 0]


def test_residents_read_when_it_is_nearly_full_and_full(sensor: Sensor) -> None:
    """A line on the home screen, quietly; none while all is as usual; again after a restart."""
    screens = [e for e in sensor.journey.effects if isinstance(e, Show)]
    assert not screens
    sensor.sees(300, 700)
    sensor.sees(300, 400)
    soon, full = (e for e in sensor.journey.effects if isinstance(e, Show))
    assert soon.silent and soon.chip and soon.values["soon"] == "北门"
    assert full.values["full"] == "北门"
    sensor.journey.restart()
    [again] = sensor.journey.send(Started(rebooted=False))
    assert again == full
    sensor.sees(600, 1750)
    assert isinstance(sensor.journey.effects[-1], Hide)


def in_words(line: Phrase | str, language: str = "zh-CN") -> str:
    """A line for an idle screen as it stands there."""
    stage = Stage(WORDS, place="", language=language, home=(), phones={})
    return stage.said(line)


def test_an_idle_screen_says_how_the_bins_stand(sensor: Sensor) -> None:
    """In plain words, and no more than is known: reported, then on its way, then empty again; of
    bins of which nothing is known it says nothing."""

    def line() -> str:
        shown = [e for e in sensor.journey.effects if isinstance(e, Show | Hide)][-1].glance
        return in_words(shown)

    assert line() == "建筑垃圾箱：北门未满。"
    sensor.sees(300, 700)
    assert line() == "建筑垃圾箱：北门快满了。"
    sensor.sees(300, 400)
    assert line() == "建筑垃圾箱：北门已满，已报清运。"
    [full] = sensor.journey.records("bin.full")
    sensor.journey.send(told("bin.assigned", task=full.data["task"], crew="清运一队"))
    assert line() == "建筑垃圾箱：北门已满，已派清运。"
    sensor.sees(600, 1750)
    assert line() == "建筑垃圾箱：北门未满。"
    sensor.journey.send(DeviceDown(source="bin_1", reason="unplugged"))
    assert line() == ""


def test_a_bin_that_is_not_seen_is_neither_full_nor_free() -> None:
    """Beside one that is seen it is said to be unknown; what all are called is said once."""
    named = {n: replace(NORTH, name=f"{n}建筑垃圾箱", device=n) for n in ("北门", "南门")}
    journey = Journey(Bins(named))
    journey.state = BinsState({"北门": Bin(reported=20)})
    [hidden] = journey.send(Started(rebooted=False))
    assert isinstance(hidden, Hide)
    said = {tag: in_words(hidden.glance, tag) for tag in WORDS.languages}
    assert said["zh-CN"] == "建筑垃圾箱：北门未满。南门暂时不知道。"
    assert all("北门" in words and "南门" in words for words in said.values())


@given(
    st.lists(
        st.tuples(st.sampled_from(get_args(Missing)) | st.integers(0, 5000), st.integers(1, 600)),
        max_size=60,
    ),
    st.lists(st.integers(0, 60), max_size=4),
)
def test_tasks_and_clearances_alternate(
    readings: list[tuple[int | Missing, int]], restarts: list[int]
) -> None:
    """Whatever a sensor says, for however long, with restarts: tasks are opened and closed in
    turn, faults and their ends too, and no state changes twice within the time to settle."""
    sensor = Sensor(every_s=2)
    changed: list[float] = []
    for n, (value, times) in enumerate(readings):
        if n in restarts:
            sensor.journey.restart()
        for _ in range(times):
            sensor.one(value)
            latest = [e.kind for e in sensor.journey.latest if isinstance(e, Record)]
            changed += [sensor.at] * sum(kind in ("bin.full", "bin.emptied") for kind in latest)
    assert all(b - a >= NORTH.settle_s for a, b in pairwise(changed))
    for one, other in (("bin.full", "bin.emptied"), ("bin.fault", "bin.restored")):
        kinds = [kind for kind in sensor.kinds() if kind in (one, other)]
        assert kinds[0::2] == [one] * len(kinds[0::2])
        assert kinds[1::2] == [other] * len(kinds[1::2])


@given(st.integers(0, 20000))
def test_percent_stays_within_its_range(mm: int) -> None:
    """Beyond the marks the filling is 0 or 100, never outside."""
    assert 0 <= percent(mm, NORTH) <= 100
