"""kiosk.toml and the files beside it as one: read, checked against each other, or explained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from agent.dialogue.settings import SpeechSettings
from agent.services.bins.settings import BinSettings
from agent.services.fall.settings import FallSettings
from agent.services.taxi.settings import TaxiSettings
from agent.settings import KioskSettings, Name, PageSettings, Table, UpstreamSettings
from config.articles import PACKAGED as PACKAGED_ARTICLES
from config.articles import Articles, read_articles
from config.build import Chosen
from config.checks import refers, unique
from config.explain import Mistake, Problem
from config.keep import keep_good, last_good
from config.places import PACKAGED as PACKAGED_PLACES
from config.places import Places, read_places
from config.reader import Loaded, read, with_drop_ins
from drivers import SETTINGS
from kiosk_ui.phrases import FOLDER as PHRASES

DISTANCE = ("ultrasonic_serial", "ultrasonic_gpio")
"""Driver types that emit `Distance`."""
OUTPUTS = ("lamp", "buzzer", "relay")
"""Driver types that can be switched."""


class Settings(Table, frozen=True):
    """All of kiosk.toml."""

    kiosk: KioskSettings
    upstream: UpstreamSettings
    page: PageSettings = PageSettings()
    taxi: TaxiSettings = TaxiSettings()
    speech: SpeechSettings = SpeechSettings()
    fall: FallSettings = FallSettings()
    bins: dict[Name, BinSettings] = msgspec.field(default_factory=dict)
    """Bins by a short name of your own."""
    drivers: dict[Name, Chosen] = msgspec.field(default_factory=dict)
    """Devices by a short name of your own; `type` chooses the driver."""


class Configuration(NamedTuple):
    """What is in force, and what is wrong with the files, if anything."""

    settings: Settings | None
    """None when nothing usable is there."""
    places: Places | None
    articles: Articles
    phrases: Path
    """Folder of the catalogues."""
    problems: tuple[Problem, ...]
    """Mistakes in the files; with these, `settings` is the last good configuration or None."""
    kiosk: Loaded[Settings]
    files: tuple[Path, ...]
    """What was read: when one changes, it is worth reading again."""


def load(path: Path, kept: Path | None = None) -> Configuration:
    """Read kiosk.toml at *path*, its drop-ins, and what is beside it or else packaged.

    That is places.toml, articles.toml and the folder phrases.

    Args:
        path: of kiosk.toml.
        kept: folder of the last good configuration, to fall back on; None: do not.
    """
    places_path = _beside(path, PACKAGED_PLACES)
    places = read_places(places_path)
    articles_path = _beside(path, PACKAGED_ARTICLES)
    articles = read_articles(articles_path)
    known = places.settings or read_places().require()
    files = with_drop_ins(path)
    checks = [lambda settings: _cross_checks(settings, known)]
    kiosk = read(files, Settings, registry=SETTINGS, checks=checks)
    problems = (*kiosk.problems, *places.problems, *articles.problems)
    settings = kiosk.settings if not problems else None
    if settings is None and kept is not None:
        good = last_good(kept, Settings, registry=SETTINGS, checks=checks)
        settings = good.settings if good is not None else None
    offered = articles.settings or read_articles().require()
    read_files = (*files, places_path, articles_path)
    phrases = _beside(path, PHRASES)
    return Configuration(settings, known, offered, phrases, problems, kiosk, read_files)


def _beside(path: Path, packaged: Path) -> Path:
    beside = path.with_name(packaged.name)
    return beside if beside.exists() else packaged


def keep(configuration: Configuration, folder: Path) -> None:
    """Remember a configuration with which the kiosk has started well.

    Raises:
        OSError: the folder cannot be written.
    """
    if not configuration.problems:
        keep_good(configuration.kiosk, folder)


def _cross_checks(settings: Settings, places: Places) -> Iterator[Mistake]:
    drivers = {name: chosen for name, chosen in settings.drivers.items() if chosen is not None}
    ids = {place.id for place in places.place}
    yield from refers(("kiosk", "place"), settings.kiosk.place, ids, "place in places.toml")
    sensors = {name for name, chosen in drivers.items() if chosen.type in DISTANCE}
    for name, bin_ in settings.bins.items():
        yield from refers(("bins", name, "device"), bin_.device, sensors, "distance sensor")
    yield from unique(
        (bin_.device, ("bins", name, "device")) for name, bin_ in settings.bins.items()
    )
    outputs = {name for name, chosen in drivers.items() if chosen.type in OUTPUTS}
    for place, device in (
        (("taxi", "lamp"), settings.taxi.lamp),
        (("speech", "lamp"), settings.speech.lamp),
        (("fall", "lamp"), settings.fall.lamp),
        (("fall", "camera_lamp"), settings.fall.camera_lamp),
        (("fall", "buzzer"), settings.fall.buzzer),
    ):
        if device:
            yield from refers(place, device, outputs, "lamp, buzzer or relay")
    if settings.fall.shutter:
        contacts = {name for name, chosen in drivers.items() if chosen.type == "contact"}
        yield from refers(("fall", "shutter"), settings.fall.shutter, contacts, "contact")
    yield from _claimed_once(drivers)


def _claimed_once(drivers: Mapping[str, Chosen]) -> Iterator[Mistake]:
    """Each pin, port, loudspeaker and microphone belongs to one driver."""
    pins = ("pin", "trigger", "echo")
    claims = [
        (("pin" if key in pins else key, getattr(chosen.settings, key)), ("drivers", name, key))
        for name, chosen in drivers.items()
        for key in (*pins, "port")
        if hasattr(chosen.settings, key)
    ]
    yield from unique(claims)
    yield from unique(
        ((kind.type, kind.type), ("drivers", name, "type"))
        for name, kind in drivers.items()
        if kind.type in ("speaker", "microphone")
    )
