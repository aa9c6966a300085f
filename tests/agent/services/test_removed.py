"""Things that were taken out of kiosk.toml while a task or an alarm about them was open."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import pytest

from agent.contract.signals import Presence
from agent.messages import DeviceDown, Due, Started
from agent.services.almanac import Almanac
from agent.services.bins.service import Bins
from agent.services.bins.settings import BinSettings
from agent.services.bins.state import Bin, BinsState
from agent.services.devices.service import Devices
from agent.services.doors.service import Door, Doors, DoorsState
from agent.services.doors.settings import DoorSettings
from agent.services.power.service import Power, PowerState
from agent.services.power.settings import PowerSettings
from agent.services.power.watch import Watch
from agent.services.readings.service import Reading, Readings, ReadingsState
from agent.services.readings.settings import ReadingSettings
from agent.services.removed import REASON
from agent.services.visits.service import Visit, Visits, VisitsState
from agent.services.visits.settings import VisitSettings
from tests.agent.journal import Journey

LATER = datetime.date(2030, 1, 1)
STARTED = Started(rebooted=False, at=10.0)
OPEN: dict[str, tuple[Any, Any, str, dict[str, str]]] = {
    "bin": (
        Bins({"left": BinSettings(name="南箱", device="b", empty_mm=1500, full_mm=300)}),
        BinsState({name: Bin(full=True, task=f"{name}-7") for name in ("gone", "left")}),
        "task.gone",
        {"bin": "gone", "task": "gone-7"},
    ),
    "reading": (
        Readings({"left": ReadingSettings(name="水压", device="p", quantity="pressure", below=1)}),
        ReadingsState({name: Reading(task=f"{name}-7") for name in ("gone", "left")}),
        "task.gone",
        {"reading": "gone", "task": "gone-7"},
    ),
    "power": (
        Power({"left": PowerSettings(name="1室", device="m", consent_until=LATER)}),
        PowerState({name: Watch(open={"surge": f"{name}-7"}) for name in ("gone", "left")}),
        "silent.gone",
        {"household": "gone", "case": "gone-7", "what": "surge"},
    ),
    "door": (
        Doors({"left": DoorSettings(name="1室", device="d")}),
        DoorsState({name: Door(open={"unseen": f"{name}-7"}) for name in ("gone", "left")}),
        "open.gone",
        {"door": "gone", "case": "gone-7", "what": "unseen"},
    ),
    "visit": (
        Visits(
            {
                "left": VisitSettings(
                    name="1室", helper="助残员", devices=("d",), consent_until=LATER
                )
            }
        ),
        VisitsState({name: Visit(visit=f"{name}-7") for name in ("gone", "left")}),
        "overdue.gone",
        {"household": "gone", "visit": "gone-7"},
    ),
}


@pytest.mark.parametrize("wakes", ["start", "reminder"])
@pytest.mark.parametrize("thing", OPEN)
def test_what_is_open_about_it_ends_with_a_record_that_says_why(thing: str, wakes: str) -> None:
    """Once, at the start or with the reminder that is left of it; its neighbour's task goes on."""
    service, state, reminder, told = OPEN[thing]
    journey = Journey(service)
    journey.state = state
    due = Due(service=service.name, name=reminder, at=10.0)
    journey.send(*(due if wakes == "reminder" else STARTED for _ in range(2)), STARTED, due)
    [record] = journey.records(f"{thing}.removed")
    assert record.data == {**told, "reason": REASON} and REASON
    journey.restart()
    [known] = [value for value in msgspec.to_builtins(journey.state).values() if "left" in value]
    assert known.keys() == {"left"}, "nothing is kept of what nobody watches"


def test_nothing_is_told_of_what_had_no_task() -> None:
    """A bin that was not full, a household that was as usual."""
    for service, state in (
        (Bins({}), BinsState({"gone": Bin()})),
        (Readings({}), ReadingsState({"gone": Reading(reported=3.0)})),
        (Power({}), PowerState({"gone": Watch()})),
        (Doors({}), DoorsState({"gone": Door()})),
        (Visits({}), VisitsState({"gone": Visit(handled=("x",))})),
    ):
        journey = Journey(service)
        journey.state = state
        journey.send(STARTED)
        assert journey.records() == []


def test_a_device_that_was_down_and_is_removed_is_told() -> None:
    """Upstream waits for it no longer; a part of the daemon is no device of kiosk.toml."""
    journey = Journey(Devices("1.2.3", ["camera", "meter"]))
    for source in ("camera", "meter", "page"):
        journey.send(DeviceDown(source=source, reason="gone"))
    journey.restart()
    journey.service = Devices("1.2.3", ["meter"])
    journey.send(STARTED, STARTED)
    assert [one.data for one in journey.records("device.removed")] == [{"device": "camera"}]
    assert journey.state.down.keys() == {"meter", "page"}


def test_a_removed_motion_sensor_sees_nobody_any_more() -> None:
    """Else whoever lives there would count as seen for ever, and nobody would ask for them."""
    settings = DoorSettings(name="1室", device="d", alone_until=LATER, motion=("hall", "bath"))
    journey = Journey(Doors({"home": settings}))
    journey.state = DoorsState(almanac=Almanac(0.0))
    journey.send(STARTED, Presence(source="hall", present=True, at=20.0))
    journey.restart()
    left = msgspec.structs.replace(settings, motion=("bath",))
    journey.service = Doors({"home": left})
    journey.send(STARTED)
    assert journey.state.doors["home"].present == ()
