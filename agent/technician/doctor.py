"""`linli doctor`: what works, what does not and what to do about it, and what is kept of people."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from agent.configuration import Configuration, Settings, capabilities, load
from agent.core.clock import Clock
from agent.uplink import transport_for
from agent.uplink.transport import Failure
from config.models import model_status, read_manifest

_LEAST_FREE = 200_000_000
"""Bytes of free disk below which a technician should look what fills it."""

KEPT = (
    "pictures: none, they stay in the camera's memory",
    "who may lie on the floor: one skeleton in the cache, gone when nobody does",
    "sound: none",
    "falls: skeletons (points and lines) with an alarm, in the store",
    "orders: pickup, destination and plate, in the store; no names, no telephone numbers",
)
"""What the kiosk keeps of people, in plain words."""


class Finding(NamedTuple):
    """The verdict on one thing."""

    verdict: Literal["ok", "look", "broken"]
    what: str
    text: str


def examine(config: Path, data: Path, models: Path) -> Iterator[Finding]:
    """Look at everything that can be looked at without disturbing a running kiosk."""
    configuration = load(config)
    yield from _configuration(configuration, config)
    yield from _disk(data)
    yield _clock(Clock())
    settings = configuration.settings
    if settings is None:
        return
    yield from _devices(settings)
    yield from _models(settings, models)
    yield from _speech(settings)
    yield _upstream(settings)


def _configuration(configuration: Configuration, path: Path) -> Iterator[Finding]:
    for problem in configuration.problems:
        yield Finding("broken", "configuration", str(problem))
    if not configuration.problems:
        yield Finding("ok", "configuration", f"{path} has no mistakes")


def _disk(data: Path) -> Iterator[Finding]:
    folder = next(p for p in (data, *data.parents) if p.exists())
    free = shutil.disk_usage(folder).free
    if folder == data and not os.access(data, os.W_OK):
        yield Finding("broken", "disk", f"{data} cannot be written; check its owner")
    verdict: Literal["ok", "look"] = "ok" if free > _LEAST_FREE else "look"
    yield Finding(verdict, "disk", f"{free / 1e9:.1f} GB free at {folder}")


def _clock(clock: Clock) -> Finding:
    if clock.trusted:
        return Finding("ok", "clock", "confirmed by a time server")
    return Finding("look", "clock", "not confirmed; records say so until upstream has been reached")


def _devices(settings: Settings) -> Iterator[Finding]:
    for name, chosen in settings.drivers.items():
        where = [getattr(chosen.settings, key, "") for key in ("port", "source")]
        path = str(where[0] or where[1])
        if not path.startswith("/dev/"):
            continue
        if not Path(path).exists():
            yield Finding("broken", name, f"{path} is not there; check cable and power")
        elif not os.access(path, os.R_OK | os.W_OK):
            yield Finding("broken", name, f"{path} may not be used; run as user linli or root")
        else:
            yield Finding("ok", name, f"{path} is there")


def _models(settings: Settings, folder: Path) -> Iterator[Finding]:
    manifest = read_manifest().require()
    types = {chosen.type for chosen in settings.drivers.values()}
    for model in {m.name: m for kind in types for m in manifest.needed_by(kind)}.values():
        status = model_status(model, folder)
        if status.state in ("ready", "unverified"):
            yield Finding("ok", f"model {model.name}", f"{status.state} at {status.path}")
        else:
            remedy = f"{status.state}; run: linli models fetch {model.name}"
            yield Finding("broken", f"model {model.name}", remedy)


def _speech(settings: Settings) -> Iterator[Finding]:
    if not any("speaker" in can for can in capabilities(settings).values()):
        return
    from drivers.voice.espeak import EspeakMissing, EspeakVoice
    from drivers.voice.syllables import SyllablesMissing, SyllableVoice

    try:
        SyllableVoice()
        yield Finding("ok", "speech", "Mandarin by recorded syllables")
    except SyllablesMissing as error:
        yield Finding("look", "speech", str(error))
    try:
        EspeakVoice()
        yield Finding("ok", "speech", "other languages by espeak-ng")
    except EspeakMissing as error:
        yield Finding("look", "speech", str(error))


def _upstream(settings: Settings) -> Finding:
    try:
        transport_for(settings.upstream, settings.kiosk.id).poll("", 0.0, threading.Event())
    except Failure as error:
        return Finding("broken", "upstream", f"{settings.upstream.url}: {error}")
    return Finding("ok", "upstream", f"{settings.upstream.url} answers")
