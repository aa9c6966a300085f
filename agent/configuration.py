"""kiosk.toml and the files beside it as one: read, checked against each other, or explained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from agent.dialogue.settings import SpeechSettings
from agent.services.registry import REGISTRY as SERVICES
from agent.settings import KioskSettings, Name, PageSettings, Table, UpstreamSettings
from config.articles import PACKAGED as PACKAGED_ARTICLES
from config.articles import Articles, read_articles
from config.build import Chosen
from config.checks import refers, unique
from config.explain import Mistake, Problem
from config.keep import keep_good, last_good
from config.places import PACKAGED as PACKAGED_PLACES
from config.places import Places, read_places
from config.reader import Loaded, Renamed, read, with_drop_ins
from drivers import SETTINGS
from kiosk_ui.phrases import FOLDER as PHRASES

_CAPABILITIES = {
    "ultrasonic_serial": {"distance"},
    "ultrasonic_gpio": {"distance"},
    "lamp": {"switch"},
    "buzzer": {"switch"},
    "relay": {"switch"},
    "contact": {"contact"},
    "camera": {"camera"},
    "speaker": {"speaker"},
    "microphone": {"microphone"},
}
"""Driver type → what it can do."""

RENAMED: Renamed = {
    ("fall", "shutter"): ("privacy", "shutter"),
    ("fall", "camera_lamp"): ("privacy", "camera_lamp"),
    ("speech", "lamp"): ("privacy", "microphone_lamp"),
}
"""Keys that older kiosk.toml files have under these names."""


class Settings(Table, frozen=True):
    """All of kiosk.toml but the tables of the services, which `FILE` adds."""

    kiosk: KioskSettings
    upstream: UpstreamSettings
    page: PageSettings = PageSettings()
    speech: SpeechSettings = SpeechSettings()
    drivers: dict[Name, Chosen] = msgspec.field(default_factory=dict)
    """Devices by a short name of your own; `type` chooses the driver."""


FILE: Any = msgspec.defstruct(
    "Settings",
    [service.field() for service in SERVICES.values() if service.table],
    bases=(Settings,),
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
)
"""All of kiosk.toml, with one table for each service that can be set."""


def capabilities(settings: Settings) -> dict[str, frozenset[str]]:
    """Name of each device in kiosk.toml → what it can do."""
    return {
        name: frozenset(_CAPABILITIES.get(chosen.type, ()))
        for name, chosen in settings.drivers.items()
        if chosen is not None  # a mistake, when cross-checks look
    }


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
    kiosk = read(files, FILE, registry=SETTINGS, checks=checks, renamed=RENAMED)
    problems = (*kiosk.problems, *places.problems, *articles.problems)
    settings = kiosk.settings if not problems else None
    if settings is None and kept is not None:
        good = last_good(kept, FILE, registry=SETTINGS, checks=checks, renamed=RENAMED)
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
    devices = capabilities(settings)
    for service in SERVICES.values():
        if service.table:
            yield from service.check(getattr(settings, service.table), devices)
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
