"""kiosk.toml and the files beside it as one: read, checked against each other, or explained."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import asdict

from agent.dialogue.settings import KeyLampSettings, SpeechSettings
from agent.doubts import doubts
from agent.paths import MODELS
from agent.services.registry import REGISTRY as SERVICES
from agent.settings import KioskSettings, Name, PacksSettings, PageSettings, Table, UpstreamSettings
from config.articles import PACKAGED as PACKAGED_ARTICLES
from config.articles import Articles, read_articles
from config.build import Chosen
from config.checks import refers, refers_if_given, unique
from config.explain import Mistake, Problem
from config.files import overlooked, read_text, with_drop_ins
from config.keep import keep_good, kept_before_sets, last_good
from config.places import PACKAGED as PACKAGED_PLACES
from config.places import Places, read_places
from config.reader import Check, Layer, Loaded, Renamed, read, understand
from drivers import SETTINGS, claims
from drivers import capabilities as capabilities_of
from drivers.bus.owner import BusSettings
from kiosk_ui.phrases import FOLDER as PHRASES
from kiosk_ui.phrases import Catalogue

KIOSK, DROP_INS = "kiosk.toml", "kiosk.d"
"""Names in the last good set, whatever the file is called that was read."""
BESIDE = (PACKAGED_PLACES.name, PACKAGED_ARTICLES.name)
"""Names of the files beside kiosk.toml."""

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
    key_lamps: KeyLampSettings = KeyLampSettings()
    packs: PacksSettings = PacksSettings()
    buses: dict[Name, BusSettings] = msgspec.field(default_factory=dict)
    """Serial ports that several devices share, by a short name of your own."""
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
        name: capabilities_of(chosen.type, chosen.settings)
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
    """Mistakes in the files; with these, all else is the last good set, or nothing."""
    cautions: tuple[Problem, ...]
    """Mistakes with which the kiosk starts all the same."""
    kiosk: Loaded[Settings]
    files: tuple[Path, ...]
    """What was read: when one changes, it is worth reading again."""
    texts: Mapping[str, str]
    """All that was read, by names relative to kiosk.toml's folder; what is packaged is not."""
    from_last_good: bool = False
    """The files have mistakes, and what is in force is the last good set."""


def load(
    path: Path,
    kept: Path | None = None,
    *,
    models: Path = MODELS,
    machine: Path = Path("/"),
) -> Configuration:
    """Read kiosk.toml at *path*, its drop-ins, and what is beside it or else packaged.

    That is places.toml, articles.toml and the folder phrases. What this finds no mistake in,
    the kiosk starts with.

    Args:
        path: of kiosk.toml.
        kept: folder of the last good set, to fall back on as a whole; None: do not.
        models: folder of the model files.
        machine: root of the file system on which the kiosk runs.
    """
    found = _load(path, models=models, machine=machine)
    if not found.problems or kept is None:
        return found
    good = load_kept(path, kept)
    if good is None:
        return found
    return good._replace(
        problems=found.problems,
        cautions=found.cautions,
        files=found.files,
        from_last_good=True,
    )


def _load(
    path: Path,
    layers: Sequence[Layer] = (),
    *,
    models: Path = MODELS,
    machine: Path = Path("/"),
) -> Configuration:
    """As `load`, from the files alone, or with the texts in *layers* for kiosk.toml."""
    places_path = _beside(path, PACKAGED_PLACES)
    places = read_places(places_path)
    articles_path = _beside(path, PACKAGED_ARTICLES)
    articles = read_articles(articles_path)
    phrases = _beside(path, PHRASES)
    languages, spoiled = _languages(phrases)
    checks: list[Check[Settings]] = [
        lambda settings: _cross_checks(settings, places.settings, languages),
        lambda settings: doubts(settings, machine, models),
    ]
    files = with_drop_ins(path)
    if layers:
        kiosk: Loaded[Settings] = understand(
            layers, FILE, registry=SETTINGS, checks=checks, renamed=RENAMED
        )
    else:
        kiosk = read(files, FILE, registry=SETTINGS, checks=checks, renamed=RENAMED)
    aside = overlooked(path)
    problems = (
        *kiosk.problems,
        *(problem for problem in aside if not problem.caution),
        *places.problems,
        *articles.problems,
        *spoiled,
    )
    catalogues = tuple(sorted(phrases.rglob("*.toml")))
    return Configuration(
        settings=None if problems else kiosk.settings,
        places=places.settings,
        articles=articles.settings or Articles(),
        phrases=phrases,
        problems=problems,
        cautions=(
            *kiosk.cautions,
            *(problem for problem in aside if problem.caution),
            *places.cautions,
            *articles.cautions,
        ),
        kiosk=kiosk,
        files=(*files, places_path, articles_path, *catalogues),
        texts=_texts(path, kiosk, places, articles, () if phrases == PHRASES else catalogues),
    )


