"""Every word that a scenario may use, with an example: what `linli-sim words` prints."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import kiosk_ui.phrases
from agent.services.registry import REGISTRY

_SERVICES = REGISTRY.values()

RECORDS: Mapping[str, str] = {
    kind.kind: ", ".join(kind.__struct_encode_fields__)
    for service in _SERVICES
    for kind in service.records
}
"""Kinds of records that the kiosk sends → the names in their data."""

COMMANDS: Mapping[str, Mapping[str, Any]] = {
    kind.kind: kind.example for service in _SERVICES for kind in service.commands
}
"""Kinds of commands that the kiosk understands → data to begin with.

Upstream adds the `order` or `fall` it heard of last, unless the data names another."""

ABOUT: Mapping[str, str] = {
    kind.kind.partition(".")[0]: kind.about
    for service in _SERVICES
    for kind in service.commands
    if kind.about
}
"""First part of a command's kind → the name of what it is about."""

_OWN = {kind.kind: kind.about for service in _SERVICES for kind in service.commands}


def about(kind: str) -> str | None:
    """The name of what a command of this *kind* is about; a kind that nobody knows is like others
    with the same first part."""
    return _OWN[kind] or None if kind in _OWN else ABOUT.get(kind.partition(".")[0])


ACTION_STEPS = {
    "press": (
        'press = "enter"',
        "press a key for 0.1 s, as people do: not before the screen has stood for 0.6 s",
    ),
    "hold": ('hold = {key = "help", seconds = 3}', "hold a key down"),
    "touch": ('touch = "taxi.call"', "touch a button of the page; waits 20 s for it to be offered"),
    "distance": (
        'distance = {device = "bin_1", mm = 350}',
        'what the sensor measures from now on; without mm, or mm = "none": no echo',
    ),
    "set": (
        'set = {device = "bin_1", to = {mm = 350}}',
        "what a sensor or meter measures: mm, energy, power, voltage, celsius, percent, code; "
        "systolic, diastolic, pulse, doubt; tilted, battery, latitude with "
        "longitude; paper and cover of a printer",
    ),
    "bytes": (
        'bytes = {device = "bin_1", hex = "FF 01 5E 5E"}',
        "bytes on the serial line; the sensor's own readings pause for 2 s",
    ),
    "pin": ('pin = {device = "key_up", active = true}', "close or open a contact for good"),
    "camera": (
        'camera = {device = "camera", play = "Subject1_Fall_13.mp4"}',
        "show a clip once; looked for beside the file, here, and in the data folder and its falls/",
    ),
    "speak": (
        'speak = "words/是.wav"',
        "somebody says a WAV file (16 kHz, 16 bit, mono) once the kiosk listens, or is silent; "
        "looked for beside the file, here, and in the data folder and its speech/",
    ),
    "unplug": ('unplug = "bin_1"', "pull a sensor, camera, speaker or microphone out"),
    "plug": ('plug = "bin_1"', "put it back"),
    "upstream": (
        'upstream = "offline"',
        "online, offline (unreachable), slow (3 s), error (503), refuse (each record for good), "
        "drop_replies (takes records, answers nothing)",
    ),
    "command": (
        'command = {kind = "taxi.accepted", data = {plate = "沪A·D3642", minutes = 5}}',
        "upstream tells the kiosk; about the latest order or fall unless data names another",
    ),
    "kill": ("kill = true", "kill -9 the daemon, then start it again on the same disk"),
    "restart": ("restart = true", "stop the daemon properly, then start it again"),
    "wait": ("wait = 2.5", "let so many seconds pass"),
    "advance": (
        "advance = 3600",
        "move the clock of the daemon, its child processes and upstream: so many seconds pass at "
        "once, each thing that falls due happens at its moment, and all is committed before the "
        "next step; devices, sound and the network's own time-outs go on in real time",
    ),
    "wall": (
        'wall = "2028-02-29T23:59:50+08:00"',
        "set the daemon's wall clock; upstream's stays right",
    ),
    "network_time": (
        "network_time = false",
        "whether the daemon takes its wall clock for right (else: as on this machine)",
    ),
}
"""Steps that do something → an example, and what it does."""

