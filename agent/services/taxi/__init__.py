"""The one-key taxi."""

from __future__ import annotations

from collections.abc import Iterator

from agent.dialogue.views import Phrase
from agent.effects import Wish
from agent.services.service_type import Capabilities, ServiceType, Surroundings
from agent.services.taxi.charts import charts
from agent.services.taxi.messages import COMMANDS, RECORDS
from agent.services.taxi.order import Place
from agent.services.taxi.screens import CALL, utterances
from agent.services.taxi.service import Taxi
from agent.services.taxi.settings import TaxiSettings
from config import places as configured
from config.checks import refers_if_given
from config.explain import Mistake


def _place(place: configured.Place) -> Place:
    names = tuple(filter(None, (place.name, place.short, *place.aliases)))
    return Place(place.id, place.name, place.short or place.name, place.gcj02, names, place.kind)


def _others(here: Surroundings) -> dict[str, Place]:
    """Everywhere but here."""
    return {p.id: _place(p) for p in here.places.place if p.id != here.kiosk.place}


def _build(here: Surroundings) -> Taxi:
    pickup = here.places.find(here.kiosk.place)
    assert pickup is not None  # checked with the configuration
    others = _others(here)
    favourites = [id for id in here.places.favourites if id in others]
    return Taxi(here.settings, _place(pickup), others, favourites)


def _instead(settings: TaxiSettings) -> Phrase | None:
    where = settings.elsewhere
    return Phrase("label.taxi.elsewhere", {"elsewhere": where}) if where else None


def _check(settings: TaxiSettings, devices: Capabilities) -> Iterator[Mistake]:
    yield from refers_if_given(("taxi", "lamp"), settings.lamp, devices, "switch")
    yield from refers_if_given(("taxi", "printer"), settings.printer, devices, "printer")


SERVICE = ServiceType(
    build=_build,
    table="taxi",
    settings=TaxiSettings,
    default=TaxiSettings,
    check=_check,
    records=RECORDS,
    commands=COMMANDS,
    instead=_instead,
    charts=charts,
    home=lambda here: (CALL,),
    heard=lambda here: utterances(_others(here).values(), Wish("taxi.call")),
)