def load_kept(path: Path, kept: Path) -> Configuration | None:
    """The last good set in the folder *kept*; None where there is none that this version can use.

    Args:
        path: of kiosk.toml, for what an earlier version kept.
        kept: folder of the last good set.
    """
    folder = last_good(kept)
    if folder is not None:
        good = _load(folder / KIOSK)
    elif layers := kept_before_sets(kept):
        named = [layer._replace(file=f"{layer.file} (last good)") for layer in layers]
        good = _load(path, named)
    else:
        return None
    return None if good.settings is None else good


def devices_that_differ(old: Configuration, new: Configuration) -> Iterator[tuple[str, bool]]:
    """Names of the devices that differ, and whether the new configuration still has them."""
    before = old.settings.drivers if old.settings else {}
    after = new.settings.drivers if new.settings else {}
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield name, name in after


def _beside(path: Path, packaged: Path) -> Path:
    beside = path.with_name(packaged.name)
    return beside if beside.exists() else packaged


def _languages(folder: Path) -> tuple[tuple[str, ...], list[Problem]]:
    """The languages that have a catalogue, and what makes the catalogues unusable."""
    try:
        return Catalogue(folder).languages, []
    except (ValueError, OSError) as error:
        text, _, remedy = str(error).removeprefix(f"{folder}: ").rpartition("; ")
        return (), [Problem(str(folder), None, "", "", text or remedy, remedy if text else "")]


def _texts(
    path: Path,
    kiosk: Loaded[Settings],
    places: Loaded[Places],
    articles: Loaded[Articles],
    catalogues: Sequence[Path],
) -> dict[str, str]:
    texts: dict[str, str] = {}
    for number, layer in enumerate(kiosk.layers):
        texts[f"{DROP_INS}/{Path(layer.file).name}" if number else KIOSK] = layer.text
    for loaded, packaged in ((places, PACKAGED_PLACES), (articles, PACKAGED_ARTICLES)):
        for layer in loaded.layers:
            if Path(layer.file) != packaged:
                texts[packaged.name] = layer.text
    for catalogue in catalogues:
        text, _ = read_text(catalogue)
        if text is not None:
            texts[str(catalogue.relative_to(path.parent))] = text
    return texts


def keep(configuration: Configuration, folder: Path) -> None:
    """Remember a configuration with which the kiosk has started well.

    Raises:
        OSError: the folder cannot be written.
    """
    if not configuration.problems:
        keep_good(configuration.texts, folder)


def _cross_checks(
    settings: Settings, places: Places | None, languages: Sequence[str]
) -> Iterator[Mistake]:
    """*places* and *languages* are empty where these cannot be read: nothing is said of them."""
    drivers = {name: chosen for name, chosen in settings.drivers.items() if chosen is not None}
    if places is not None:
        ids = {place.id for place in places.place}
        yield from refers(("kiosk", "place"), settings.kiosk.place, ids, "place in places.toml")
    if languages:
        language = settings.kiosk.language
        yield from refers(("kiosk", "language"), language, languages, "language among the phrases")
        for at, one in enumerate(settings.kiosk.languages):
            place = ("kiosk", "languages", at)
            yield from refers(place, one, languages, "language among the phrases")
    devices = capabilities(settings)
    for key, lamp in asdict(settings.key_lamps).items():
        yield from refers_if_given(("key_lamps", key), lamp, devices, "switch")
    for service in SERVICES.values():
        if service.table:
            yield from service.check(getattr(settings, service.table), devices)
    yield from _claimed_once(drivers, settings.buses)
    for name, chosen in drivers.items():
        if bus := getattr(chosen.settings, "bus", ""):
            yield from refers(("drivers", name, "bus"), bus, settings.buses, "bus")


def _claimed_once(
    devices: Mapping[str, Chosen], buses: Mapping[str, BusSettings]
) -> Iterator[Mistake]:
    """What only one device can have (a pin, a port, the loudspeaker) is claimed once."""
    taken: list[tuple[Hashable, tuple[str, ...]]] = [
        (("port", bus.port), ("buses", name, "port")) for name, bus in buses.items() if bus
    ]
    taken += [
        ((claim.kind, claim.value), ("drivers", name, claim.key))
        for name, chosen in devices.items()
        for claim in claims(chosen.type, chosen.settings)
    ]
    yield from unique(taken)
