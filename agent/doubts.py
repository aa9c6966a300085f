"""What is allowed in kiosk.toml and hardly ever meant: the kiosk starts, `linli check` says it.

Whoever adds one: it must name place, value and remedy, and be silent about everything that
could be meant.
"""

from __future__ import annotations

import importlib.util
import re
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.settings import KioskSettings, UpstreamSettings
from config.addresses import parse
from config.build import Chosen
from config.explain import Mistake, did_you_mean, shown
from config.header import BUSES, Bus
from config.hints import visible
from config.lines import Place, dotted
from config.models import read_manifest
from config.places import implausible_phone
from config.rights import READ, obstacle, service_user

ROLES = ("up", "down", "enter", "back", "help")
"""Keys of a kiosk."""
PINS = ("pin", "trigger", "echo")
"""Keys of drivers that are BCM numbers."""
_CONFIG_TXT = (Path("boot/firmware/config.txt"), Path("boot/config.txt"))
_UCUM = {"°C": "Cel", "℃": "Cel", "kWh": "kW.h", "Wh": "W.h", "m³": "m3", "m³/h": "m3/h"}
"""Units as people write them, and their codes."""
_SHALLOWEST_MM = 500
"""A bin less deep than this is none for construction waste: its depth is in cm."""


def doubts(settings: Any, machine: Path, models: Path) -> Iterator[Mistake]:
    """Everything doubtful in *settings*, as cautions.

    Args:
        settings: all of kiosk.toml.
        machine: root of the file system with the buses and devices: ``/``.
        models: folder of the model files.
    """
    drivers = {name: chosen for name, chosen in settings.drivers.items() if chosen is not None}
    yield from _keys(drivers)
    yield from _bins(getattr(settings, "bins", None) or {})
    yield from _registers(drivers)
    yield from _readings(settings, drivers)
    yield from _same_device(drivers, machine)
    yield from _buses(drivers, machine)
    yield from _guard(settings.kiosk)
    yield from _files(settings.upstream, drivers)
    yield from _model(drivers, models)
    yield from _japanese(settings.kiosk, drivers)


def _doubt(place: Place, text: str, remedy: str, value: object = None) -> Mistake:
    said = "" if value is None else shown(place, value)
    return Mistake(place, text, remedy, said, caution=True)


def _keys(drivers: Mapping[str, Chosen]) -> Iterator[Mistake]:
    """Each role has a key, and only help may have several."""
    keys = {
        name: chosen.settings.key  # type: ignore[attr-defined]
        for name, chosen in drivers.items()
        if chosen.type == "button" and chosen.settings is not None
    }
    if not keys or set(keys.values()) == {"help"}:  # a kiosk with a touch screen
        return
    if None in keys.values() or any(chosen.settings is None for chosen in drivers.values()):
        return  # a mistake, which may be the key that seems to be missing
    count = Counter(keys.values())
    lacking = [role for role in ROLES if not count[role]]
    first: dict[str, str] = {}
    for name, role in keys.items():
        other = first.setdefault(role, name)
        if other != name and role != "help":
            remedy = f"Give one of them another key{_of(lacking)}."
            text = f"two keys are '{role}': this one and {other}"
            yield _doubt(("drivers", name, "key"), text, remedy)
    for role in lacking:
        remedy = f'Add a button with key = "{role}", or correct the key of another.'
        yield _doubt(("drivers",), f"no key has the role '{role}'", remedy)._replace(absence=True)


def _of(roles: list[str]) -> str:
    return f", '{roles[0]}' for example" if roles else ""


def _bins(bins: Mapping[str, Any]) -> Iterator[Mistake]:
    for name, one in bins.items():
        if one is None or one.empty_mm is None or one.full_mm is None:
            continue
        if one.full_mm >= one.empty_mm:
            continue  # a mistake, which is said elsewhere
        if one.empty_mm < _SHALLOWEST_MM:
            yield _doubt(
                ("bins", name, "empty_mm"),
                f"a bin {one.empty_mm / 10:g} cm deep? That looks like centimetres",
                f"If so, write empty_mm = {one.empty_mm * 10}, and full_mm in mm too.",
                one.empty_mm,
            )
        elif one.empty_mm - one.full_mm < 100:
            yield _doubt(
                ("bins", name, "full_mm"),
                f"full and empty are only {one.empty_mm - one.full_mm} mm apart",
                "Measure both again: the sensor looks down from the lid.",
                one.full_mm,
            )


