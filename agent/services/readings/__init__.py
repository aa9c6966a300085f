"""Numbers of devices that are kept an eye on: reported, and made into tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.services.readings.charts import charts
from agent.services.readings.messages import COMMANDS, RECORDS
from agent.services.readings.service import Readings
from agent.services.readings.settings import ReadingSettings
from agent.services.service_type import Capabilities, ServiceType
from agent.settings import Name
from config.checks import refers
from config.explain import Mistake

_OF_PEOPLE = frozenset({"systolic", "diastolic", "pulse", "body_temperature"})
"""What is measured on residents is recorded nowhere."""


def _check(settings: Mapping[str, ReadingSettings], devices: Capabilities) -> Iterator[Mistake]:
    known = [name for name, can in devices.items() if not can & _OF_PEOPLE]
    for name, one in settings.items():
        yield from refers(("readings", name, "device"), one.device, known, "device")
        if one.device in known:
            can = sorted(devices[one.device])
            what = f"quantity of {one.device}"
            yield from refers(("readings", name, "quantity"), one.quantity, can, what)


SERVICE = ServiceType(
    build=lambda here: Readings(here.settings),
    table="readings",
    settings=dict[Name, ReadingSettings],
    check=_check,
    records=RECORDS,
    commands=COMMANDS,
    charts=charts,
)
