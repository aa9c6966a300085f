"""What a kiosk still knows of its site when its files are wrong: enough to help by telephone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from agent.dialogue.snapshot import Phone, Words
from agent.dialogue.views import Phrase
from agent.services.registry import REGISTRY
from agent.settings import PageSettings
from config.build import Builder, Chosen
from config.files import with_drop_ins
from config.keep import last_good
from config.places import PACKAGED, read_places
from config.places import Phone as PlacesPhone
from config.reader import readable
from drivers import SETTINGS
from drivers.speaker import SpeakerSettings

USED = ("speaker", "button")
"""Types of drivers that the trouble page uses."""


class Basics(NamedTuple):
    """What can be read of a kiosk's files, whatever is wrong in the rest."""

    language: str
    place: str
    """Name of the spot; empty where it is not known."""
    port: int
    """Of the page."""
    guard_phone: str
    phones: tuple[PlacesPhone, ...]
    devices: dict[str, Chosen]
    """Loudspeaker and keys, by their names."""
    instead: tuple[Phrase, ...] = ()
    """What residents can do while this kiosk cannot serve."""

    def phones_in(self, words: Words, language: str) -> tuple[Phone, ...]:
        """The numbers to show, the guard's first."""
        guard = (Phone(self.guard_phone, words.text(language, "phone.guard")),)
        others = (Phone(phone.number, phone.label(language)) for phone in self.phones)
        return (*(guard if self.guard_phone else ()), *others)


def basics(path: Path, kept: Path) -> Basics:
    """What is known of the kiosk of kiosk.toml at *path*.

    Each piece comes from the files as they are, as far as they can be read, or else from the
    last good set in *kept*; the packaged numbers stand in only where this site has none.
    """
    good = last_good(kept)
    sets = [path] if good is None else [path, good / path.name, good / "kiosk.toml"]
    raw = [readable(with_drop_ins(kiosk)) for kiosk in sets if kiosk.is_file()]
    places = [readable([kiosk.with_name(PACKAGED.name)]) for kiosk in sets]
    here = _first(_text(tables, "kiosk", "place") for tables in raw)
    names = (one.get("name") for tables in places for one in _tables(tables, "place", id=here))
    packaged = read_places().require()
    found = [phone for tables in places if (phone := _phones(tables))]
    known = packaged.find(here)
    return Basics(
        language=_first(_text(tables, "kiosk", "language") for tables in raw),
        place=_first(name for name in names if isinstance(name, str))
        or (known.name if known else ""),
        port=next((port for tables in raw if (port := _port(tables))), PageSettings().port),
        guard_phone=_first(_text(tables, "kiosk", "guard_phone") for tables in raw),
        phones=found[0] if found else packaged.phone,
        instead=tuple(_instead(raw)),
        devices=_with_voice(next((devices for tables in raw if (devices := _devices(tables))), {})),
    )


def _first(texts: Iterator[str]) -> str:
    return next(filter(None, texts), "")


def _text(tables: dict[str, Any], table: str, key: str) -> str:
    inner = tables.get(table)
    value = inner.get(key) if isinstance(inner, dict) else None
    return value if isinstance(value, str) and value.isprintable() else ""


def _tables(tables: dict[str, Any], name: str, **having: str) -> Iterator[dict[str, Any]]:
    listed = tables.get(name)
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and having.items() <= one.items():
            yield one


def _port(tables: dict[str, Any]) -> int | None:
    try:
        return msgspec.convert(tables.get("page", {}), PageSettings).port
    except (msgspec.ValidationError, ValueError):
        return None


def _phones(tables: dict[str, Any]) -> tuple[PlacesPhone, ...]:
    phones = []
    for one in _tables(tables, "phone"):
        try:
            phones.append(msgspec.convert(one, PlacesPhone))
        except (msgspec.ValidationError, ValueError):
            continue  # `linli check` tells what is wrong with it
    return tuple(phones)


def _instead(sets: list[dict[str, Any]]) -> Iterator[Phrase]:
    """Of each service, by the first of *sets* in which its own table has no mistake."""
    for service in REGISTRY.values():
        for tables in sets if service.table else ():
            try:
                settings = msgspec.convert(tables[service.table], service.settings)
            except (KeyError, msgspec.ValidationError, ValueError):
                continue  # `linli check` tells what is wrong with it
            said = service.instead(settings)
            yield from [said] if said is not None else []
            break


def _devices(tables: dict[str, Any]) -> dict[str, Chosen]:
    listed = tables.get("drivers")
    devices: dict[str, Chosen] = {}
    for name, raw in listed.items() if isinstance(listed, dict) else ():
        if not isinstance(raw, dict) or raw.get("type") not in USED:
            continue
        builder = Builder(SETTINGS)
        chosen = builder.build(Chosen, raw, ("drivers", name))
        if not builder.mistakes:
            devices[name] = chosen
    return devices


def _with_voice(devices: dict[str, Chosen]) -> dict[str, Chosen]:
    """A kiosk whose loudspeaker is not known tries the system's own: silence helps nobody."""
    if any(chosen.type == "speaker" for chosen in devices.values()):
        return devices
    return {**devices, "speaker": Chosen("speaker", SpeakerSettings())}
