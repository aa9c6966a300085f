"""Construction-waste bins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.services.bins.charts import charts
from agent.services.bins.messages import COMMANDS, RECORDS
from agent.services.bins.service import Bins
from agent.services.bins.settings import BinSettings
from agent.services.service_type import Capabilities, ServiceType
from agent.settings import Name
from config.checks import refers_if_given, unique
from config.explain import Mistake


def _check(settings: Mapping[str, BinSettings], devices: Capabilities) -> Iterator[Mistake]:
    for name, bin_ in settings.items():
        yield from refers_if_given(("bins", name, "device"), bin_.device, devices, "distance")
        yield from refers_if_given(("bins", name, "climate"), bin_.climate, devices, "temperature")
    yield from unique((bin_.device, ("bins", name, "device")) for name, bin_ in settings.items())


SERVICE = ServiceType(
    build=lambda here: Bins(here.settings),
    table="bins",
    settings=dict[Name, BinSettings],
    check=_check,
    records=RECORDS,
    commands=COMMANDS,
    charts=charts,
)
