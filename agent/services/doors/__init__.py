"""智慧门磁: doors, and people who live alone behind them and have agreed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.services.doors.messages import COMMANDS, RECORDS
from agent.services.doors.service import Doors
from agent.services.doors.settings import DoorSettings
from agent.services.service_type import Capabilities, ServiceType
from agent.settings import Name
from config.checks import refers_if_given, unique
from config.explain import Mistake


def _check(settings: Mapping[str, DoorSettings], devices: Capabilities) -> Iterator[Mistake]:
    for name, door in settings.items():
        yield from refers_if_given(("doors", name, "device"), door.device, devices, "contact")
        for position, sensor in enumerate(door.motion):
            place = ("doors", name, "motion", position)
            yield from refers_if_given(place, sensor, devices, "presence")
    yield from unique((door.device, ("doors", name, "device")) for name, door in settings.items())


SERVICE = ServiceType(
    build=lambda here: Doors(here.settings),
    table="doors",
    settings=dict[Name, DoorSettings],
    check=_check,
    records=RECORDS,
    commands=COMMANDS,
)
