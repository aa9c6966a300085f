"""What `linli zones` does for its page: looks through a camera, checks, writes."""

from __future__ import annotations

import json
import logging
import secrets
import subprocess
import sys
import threading
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from agent.configuration import Settings, capabilities, load
from agent.contract.driver import DriverUnavailable, Site
from agent.services.privacy import SERVICE as PRIVACY
from config.atomic import replacing
from config.build import Builder
from config.explain import Mistake, did_you_mean, shown
from drivers.camera import MODEL, CameraSettings
from drivers.contact.contact import ContactSettings
from drivers.pins import watching
from drivers.vision.glance import Order, Reply
from drivers.vision.ground import guide
from drivers.vision.zones import Zone
from kiosk_ui.zones import Drawn, Flaw, Unable, Verdict, ZonesServer

log = logging.getLogger(__name__)

_LOOK_WITHIN = 25.0
"""Seconds for a look, the loading of the model included."""
_DIGITS = 3
"""Of a fraction: more than a pixel's worth."""
_IN_USE = "If the kiosk is using it, stop that meanwhile: systemctl stop linli"


def choose_camera(settings: Settings, wanted: str | None) -> str:
    """The name of the camera *wanted*, or of the only one.

    Raises:
        LookupError: there is none, several, or none of this name; the text says what to do.
    """
    cameras = [name for name, can in capabilities(settings).items() if "camera" in can]
    if not cameras:
        raise LookupError(
            'There is no camera in the configuration. Add [drivers.camera] with type = "camera".'
        )
    if wanted is None and len(cameras) > 1:
        raise LookupError(f"There are several cameras. Add --camera: {', '.join(cameras)}.")
    if wanted is not None and wanted not in cameras:
        raise LookupError(
            f"There is no camera '{wanted}' under [drivers]. {did_you_mean(wanted, cameras)}"
        )
    return wanted or cameras[0]


class ZoneDesk:
    """One camera of a configuration and its zones."""

    def __init__(
        self, path: Path, settings: Settings, camera: str, site: Site, drop_in: Path | None
    ) -> None:
        """*path* is that of kiosk.toml, *settings* what is in it, *drop_in* where to write.

        Raises:
            ValueError: *drop_in* would not be read, or holds other things.
        """
        self.camera = camera
        chosen = settings.drivers[camera].settings
        assert isinstance(chosen, CameraSettings)
        self._settings = chosen
        self._path = path
        self._site = site
        self._shutter = settings.drivers.get(getattr(settings, PRIVACY.table).shutter)
        self._drop_in = drop_in
        self.zones: Sequence[Drawn] = [
            msgspec.convert(msgspec.to_builtins(zone), Drawn) for zone in chosen.zones
        ]
        self.file = str(drop_in or "")
        if drop_in is not None:
            self._refuse_useless(drop_in)

    def look(self, zones: Sequence[Drawn]) -> dict[str, Any]:
        """A new sketch, black in what is private of *zones*; with a `guide` if the camera's
        mounting is known.

        Raises:
            Unable: the camera gives no picture, the privacy shutter is closed, or a private zone
                has flaws.
        """
        self._obey_shutter()
        understood, flaws = self._understood(zones)
        if any(zones[flaw.zone].kind == "private" for flaw in flaws):
            raise Unable("Mend the private zones first: what is in them is not looked at.")
        model = self._site.models / MODEL
        order = Order(
            source=self._settings.source,
            width=self._settings.width,
            height=self._settings.height,
            private=[zone for zone in understood if zone.kind == "private"],
            model=str(model) if model.is_file() else None,
        )
        try:
            # A process of its own: what breaks in a camera's library breaks only there.
            run = subprocess.run(
                [sys.executable, "-m", "drivers.vision.glance"],
                input=msgspec.json.encode(order) + b"\n",
                stdout=subprocess.PIPE,
                timeout=_LOOK_WITHIN,
                check=True,
            )
        except subprocess.TimeoutExpired:
            raise Unable(f"No picture within {_LOOK_WITHIN:.0f} s. {_IN_USE}") from None
        except subprocess.CalledProcessError as error:
            raise Unable(f"Looking failed ({error}); see above in the terminal.") from error
        reply = msgspec.json.decode(run.stdout, type=Reply)
        if reply.sketch is None:
            source = shown((), self._settings.source, width=200)  # without a password
            raise Unable(f"{reply.trouble.replace(self._settings.source, source)}. {_IN_USE}")
        mounting = self._settings.mounting
        if mounting is None:
            return reply.sketch
        marks = guide(mounting, reply.sketch["aspect"])
        return reply.sketch | {"guide": msgspec.to_builtins(marks)}

    def check(self, zones: Sequence[Drawn]) -> Verdict:
        """The TOML of *zones*, or what the reader of kiosk.toml has against them."""
        understood, flaws = self._understood(zones)
        return Verdict(toml="" if flaws else to_toml(self.camera, understood), flaws=flaws)

    def write(self, zones: Sequence[Drawn]) -> str:
        """Write them to the drop-in; returns what to do next.

        Raises:
            Unable: they have flaws, or the file cannot be written or has no effect.
        """
        assert self._drop_in is not None
        verdict = self.check(zones)
        if verdict.flaws:
            raise Unable("Not written: mend the zones first.")
        try:
            self._refuse_useless(self._drop_in)
            with replacing(self._drop_in) as file:
                file.write(f"# Drawn with: linli zones\n\n{verdict.toml}".encode())
        except (OSError, ValueError) as error:
            raise Unable(f"Not written: {error}. May you write there?") from error
        log.info("zones written file=%s zones=%d", self._drop_in, len(zones))
        if obstacle := self._in_force():
            raise Unable(f"Written, but without effect: {obstacle}.")
        return f"Written to {self._drop_in}. In force after: systemctl restart linli"

    def _understood(self, zones: Sequence[Drawn]) -> tuple[list[Zone], list[Flaw]]:
        """Those that are well formed, and what is wrong with the others."""
        understood: list[Zone] = []
        flaws: list[Flaw] = []
        for number, zone in enumerate(zones):
            corners = [[round(part, _DIGITS) for part in corner] for corner in zone.polygon]
            builder = Builder({})
            built = builder.build(
                Zone, {"name": zone.name, "kind": zone.kind, "polygon": corners}, ()
            )
            if builder.mistakes:
                text = " ".join(map(_sentences, dict.fromkeys(builder.mistakes)))
                flaws.append(Flaw(zone=number, text=text))
            else:
                understood.append(built)
        return understood, flaws

    def _refuse_useless(self, drop_in: Path) -> None:
        folder = self._path.with_suffix(".d")
        if drop_in.suffix != ".toml" or drop_in.parent.resolve() != folder.resolve():
            raise ValueError(
                f"{drop_in} would not be read; name a file such as {folder}/60-zones.toml"
            )
        if not drop_in.exists():
            return
        held = tomllib.loads(drop_in.read_text(encoding="utf-8-sig"))
        match held:
            case {"drivers": {self.camera: {"zones": zones}}}:
                ours = {"drivers": {self.camera: {"zones": zones}}}
            case _:
                ours = {}
        if held != ours:
            raise ValueError(
                f"{drop_in} holds more than the zones of {self.camera}; "
                f"name another file such as {folder}/60-zones-{self.camera}.toml"
            )

    def _in_force(self) -> str:
        """What keeps the drop-in from being in force, and the remedy; empty when it is."""
        kiosk = load(self._path).kiosk
        if kiosk.problems:
            return f"the configuration has mistakes; see: linli check --config {self._path}"
        zones = kiosk.origins[("drivers", self.camera, "zones")]
        if Path(zones.file).name != Path(self.file).name:
            return f"{zones.file}:{zones.line} overrules it; remove the zones there"
        return ""

    def _obey_shutter(self) -> None:
        if self._shutter is None:
            return
        contact = self._shutter.settings
        assert isinstance(contact, ContactSettings)
        try:
            with watching(self._site, contact.pin, contact.pull_up, threading.Event()) as loop:
                shut = not loop.is_active
        except DriverUnavailable as error:
            raise Unable(f"The privacy shutter cannot be read: {error}. {_IN_USE}") from error
        if shut:
            raise Unable("The privacy shutter is closed. Open it, then look again.")


