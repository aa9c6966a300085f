"""共享充电桩: charging piles of the estate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from agent.effects import Choice
from agent.services.piles.charts import charts
from agent.services.piles.messages import COMMANDS, RECORDS
from agent.services.piles.service import OPEN, Piles
from agent.services.piles.settings import PileSettings
from agent.services.service_type import Capabilities, ServiceType, Surroundings
from agent.settings import Name
from config.checks import refers_if_given, unique
from config.explain import Mistake


def _check(settings: Mapping[str, PileSettings], devices: Capabilities) -> Iterator[Mistake]:
    for name, pile in settings.items():
        yield from refers_if_given(("piles", name, "device"), pile.device, devices, "power")
    yield from unique(
        (pile.device, ("piles", name, "device")) for name, pile in settings.items() if pile.device
    )


def _home(here: Surroundings) -> Sequence[Choice]:
    return (OPEN,) if here.settings else ()


SERVICE = ServiceType(
    build=lambda here: Piles(here.settings),
    table="piles",
    settings=dict[Name, PileSettings],
    check=_check,
    home=_home,
    records=RECORDS,
    commands=COMMANDS,
    charts=charts,
)
