"""The one-key taxi."""

from __future__ import annotations

from collections.abc import Iterator

from agent.effects import Choice
from agent.services.service_type import Capabilities, ServiceType, Surroundings
from agent.services.taxi.messages import COMMANDS, RECORDS
from agent.services.taxi.order import Place
from agent.services.taxi.service import Taxi
from agent.services.taxi.settings import TaxiSettings
from config.checks import refers_if_given
from config.explain import Mistake


def _build(here: Surroundings) -> Taxi:
    def place(id: str) -> Place:
        found = here.places.find(id)
        assert found is not None  # checked with the configuration
        return Place(found.id, found.name, found.short or found.name, found.gcj02)

    others = {p.id: place(p.id) for p in here.places.place if p.id != here.kiosk.place}
    favourites = [id for id in here.places.favourites if id in others]
    return Taxi(here.settings, place(here.kiosk.place), others, favourites)


def _check(settings: TaxiSettings, devices: Capabilities) -> Iterator[Mistake]:
    yield from refers_if_given(("taxi", "lamp"), settings.lamp, devices, "switch")


SERVICE = ServiceType(
    build=_build,
    table="taxi",
    settings=TaxiSettings,
    default=TaxiSettings,
    check=_check,
    records=RECORDS,
    commands=COMMANDS,
    home=lambda here: (Choice("taxi.call"),),
)
