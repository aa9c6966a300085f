"""Visits to people who have agreed to them, when an alarm says that they may need somebody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.services.service_type import Capabilities, ServiceType
from agent.services.visits.messages import COMMANDS, RECORDS
from agent.services.visits.service import Visits
from agent.services.visits.settings import VisitSettings
from agent.settings import Name
from config.checks import refers, unique
from config.explain import Mistake


def _check(settings: Mapping[str, VisitSettings], devices: Capabilities) -> Iterator[Mistake]:
    placed = [
        (device, ("visits", name, "devices", position))
        for name, one in settings.items()
        for position, device in enumerate(one.devices)
    ]
    for device, place in placed:
        yield from refers(place, device, devices, "device")
    yield from unique(placed)


SERVICE = ServiceType(
    build=lambda here: Visits(here.settings),
    table="visits",
    settings=dict[Name, VisitSettings],
    check=_check,
    records=RECORDS,
    commands=COMMANDS,
)