def _registers(drivers: Mapping[str, Chosen]) -> Iterator[Mistake]:
    """Registers as data sheets number them, units as people write them."""
    for name, chosen in drivers.items():
        for key, one in (getattr(chosen.settings, "registers", None) or {}).items():
            place = ("drivers", name, "registers", key)
            if one is None:
                continue
            kind, number = divmod(one.register, 10_000)
            if kind in (3, 4) and 0 < number <= 9_999:
                text = f"sheets that write {one.register} mean register {number - 1}"
                function = 4 if kind == 3 else 3
                remedy = (
                    f"If so, write register = {number - 1}, "
                    f"and function = {function} under the device."
                )
                yield _doubt((*place, "register"), text, remedy)
            if one.unit in _UCUM or not one.unit.isascii():
                code = _UCUM.get(one.unit, "m3, Cel, mm2, or 1 for none")
                yield _doubt(
                    (*place, "unit"), f"{one.unit} is no UCUM code", f"Write it in letters: {code}."
                )


def _readings(settings: Any, drivers: Mapping[str, Chosen]) -> Iterator[Mistake]:
    """Which register is meant, and whose number it is."""
    homes = {
        one.device: name
        for name, one in (getattr(settings, "power", None) or {}).items()
        if one is not None
    }
    for name, one in (getattr(settings, "readings", None) or {}).items():
        chosen = drivers.get(one.device) if one is not None else None
        if chosen is None:
            continue  # a mistake, which is said elsewhere
        if one.device in homes:
            text = f"{one.device} is the meter of [power.{homes[one.device]}]"
            remedy = "What a household uses stays in the kiosk: remove this table."
            yield _doubt(("readings", name, "device"), text, remedy)
        registers = getattr(chosen.settings, "registers", None) or {}
        able = [key for key, register in registers.items() if register.quantity == one.quantity]
        if registers and one.register and one.register not in able:
            text = f"no register of {one.device} has this name and quantity"
            remedy = did_you_mean(one.register, able)
            yield _doubt(("readings", name, "register"), text, remedy, one.register)
        elif not one.register and len(able) > 1:
            text = f"{len(able)} registers of {one.device} are {one.quantity}: {', '.join(able)}"
            remedy = "Say which: register = …."
            yield _doubt(("readings", name, "quantity"), text, remedy)


def _same_device(drivers: Mapping[str, Chosen], machine: Path) -> Iterator[Mistake]:
    owners: dict[str, Place] = {}
    written: dict[Place, str] = {}
    for name, chosen in drivers.items():
        for key in ("port", "source"):
            value = getattr(chosen.settings, key, None)
            if not isinstance(value, str) or not value:
                continue
            place = ("drivers", name, key)
            written[place] = value
            device = f"/dev/video{value}" if key == "source" and value.isdigit() else value
            if device.startswith("/dev/"):
                real = (machine / device.lstrip("/")).resolve()
                device = str(real)
            owner = owners.setdefault(device, place)
            if owner == place or (written[owner] == value and key == "port"):
                continue  # the same name twice is a mistake, which is said elsewhere
            yield _doubt(
                place,
                f"this is the same device as {dotted(owner)} ({shown(owner, written[owner])})",
                "Give each its own; unplug one and look which name goes: ls -l /dev/serial/by-path",
                value,
            )


def _buses(drivers: Mapping[str, Chosen], machine: Path) -> Iterator[Mistake]:
    """Pins that the Pi itself may use."""
    serial = {
        Path(port).name
        for chosen in drivers.values()
        if isinstance(port := getattr(chosen.settings, "port", None), str)
    }
    uart_used = serial & {"serial0", "ttyAMA0", "ttyS0", "ttyAMA10"}
    for name, chosen in drivers.items():
        for key in PINS:
            pin = getattr(chosen.settings, key, None)
            bus = next((bus for bus in BUSES if pin in bus.pins), None)
            if pin is None or bus is None:
                continue
            used = True if bus.name == "UART" and uart_used else _in_use(bus, machine)
            if used is False or (used is None and not bus.common):
                continue
            if used:
                text = f"GPIO{pin} is used by {bus.name}, which is switched on"
                remedy = f"Use another pin, or switch {bus.name} off: {bus.off}"
            else:
                text = f"GPIO{pin} belongs to {bus.name}, where that is switched on"
                remedy = "Use another pin, or see to it that it is off on the kiosk."
            yield _doubt(("drivers", name, key), text, remedy, pin)


def _in_use(bus: Bus, machine: Path) -> bool | None:
    """Whether the machine has switched *bus* on; None where that cannot be told: no Pi."""
    if not bus.switches:
        return None
    if any((machine / "dev" / device).exists() for device in bus.devices):
        return True
    for candidate in _CONFIG_TXT:
        try:
            lines = (machine / candidate).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        plain = ["".join(line.split("#")[0].split()) for line in lines]
        return any(line.startswith(bus.switches) for line in plain)
    return None


def _guard(kiosk: KioskSettings) -> Iterator[Mistake]:
    if kiosk is None or not kiosk.guard_phone:
        return
    if why := implausible_phone(kiosk.guard_phone):
        yield _doubt(("kiosk", "guard_phone"), why, _PHONE_REMEDY, kiosk.guard_phone)


_PHONE_REMEDY = 'Write it as it is dialled, "13812345678" or "021-62345678".'


