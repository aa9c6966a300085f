"""Everything that can be looked at without disturbing a running kiosk, in one list."""

from __future__ import annotations

import fcntl
import http.client
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.configuration import Configuration, load
from agent.technician.doctor.board import examine_board
from agent.technician.doctor.devices import examine_devices
from agent.technician.doctor.finding import Finding, Machine
from agent.uplink import transport_for
from agent.uplink.transport import Failure
from config.addresses import without_secrets
from config.browser import missing_policies
from config.build import Chosen
from config.chinese import problem_said
from config.models import Manifest, model_status, read_manifest
from config.rights import READ, obstacle
from drivers.microphone import MODELS

KEPT = (
    "pictures: none, they stay in the camera's memory",
    "who may lie on the floor: one skeleton in the cache, gone when nobody does",
    "sound: none",
    "falls: skeletons (points and lines) with an alarm, in the store",
    "orders: pickup, destination and plate, in the store; no names, no telephone numbers",
    "health readings: none without consent; those for upstream without a name, erased once sent",
)
"""What the kiosk keeps of people, in plain words."""


def examine(
    config: Path, data: Path, models: Path, machine: Machine, language: str = "en"
) -> Iterator[Finding]:
    """Look at everything; behind a mistake in the configuration with what can be read of it.
    Mistakes of the configuration are said in *language*."""
    configuration = load(config, models=models, machine=machine.root)
    yield from _configuration(configuration, config, machine, language)
    settings: Any = configuration.kiosk.partial
    listed = getattr(settings, "drivers", None) or {}
    drivers = {n: c for n, c in listed.items() if c is not None and c.settings is not None}
    running = _running(data)
    yield from examine_board(machine, data, drivers)
    yield from examine_devices(machine, drivers, running)
    yield from _browser(machine)
    yield from _models(drivers, models)
    yield from _speech(drivers)
    if settings is not None and settings.page is not None and settings.page.port:
        yield from _page(settings.page.port, running)
    if settings is not None and settings.upstream is not None and settings.upstream.url:
        yield _upstream(settings)


def _configuration(
    configuration: Configuration, path: Path, machine: Machine, language: str
) -> Iterator[Finding]:
    for problem in configuration.problems:
        yield Finding("broken", "configuration", problem_said(problem, language))
    for caution in configuration.cautions:
        yield Finding("look", "configuration", problem_said(caution, language))
    if not configuration.problems and not configuration.cautions:
        yield Finding("ok", "configuration", f"{path} has no mistakes")
    for file in configuration.files:
        try:
            barred = obstacle(file, machine.user, READ)
        except OSError:
            continue  # said above
        if barred is not None:
            text = f"user {machine.user.name} may not read {barred}"
            remedy = f"sudo chmod 755 {barred}"
            if not barred.is_dir():  # it may hold secrets: the kiosk reads it, others do not
                remedy = f"sudo chgrp {machine.user.name} {barred}; sudo chmod 640 {barred}"
            yield Finding("broken", "configuration", text, remedy)
            return


def _running(data: Path) -> bool:
    """Whether a kiosk holds the data folder."""
    try:
        with (data / "lock").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _models(drivers: Mapping[str, Chosen], folder: Path) -> Iterator[Finding]:
    """The models that the types of drivers need, and those that the configuration names."""
    manifest = read_manifest().require()
    for name, chosen in drivers.items():
        own = getattr(chosen.settings, "model", None) if chosen.type == "microphone" else None
        if own in ("", MODELS[0]):  # then the driver takes what there is
            own = next((model for model in MODELS if (folder / model).is_dir()), MODELS[0])
        if isinstance(own, str):
            yield _own_model(name, own, manifest, folder)
            continue
        for model in manifest.needed_by(chosen.type):
            status = model_status(model, folder)
            yield _model(f"model {model.name}", status.state, status.path, model.name, folder)


def _own_model(name: str, file: str, manifest: Manifest, folder: Path) -> Finding:
    known = next((model for model in manifest.model if model.file == file), None)
    if known is not None:
        status = model_status(known, folder)
        return _model(f"model {file}", status.state, status.path, known.name, folder)
    if (folder / file).is_dir():
        return Finding(
            "ok", f"model {file}", f"there at {folder / file}, not known by the manifest"
        )
    remedy = f"put it there, or correct model of {name}: linli models list"
    return Finding("broken", f"model {file}", f"{folder / file} is not there", remedy)


def _model(place: str, state: str, path: Path, name: str, folder: Path) -> Finding:
    if state in ("ready", "unverified"):
        return Finding("ok", place, f"{state} at {path}")
    remedy = f"run: sudo linli models fetch {name} --models {folder}"
    return Finding("broken", place, f"{state} in {folder}", remedy)


def _speech(drivers: Mapping[str, Chosen]) -> Iterator[Finding]:
    if not any(chosen.type == "speaker" for chosen in drivers.values()):
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


def _page(port: int, running: bool) -> Iterator[Finding]:
    """Who answers on the page's port."""
    place = f"page 127.0.0.1:{port}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", "/")
        ours = b'<meta name="run"' in connection.getresponse().read(4096)
    except ConnectionRefusedError:
        if running:
            text = "the kiosk runs, but its page does not answer"
            yield Finding("broken", place, text, "look why: journalctl -u linli -p warning")
        else:
            yield Finding("ok", place, "free")
        return
    except (OSError, http.client.HTTPException):
        if not running and _held_by_systemd():
            text = "held by linli.socket, and the kiosk does not run"
            yield Finding("look", place, text, "start it: sudo systemctl start linli")
            return
        ours = False
    finally:
        connection.close()
    if ours:
        yield Finding("ok", place, "the kiosk's page")
    else:
        remedy = f"end it (sudo ss -ltnp 'sport = :{port}') or set another port under [page]"
        yield Finding("broken", place, "another program has this port", remedy)


def _browser(machine: Machine) -> Iterator[Finding]:
    """Whether Chromium, where it is, obeys the policies of a kiosk."""
    if not machine.at("/etc/chromium").exists() and not machine.at("/opt/linli").exists():
        return
    lacking = missing_policies(machine.root)
    if lacking:
        text = f"Chromium's policies lack {', '.join(lacking)}: a keyboard leads out of the page"
        yield Finding("look", "browser", text, "sudo make install puts them there")
    else:
        yield Finding("ok", "browser", "Chromium obeys the policies of a kiosk")
    if machine.read("/proc/sys/kernel/sysrq") not in ("", "0"):
        text = "a keyboard's SysRq key restarts this machine"
        yield Finding("look", "browser", text, "sudo make install switches it off")


def _held_by_systemd() -> bool:
    try:
        unit = ["systemctl", "is-active", "--quiet", "linli.socket"]
        return subprocess.run(unit, timeout=5, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _upstream(settings: Any) -> Finding:
    try:
        url = without_secrets(settings.upstream.address.base)
    except ValueError as error:
        return Finding("broken", "upstream", f"the address: {error}", "correct url")
    kiosk = getattr(settings.kiosk, "id", None) or "doctor"
    try:
        transport_for(settings.upstream, kiosk).poll("", 0.0, threading.Event())
    except Failure as error:
        text, _, remedy = str(error).partition("; ")
        return Finding("broken", "upstream", f"{url}: {text}", remedy)
    return Finding("ok", "upstream", f"{url} answers")