EXPECT_STEPS = {
    "screen": (
        'screen = "taxi.confirm"',
        "the page shows this screen, or has shown it since the last step that does something",
    ),
    "says": (
        'says = "沪A"',
        "a text with this part begins to sound, or has begun since the last step that does "
        "something (wait and advance are none); punctuation and blanks do not count",
    ),
    "silent": (
        "silent = 2",
        "nothing sounds for so long; `within` counts to its end and is 20 s more by default",
    ),
    "hear": (
        "hear = {minimum_rms = 0.01}",
        "something begins to sound, or has since the last step that does something, this loud "
        '(root mean square of the whole, 1 is full scale); device = "default", or another ALSA '
        "name in kiosk.toml: from there",
    ),
    "record": (
        'record = {kind = "bin.full", data = {bin = "north"}}',
        "upstream has, since the scenario began, such a record with at least this data",
    ),
    "no_record": (
        'no_record = {kind = "fall.alarm", during = 10}',
        "no new record of this kind arrives for so long from now (default 5)",
    ),
    "lamp": (
        'lamp = {device = "lamp_taxi", on = true}',
        "on at any moment (blinking counts), or off for a whole second",
    ),
    "printed": (
        'printed = {device = "printer", has = "沪A·D3642"}',
        "the slip that lies before the printer has this on it; without has: none came out yet",
    ),
    "received_once": (
        'received_once = "taxi.requested"',
        "exactly one such record since the scenario began, repetitions removed, for a second",
    ),
}
"""Steps that expect something → an example, and when it holds."""


@cache
def phrases() -> Mapping[str, Any]:
    """The tables of the first catalogue, which names all screens and actions."""
    tables: dict[str, dict[str, Any]] = {}
    for path in sorted((kiosk_ui.phrases.FOLDER / "zh-CN").glob("*.toml")):
        for table, entries in tomllib.loads(path.read_text(encoding="utf-8")).items():
            tables.setdefault(table, {}).update(entries)
    return tables


def screens() -> dict[str, str]:
    """Screens that the daemon can show → their titles."""
    tables: Mapping[str, Mapping[str, str]] = phrases()["screen"]
    # "lost" is what the page draws by itself when there is no daemon
    return {name: table["title"] for name, table in tables.items() if name != "lost"}


def actions(places: Path) -> dict[str, str]:
    """Actions that can be touched → their labels; *places* is a places.toml."""
    labels: dict[str, str] = dict(phrases()["action"])
    tables = tomllib.loads(places.read_text(encoding="utf-8"))
    names = {place["id"]: place["name"] for place in tables["place"]}
    return labels | {f"taxi.to.{id}": names[id] for id in tables["favourites"]}


def printed(devices: Mapping[str, str], places: Path) -> Iterator[str]:
    """The lines of `linli-sim words`; *devices* are names and types."""
    yield 'A scenario is a TOML file: title = "…", then [[step]] tables with one step each.'
    yield "[settings] before the steps overrules kiosk.toml: settings.fall.answer_s = 10."
    yield from _table("steps that do something", dict(ACTION_STEPS.values()))
    yield from _table(
        "steps that expect something; each takes within = SECONDS (default 20)",
        dict(EXPECT_STEPS.values()),
    )
    yield from _table("keys (press, hold)", dict.fromkeys(KEYS, ""))
    yield from _table("devices of kiosk.toml", devices)
    yield from _table("screens (screen)", screens())
    yield from _table("actions (touch)", actions(places))
    yield from _table("records (record, no_record, received_once) and their data", RECORDS)
    yield from _table(
        "commands (command)",
        {
            kind: ", ".join(f"{k} = {v!r}" for k, v in data.items())
            for kind, data in COMMANDS.items()
        },
    )


KEYS = ("up", "down", "enter", "back", "help")


def _data(data: Mapping[str, Any]) -> str:
    return ", ".join(
        f'{name} = "{v}"' if isinstance(v, str) else f"{name} = {v}" for name, v in data.items()
    )


def _table(title: str, rows: Mapping[str, str]) -> Iterator[str]:
    yield ""
    yield f"# {title}"
    for word, meaning in rows.items():
        yield f"{word:<28} {meaning}".rstrip()