def to_toml(camera: str, zones: Sequence[Zone]) -> str:
    """The *zones* as kiosk.toml has them."""
    if not zones:
        return f"[drivers.{camera}]\nzones = []\n"
    return "\n".join(
        f"[[drivers.{camera}.zones]]\n"
        f"name = {json.dumps(zone.name, ensure_ascii=False)}\n"
        f'kind = "{zone.kind}"\n'
        f"polygon = [{', '.join(f'[{x:g}, {y:g}]' for x, y in zone.polygon)}]\n"
        for zone in zones
    )


def _sentences(mistake: Mistake) -> str:
    text = " ".join([*map(str, mistake.place[:1]), mistake.text])
    return " ".join(f"{part.rstrip('.')}." for part in (text, mistake.remedy) if part)


def draw_zones(path: Path, wanted: str | None, site: Site, port: int, drop_in: Path | None) -> int:
    """Serve the page for a camera until Ctrl-C; returns 1 when that fails, 2 for wrong input.

    Args:
        path: of kiosk.toml.
        wanted: name of the camera; None: the only one.
        site: where the pose model is, and the pins.
        port: of the page, on 127.0.0.1.
        drop_in: file that the page may write; None: it only shows what to write.
    """
    configuration = load(path)
    try:
        if configuration.settings is None:
            raise ValueError("\n".join(map(str, configuration.problems)))
        camera = choose_camera(configuration.settings, wanted)
        desk = ZoneDesk(path, configuration.settings, camera, site, drop_in)
    except (LookupError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    try:
        if not (site.models / MODEL).is_file():
            print("People are not drawn without the pose model; fetch it: linli models fetch")
        print(f"Looking through '{camera}' …", flush=True)
        # Nobody else on this machine sees what the camera does, or writes zones in our name
        secret = secrets.token_urlsafe(24)
        server = ZonesServer(port, desk, desk.look(desk.zones), secret)
        print(f"Draw at http://127.0.0.1:{port}/#{secret} and end it here with Ctrl-C.")
        print(f"From a laptop, first: ssh -L {port}:127.0.0.1:{port} THIS-KIOSK", flush=True)
        server.run(threading.Event())
    except (Unable, DriverUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
