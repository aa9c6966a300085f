"""What the bench page shows, as plain data."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec

from hw_mocks import words
from hw_mocks.dispatcher import Dispatcher, Outcome
from hw_mocks.upstream import Mode
from hw_mocks.workbench import Workbench

HELPER = "李阿姨"
"""Who accepts alarms, when the visitor wants somebody to."""

RECORDS, COMMANDS, SPEECH, LOG = 200, 50, 30, 200
"""How many of each are shown, the newest."""

_SCREEN = (
    "place", "screen", "title", "text", "items", "bar", "focus", "spoken", "notices", "online",
    "camera", "alarm",
)  # fmt: skip


def fixed(bench: Workbench, clips: Path | None) -> dict[str, Any]:
    """What does not change while the bench runs."""
    return {
        "page": bench.page_url,
        "folder": str(bench.folder),
        "upstream": bench.upstream.url,
        "modes": get_args(Mode),
        "outcomes": get_args(Outcome),
        "helper": HELPER,
        "commands": words.COMMANDS,
        "about": words.ABOUT,
        "clips": [clip.name for clip in clip_files(clips)],
        "keys": [
            {"device": name, "key": bench.equipment.drivers[name]["key"]}
            for name in bench.equipment.capable("key")
            if "key" in bench.equipment.drivers[name]
        ],
        "contacts": [
            name
            for name in bench.equipment.able("pin")
            if "key" not in bench.equipment.drivers[name]
        ],
    }


def clip_files(folder: Path | None) -> list[Path]:
    """The clips that can be played."""
    return sorted(folder.glob("*.mp4")) if folder else []


def changing(bench: Workbench, dispatcher: Dispatcher) -> dict[str, Any]:
    """Everything else."""
    snapshot = bench.page.snapshot
    return {
        "daemon": {"pid": bench.daemon.pid, "log": bench.daemon.tail(LOG)},
        "screen": snapshot
        and {name: msgspec.to_builtins(getattr(snapshot, name)) for name in _SCREEN},
        "lamps": [
            {"device": name, "type": bench.equipment.type(name), "lit": bench.lamp(name).lit}
            for name in bench.equipment.able("lamp")
        ],
        "bins": [_bin(name, table, bench) for name, table in bench.bins.items()],
        "sensors": [
            {
                "device": name,
                "type": bench.equipment.type(name),
                "plugged": device.plugged,
                "values": dict(device.state()),
            }
            for name, device in bench.devices.items()
        ],
        "devices": {name: bench.plugged(name) for name in bench.equipment.able("plug")},
        "playing": dict(bench.playing),
        "mode": bench.upstream.mode,
        "outcome": dispatcher.outcome,
        "helper": dispatcher.helper,
        **_upstream(bench),
        "speech": _speech(bench),
    }


def _upstream(bench: Workbench) -> dict[str, Any]:
    report = bench.upstream.report(0)
    commands = [
        # A UUIDv7 begins with the milliseconds since 1970
        {**command, "at": int(command["id"].replace("-", "")[:12], 16) / 1000}
        for command in report["commands"][-COMMANDS:]
    ]
    return {
        "records": report["records"][-RECORDS:],
        "total": len(report["records"]),
        "repeated": report["duplicates"],
        "commands": commands,
    }


def _bin(name: str, table: Mapping[str, Any], bench: Workbench) -> dict[str, Any]:
    sensor = bench.devices[table["device"]]
    marks = {mark: table[mark] for mark in ("name", "device", "empty_mm", "full_mm")}
    return {"bin": name, **marks, **sensor.state(), "plugged": sensor.plugged}


def _speech(bench: Workbench) -> list[dict[str, Any]]:
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    clock = time.time() - now
    return [
        {
            "text": said.text,
            "time": round(clock + said.began, 1),
            "sounding": said.ended > now,
            "sound": Path(said.sound).name,
        }
        for said in bench.loudspeaker.said()[-SPEECH:]
    ]
