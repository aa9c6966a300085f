"""电力哨: households that have agreed are looked after by their meters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.services.power.charts import charts
from agent.services.power.messages import COMMANDS, RECORDS
from agent.services.power.service import Power
from agent.services.power.settings import PowerSettings
from agent.services.service_type import Capabilities, ServiceType
from agent.settings import Name
from config.checks import refers_if_given, unique
from config.explain import Mistake


def _check(settings: Mapping[str, PowerSettings], devices: Capabilities) -> Iterator[Mistake]:
    for name, one in settings.items():
        yield from refers_if_given(("power", name, "device"), one.device, devices, "energy")
    yield from unique((one.device, ("power", name, "device")) for name, one in settings.items())


SERVICE = ServiceType(
    build=lambda here: Power(here.settings),
    table="power",
    settings=dict[Name, PowerSettings],
    check=_check,
    records=RECORDS,
    commands=COMMANDS,
    charts=charts,
)
