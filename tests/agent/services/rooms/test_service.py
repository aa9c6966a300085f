"""Rooms: free or in use, closed at night; light while somebody is there and it is dark."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.contract.orders import Switch
from agent.contract.signals import DeviceBack, Presence
from agent.dialogue.views import Phrase, Status
from agent.effects import Drive, Show
from agent.messages import Action, DeviceDown, Due, Started
from agent.services.rooms.service import Rooms
from agent.services.rooms.settings import RoomSettings
from tests.agent.journal import Journey, told

MIDNIGHT = 1_767_196_800.0
"""1 January 2026, 0:00 in Shanghai; boot-time seconds count from it."""
ROOMS = {
    "tennis": RoomSettings(
        name="乒乓球室", presence=("pir",), light="lamp", open_from=6, open_to=22, places=0
    ),
    "ground": RoomSettings(name="运动场", presence=("radar",), places=8),
}


def journey_from(hour: float) -> Journey:
    journey = Journey(Rooms(ROOMS))
    journey.send(Started(rebooted=False, at=hour * 3600, wall=MIDNIGHT + hour * 3600))
    return journey


@pytest.fixture
def evening() -> Journey:
    return journey_from(19)


def comes(journey: Journey, hour: float, present: bool = True) -> None:
    journey.send(Presence(source="pir", present=present, at=hour * 3600))


def switched(journey: Journey) -> list[bool]:
    orders = [effect.order for effect in journey.effects if isinstance(effect, Drive)]
    return [order.on for order in orders if isinstance(order, Switch)]


def words(journey: Journey) -> list[str]:
    """What stands beside each room."""
    journey.send(Action(action="rooms.open", service="rooms", at=19 * 3600))
    [show] = [effect for effect in journey.latest if isinstance(effect, Show)]
    assert isinstance(show.view, Status)
    return [row.value.id for row in show.view.rows if isinstance(row.value, Phrase)]


def test_a_restart_keeps_nobody_in_the_room(evening: Journey) -> None:
    """Ten minutes after the last movement it is free, however often the kiosk restarts."""
    comes(evening, 19)
    comes(evening, 19.02, present=False)
    assert evening.reminders["empty.tennis"] == 600
    evening.reminders.pop("empty.tennis")
    for hour in (19.1, 19.15):
        evening.restart()
        evening.send(Started(rebooted=False, at=hour * 3600, wall=MIDNIGHT + hour * 3600))
        comes(evening, hour, present=False)
        assert "empty.tennis" not in evening.reminders, "it runs already"
    evening.send(Due(service="rooms", name="empty.tennis", at=19.19 * 3600))
    assert evening.records("room.changed")[-1].data["state"] == "free"
    comes(evening, 20)
    evening.restart()
    comes(evening, 20.1, present=False)
    assert evening.reminders["empty.tennis"] == 600, "they left while it was off"


def test_light_while_somebody_is_there(evening: Journey) -> None:
    """On as they come, off when nobody has moved for ten minutes; a rest on the bench is less."""
    comes(evening, 19)
    comes(evening, 19.2, present=False)
    assert evening.reminders["empty.tennis"] == 600
    comes(evening, 19.3)
    assert "empty.tennis" not in evening.reminders
    comes(evening, 20, present=False)
    evening.send(Due(service="rooms", name="empty.tennis", at=20.2 * 3600))
    assert switched(evening) == [True, False]
    assert [r.data["state"] for r in evening.records("room.changed")] == ["used", "free"]


def test_no_light_by_day_and_none_after_closing(evening: Journey) -> None:
    """By the hours that are set, whoever is there."""
    noon = journey_from(12)
    comes(noon, 12)
    assert switched(noon) == [False]
    comes(evening, 21.9)
    evening.send(Due(service="rooms", name="clock", at=22.1 * 3600, wall=MIDNIGHT + 22.1 * 3600))
    assert switched(evening) == [True, False]


def test_nobody_is_left_in_the_dark_by_a_broken_sensor(evening: Journey) -> None:
    """The light that is on stays on, and the state is not known."""
    comes(evening, 19)
    evening.send(DeviceDown(source="pir", reason="gone", at=19.5 * 3600))
    assert switched(evening) == [True]
    assert words(evening) == ["label.room.unknown", "label.room.unknown"]


def test_an_unknown_time_switches_nobodys_light_off() -> None:
    """Whoever comes has light."""
    journey = Journey(Rooms(ROOMS))
    journey.send(Started(rebooted=True, at=1.0))
    comes(journey, 1)
    assert switched(journey) == [True]


def test_residents_read_what_is_free(evening: Journey) -> None:
    """By sensors, or by the places that the booking system knows of."""
    comes(evening, 19)
    evening.send(told("room.taken", room="ground", places=8))
    assert words(evening) == ["label.room.used", "label.room.full"]
    evening.send(told("room.taken", room="ground", places=5))
    assert words(evening) == ["label.room.used", "label.room.places"]
    evening.send(told("room.taken", room="tennis", places=1))
    assert len(evening.records("command.rejected")) == 1


def test_the_light_is_told_again_after_a_restart(evening: Journey) -> None:
    """What it was told before may be lost."""
    comes(evening, 19)
    evening.restart()
    comes(evening, 19.1)
    assert switched(evening) == [True, True]


@given(
    st.lists(
        st.sampled_from(("comes", "goes", "empty", "down", "back", "clock", "restart")),
        max_size=60,
    )
)
def test_states_and_lights_change_and_never_repeat(life: list[str]) -> None:
    """Whatever happens: no state and no order twice in a row, but after a restart."""
    journey, at, begun = journey_from(18), 18 * 3600.0, 0
    for what in life:
        at += 400
        match what:
            case "comes" | "goes":
                journey.send(Presence(source="pir", present=what == "comes", at=at))
            case "down":
                journey.send(DeviceDown(source="pir", reason="gone", at=at))
            case "back":
                journey.send(DeviceBack(source="pir", at=at))
            case "empty":
                journey.send(Due(service="rooms", name="empty.tennis", at=at))
            case "clock":
                journey.send(Due(service="rooms", name="clock", at=at, wall=MIDNIGHT + at))
            case "restart":
                journey.restart()
                begun = len(switched(journey))
    states = [record.data["state"] for record in journey.records("room.changed")]
    assert all(a != b for a, b in pairwise(states))
    assert all(a != b for a, b in pairwise(switched(journey)[begun:]))
