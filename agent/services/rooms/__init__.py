"""Sports grounds and rooms of the neighbourhood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from agent.effects import Choice
from agent.services.rooms.charts import charts
from agent.services.rooms.messages import COMMANDS, RECORDS
from agent.services.rooms.service import OPEN, Rooms
from agent.services.rooms.settings import RoomSettings
from agent.services.service_type import Capabilities, ServiceType, Surroundings
from agent.settings import Name
from config.checks import refers_if_given, unique
from config.explain import Mistake


def _check(settings: Mapping[str, RoomSettings], devices: Capabilities) -> Iterator[Mistake]:
    placed = []
    for name, room in settings.items():
        yield from refers_if_given(("rooms", name, "light"), room.light, devices, "switch")
        for position, sensor in enumerate(room.presence):
            place = ("rooms", name, "presence", position)
            yield from refers_if_given(place, sensor, devices, "presence")
            placed.append((sensor, place))
    yield from unique(placed)


def _home(here: Surroundings) -> Sequence[Choice]:
    return (OPEN,) if here.settings else ()


SERVICE = ServiceType(
    build=lambda here: Rooms(here.settings),
    table="rooms",
    settings=dict[Name, RoomSettings],
    check=_check,
    home=_home,
    records=RECORDS,
    commands=COMMANDS,
    charts=charts,
)
