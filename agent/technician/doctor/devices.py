"""What is plugged in, and what the configuration expects."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.technician.doctor.finding import Finding, Machine
from config.addresses import without_secrets
from config.build import Chosen
from config.explain import shown
from config.rights import READ, WRITE, obstacle

_LOOK_WITHIN = 25.0
"""Seconds for a picture from a stream."""
_GROUPS = {"tty": "dialout", "video": "video", "snd": "audio", "event": "input", "lp": "lp"}
_MAIN_STREAM = "0"
"""Number of the device file of a camera that gives pictures (its `index` in sysfs)."""


def examine_devices(
    machine: Machine, drivers: Mapping[str, Chosen], running: bool
) -> Iterator[Finding]:
    """Serial adapters, cameras, loudspeaker and microphone; *running*: the kiosk uses them."""
    for name, chosen in drivers.items():
        port = getattr(chosen.settings, "port", None)
        source = getattr(chosen.settings, "source", None)
        if isinstance(port, str) and port.startswith("/dev/"):
            yield _device(machine, name, port, "check cable and power; ls /dev/serial/by-id")
        if isinstance(source, str) and chosen.type in ("camera", "scanner_camera"):
            yield from _camera(machine, name, chosen.settings, source, running)
    yield from _twins(machine, drivers)
    yield from _sound(machine, drivers)
    yield from _unused(machine, drivers)


def _device(machine: Machine, name: str, path: str, remedy: str) -> Finding:
    file = machine.at(path)
    if not file.exists():
        return Finding("broken", name, f"{path} is not there", remedy)
    barred = obstacle(file, machine.user, READ | WRITE)
    if barred is not None:
        group = next((g for part, g in _GROUPS.items() if part in file.resolve().name), "dialout")
        text = f"user {machine.user.name} may not use {barred}"
        remedy = f"sudo usermod -aG {group} {machine.user.name}, then restart linli"
        return Finding("broken", name, text, remedy)
    return Finding("ok", name, f"{path} is there")


def _camera(
    machine: Machine, name: str, settings: Any, source: str, running: bool
) -> Iterator[Finding]:
    path = f"/dev/video{source}" if source.isdigit() else source
    if path.startswith("/dev/"):
        found = _device(machine, name, path, "check the camera's cable; ls /dev/video*")
        if found.verdict != "ok" or running or machine.root != Path("/"):
            yield found
            return
    elif "://" not in path:
        if not machine.at(path).is_file():
            yield Finding("broken", name, f"{without_secrets(path)} is not there", "correct source")
        return
    yield _picture(name, settings, source)


def _picture(name: str, settings: Any, source: str) -> Finding:
    """Whether a picture comes, taken in a process of its own and not kept."""
    order = {
        "source": source,
        "width": settings.width,
        "height": settings.height,
        "private": [],
        "model": None,
    }
    where = shown((), source, width=200)  # without a password
    try:
        run = subprocess.run(
            [sys.executable, "-m", "drivers.vision.glance"],
            input=json.dumps(order).encode() + b"\n",
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_LOOK_WITHIN,
            check=True,
        )
        reply = json.loads(run.stdout)
    except subprocess.TimeoutExpired:
        text = f"{where} gives no picture within {_LOOK_WITHIN:.0f} s"
        return Finding("broken", name, text, "check the camera's power, address and cable")
    except (subprocess.CalledProcessError, ValueError) as error:
        return Finding("broken", name, f"looking through {where} failed ({error})", "run it again")
    if reply.get("sketch") is None:
        trouble, _, remedy = str(reply.get("trouble")).replace(source, where).partition("; ")
        return Finding("broken", name, trouble, remedy)
    return Finding("ok", name, f"{where} gives a picture")


def _twins(machine: Machine, drivers: Mapping[str, Chosen]) -> Iterator[Finding]:
    """Adapters that cannot be told apart by their names in by-id."""
    identities: dict[tuple[str, ...], list[str]] = {}
    for tty in sorted(machine.at("/sys/class/tty").glob("tty[UA][SC][BM]*")):
        usb = _usb_device(tty)
        if usb is not None:
            parts = tuple(_word(usb / part) for part in ("idVendor", "idProduct", "serial"))
            identities.setdefault(parts, []).append(tty.name)
    by_id = [n for n, c in drivers.items() if "/by-id/" in str(getattr(c.settings, "port", ""))]
    for (vendor, product, _), names in identities.items():
        if len(names) > 1 and by_id:
            yield Finding(
                "look",
                ", ".join(by_id),
                f"{' and '.join(names)} have the same identity ({vendor}:{product})",
                "name them by their sockets: ls -l /dev/serial/by-path",
            )


def _usb_device(tty: Path) -> Path | None:
    try:
        folder = (tty / "device").resolve(strict=True)
    except OSError:
        return None
    return next(
        (parent for parent in (folder, *folder.parents) if _word(parent / "idVendor")), None
    )


def _word(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _sound(machine: Machine, drivers: Mapping[str, Chosen]) -> Iterator[Finding]:
    """Sound cards, and the names that the configuration gives them."""
    cards = _cards(machine)
    ways = machine.read("/proc/asound/pcm")
    for name, chosen in drivers.items():
        if chosen.type not in ("speaker", "microphone"):
            continue
        speaks = chosen.type == "speaker"
        program = getattr(chosen.settings, "player" if speaks else "recorder", ("",))[0]
        if shutil.which(program) is None:
            remedy = "sudo apt-get install alsa-utils"
            yield Finding("broken", name, f"there is no program {program}", remedy)
            continue
        if Path(program).name not in ("aplay", "arecord"):
            yield Finding("ok", name, f"it uses {program}")
            continue
        lists = "aplay -l" if speaks else "arecord -l"
        if not cards:
            yield Finding("broken", name, "there is no sound card", f"plug it in; see {lists}")
            continue
        direction = "playback" if speaks else "capture"
        if direction not in ways:
            text = f"no sound card has {direction}: {', '.join(cards)}"
            yield Finding("broken", name, text, f"plug one in that has; see {lists}")
            continue
        for key in ("device", "headset"):
            wanted = getattr(chosen.settings, key, "") or ""
            card = re.search(r"CARD=([^,]+)|hw:(?!CARD)([^,]+)", wanted)
            asked = (card[1] or card[2]) if card else ""
            if asked and asked not in cards and asked not in map(str, range(len(cards))):
                text = f"there is no sound card '{asked}' for {key} = '{wanted}'"
                yield Finding("broken", name, text, f"correct it; there is {', '.join(cards)}")
                break
        else:
            yield Finding("ok", name, f"sound card {', '.join(cards)}")


def _cards(machine: Machine) -> list[str]:
    found = re.findall(r"^\s*\d+ \[(\S+)\s*\]", machine.read("/proc/asound/cards"), re.MULTILINE)
    return [str(card) for card in found]


def _unused(machine: Machine, drivers: Mapping[str, Chosen]) -> Iterator[Finding]:
    """What is plugged in and in no file."""
    known = set()
    for chosen in drivers.values():
        for key in ("port", "source"):
            value = getattr(chosen.settings, key, None)
            if isinstance(value, str) and value:
                path = f"/dev/video{value}" if value.isdigit() else value
                known.add(machine.at(path).resolve())
    for link in sorted(machine.at("/dev/serial/by-id").glob("*")):
        if link.resolve() not in known:
            text = f"/dev/serial/by-id/{link.name} is plugged in and not configured"
            yield Finding("look", "plugged in", text, "add a driver with this port, or unplug it")
    for device in sorted(machine.at("/sys/class/video4linux").glob("video*")):
        node = machine.at(f"/dev/{device.name}")
        usb = "usb" in str(device.resolve())
        if usb and _word(device / "index") == _MAIN_STREAM and node.resolve() not in known:
            text = f"camera {_word(device / 'name')} at /dev/{device.name} is not configured"
            yield Finding("look", "plugged in", text, "add a camera with this source, or unplug it")
    types = {chosen.type for chosen in drivers.values()}
    for card in _cards(machine):
        if not types & {"speaker", "microphone"} and not card.startswith("vc4"):
            text = f"sound card {card} is plugged in and not configured"
            yield Finding("look", "plugged in", text, "add [drivers.speaker], or unplug it")