def _files(upstream: UpstreamSettings, drivers: Mapping[str, Chosen]) -> Iterator[Mistake]:
    user = service_user()
    if upstream is not None and _has_login(upstream.url):
        remedy = "Put the token into a file of mode 600 and name that in token_file."
        text = "a user and a password stand in it"
        yield _doubt(("upstream", "url"), text, remedy, upstream.url)
    named: list[tuple[Place, str, str]] = []
    if upstream is not None:
        own = "sudo install -o linli -g linli -m 600 TOKEN " + upstream.token_file
        named.append((("upstream", "token_file"), upstream.token_file, f"Put it there: {own}"))
        copy = f"Copy the authority there: sudo install -m 644 CA.pem {upstream.ca_file}"
        named.append((("upstream", "ca_file"), upstream.ca_file, copy))
    for place, name, remedy in named:
        if not name:
            continue
        if visible(name) != name:
            yield _doubt(place, "the path has blanks or full-width letters in it", remedy, name)
            continue
        yield from _readable(place, Path(name), remedy, user)
        if place[1] == "token_file":
            yield from _private(place, Path(name))
    for driver, chosen in drivers.items():
        folder = getattr(chosen.settings, "recordings", "")
        if folder and not Path(folder).is_dir():
            place = ("drivers", driver, "recordings")
            yield _doubt(place, "there is no such folder", "Correct the path.", folder)
        source = getattr(chosen.settings, "source", "")
        if isinstance(source, str) and _is_video(source) and not Path(source).is_file():
            place = ("drivers", driver, "source")
            remedy = 'Correct the path; a camera is "/dev/video0" or an rtsp:// address.'
            yield _doubt(place, "there is no such video file", remedy, source)


def _is_video(source: str) -> bool:
    return bool(source) and not re.match(r"/dev/|\d+$|[a-z]+://", source)


def _readable(place: Place, path: Path, remedy: str, user: Any) -> Iterator[Mistake]:
    try:
        barred = obstacle(path, user, READ)
        if barred is None and not path.is_file():
            yield _doubt(place, "this is no file", remedy, str(path))
            return
    except (FileNotFoundError, NotADirectoryError):
        yield _doubt(place, "there is no such file", remedy, str(path))
        return
    except OSError as error:
        yield _doubt(place, f"cannot be looked at: {error.strerror}", remedy, str(path))
        return
    if barred is not None:
        yield _doubt(place, f"user {user.name} may not use {barred}", remedy, str(path))


def _has_login(url: str) -> bool:
    try:
        return parse(url).login is not None
    except (ValueError, TypeError):
        return False  # a mistake, which is said elsewhere


def _private(place: Place, path: Path) -> Iterator[Mistake]:
    """The token, which the kiosk refuses when others can read it."""
    try:
        status = path.stat()
    except OSError:
        return  # said already
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISREG(status.st_mode) and mode & (stat.S_IRWXG | stat.S_IRWXO):
        text = f"others can read it (mode {mode:o})"
        remedy = f"Let upstream give a new token, then: sudo chmod 600 {path}."
        yield _doubt(place, text, remedy, str(path))


def _model(drivers: Mapping[str, Chosen], models: Path) -> Iterator[Mistake]:
    """The recogniser's model must be known, or lie in the models folder."""
    for name, chosen in drivers.items():
        model = getattr(chosen.settings, "model", None) if chosen.type == "microphone" else None
        if not model or not isinstance(model, str) or (models / model).is_dir():
            continue
        known = [one.file for one in read_manifest().require().model if one.archive]
        if model in known:
            continue
        there = sorted(p.name for p in models.iterdir() if p.is_dir()) if models.is_dir() else []
        remedy = did_you_mean(model, [*known, *there], "Known models")
        yield _doubt(("drivers", name, "model"), f"no such model in {models}", remedy, model)


def mute(drivers: Mapping[str, Chosen]) -> frozenset[str]:
    """Languages in which this kiosk would show a question and not speak it."""
    speaks = any(chosen.type == "speaker" for chosen in drivers.values())
    if not speaks or importlib.util.find_spec("pyopenjtalk") is not None:
        return frozenset()
    return frozenset(["ja"])


def _japanese(kiosk: KioskSettings, drivers: Mapping[str, Chosen]) -> Iterator[Mistake]:
    """Who offers Japanese wants it spoken, and may think that it is heard."""
    if "ja" not in (kiosk.language, *kiosk.languages):
        return
    place = ("kiosk", "languages" if "ja" in kiosk.languages else "language")
    for chosen in drivers.values():
        if chosen.type == "speaker" and mute(drivers):
            remedy = "Install its voice: pip install 'linli[japanese]'."
            said = "shown and not spoken" if kiosk.language == "ja" else "not offered: no voice"
            yield _doubt(place, f"Japanese is {said}", remedy)
        elif chosen.type == "microphone":
            remedy = "Keys and touch work in every language."
            yield _doubt(place, "spoken answers in Japanese are not understood", remedy)
