"""Everything around one kiosk: its devices, its upstream, and the real daemon as a process.

The devices stay as they are when the daemon dies, as real ones do.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import shutil
import socket
import sys
import tempfile
import time
import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import msgspec
import tomli_w

import config
from hw_mocks import clock_wire, player
from hw_mocks.bluetooth import Radio
from hw_mocks.bus import MockBus
from hw_mocks.daemon_process import DaemonProcess, NotReady
from hw_mocks.devices import Device, Stand, make, microphone
from hw_mocks.devices.camera import MockCamera
from hw_mocks.devices.microphone import Microphone
from hw_mocks.devices.output import Light, Lights
from hw_mocks.devices.serial import SerialDevice
from hw_mocks.devices.speaker import Loudspeaker
from hw_mocks.equipment import Equipment, overlaid
from hw_mocks.page_client import PageClient
from hw_mocks.pin_bridge import PinClient
from hw_mocks.upstream import Upstream
from kiosk_ui.entry import secret_of_unit

CONFIG = Path(config.__file__).parent
"""The packaged kiosk.toml, places.toml and the rest."""

SETTLE_S = 4.2
"""Seconds for which a bin's new state has to hold on the bench, where kiosk.toml does not say: in
the field it is minutes, and nobody at a bench waits for those. With the sensor's own share, what is
there for four seconds changes nothing, and what is there for five does."""

RATE_HZ = 10.0
"""Readings a second of the distance sensors whose table does not say: as many as they send, so that
a state that holds for `SETTLE_S` is seen to hold for about as long."""

EMPTY_MM = 1500
"""What a sensor measures that looks into no bin of kiosk.toml."""
READY_S = 30.0
"""The daemon may take so long to start, on a busy machine too."""


def packaged() -> dict[str, Any]:
    """The tables of the packaged kiosk.toml."""
    return tomllib.loads((CONFIG / "kiosk.toml").read_text(encoding="utf-8"))


class Workbench:
    """A kiosk on a bench, in *folder*. Use it in a ``with``: it starts and ends everything.

    Args:
        folder: for the daemon's data and all traces; may be kept and used again.
        settings: laid over the packaged kiosk.toml.
        camera: whether there is one; it costs half a core.
        microphone: whether there is one; its model takes seconds to load.
        page_port, upstream_port: 0 for a free one.
        models: folder of models; None for the daemon's own choice.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: Mapping[str, Any] | None = None,
        camera: bool = False,
        microphone: bool = False,
        page_port: int = 0,
        upstream_port: int = 0,
        models: Path | None = None,
        pack: Path | None = None,
    ) -> None:
        self.folder = folder
        self._pack = pack
        tables = overlaid(packaged(), settings or {})
        there = {"camera": camera, "microphone": microphone}
        drivers = tables["drivers"].items()
        tables["drivers"] = {
            n: {"rate_hz": RATE_HZ, **d} if d.get("type") == "ultrasonic_serial" else d
            for n, d in drivers
            if there.get(d.get("type"), True)
        }
        self.equipment = Equipment(tables["drivers"])
        self._on_bus = tuple(tables.get("buses", {}))
        self.bins: Mapping[str, Mapping[str, Any]] = tables.get("bins", {})
        tables["bins"] = {n: {"settle_s": SETTLE_S, **table} for n, table in self.bins.items()}
        self.playing: dict[str, str] = {}
        """Name of the clip that each camera showed last."""
        self.ready_at = 0.0
        """Boot-time clock at the last start, when a resident could begin."""
        self._out: set[str] = set()  # cameras, speakers and microphones that are unplugged
        self.page_url = f"http://127.0.0.1:{page_port or free_port()}"
        (folder / "dev").mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as ends:
            self._furnish(ends, upstream_port)
            log = folder / "daemon.log"
            log.unlink(missing_ok=True)
            arguments = self._arguments(tables, models)
            manager = self._sockets / "notify"
            self.daemon = DaemonProcess(arguments, log, manager, self._radio.environment)
            ends.callback(self.daemon.close)
            self._ends = ends.pop_all()

    def _furnish(self, ends: contextlib.ExitStack, upstream_port: int) -> None:
        """Put everything on the bench that is not the daemon."""
        # Not in the folder: the path of a socket is at most 107 bytes long
        self._sockets = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="linli-")))
        self.upstream = ends.enter_context(Upstream(port=upstream_port))
        self.cameras: dict[str, MockCamera] = {}
        for name in self.equipment.capable("camera"):
            self.cameras[name] = MockCamera()
            ends.callback(self.cameras[name].close)
        self.pins = ends.enter_context(PinClient(self._sockets / "pins"))
        self.lights = Lights(self.equipment, self.pins)
        self.loudspeaker = Loudspeaker(self.folder / "speech.jsonl")
        self.microphone = Microphone(self.folder / "room")
        self.buses = {name: MockBus(self.folder / "dev" / f"bus-{name}") for name in self._on_bus}
        for bus in self.buses.values():
            ends.callback(bus.close)
        self._radio = Radio(self._sockets)
        ends.callback(self._radio.close)
        self.devices = self._devices(ends)
        self.page = ends.enter_context(PageClient(self.page_url, secret_of_unit()))

    def _devices(self, ends: contextlib.ExitStack) -> dict[str, Device]:
        """The stand-ins that have their own connection; a bin's sensor looks into an empty bin."""
        empty = {table.get("device"): int(table["empty_mm"]) for table in self.bins.values()}
        made: dict[str, Device] = {}
        for name, table in self.equipment.drivers.items():
            sees = empty.get(name, EMPTY_MM)
            stand = Stand(self.folder / "dev", self.pins, sees, self.buses, self._radio)
            device = make(table["type"], name, table, stand)
            if device is not None:
                made[name] = device
                ends.callback(device.close)
        return made

    def _arguments(self, tables: Mapping[str, Any], models: Path | None) -> list[str]:
        options = {
            "--pins": self._sockets / "pins",
            "--clock": self._sockets / "clock",
            "--moved": self._sockets / "moved",
            "--config": self._configure(tables),
            "--data": self.folder / "data",
            "--models": models,
        }
        return [str(word) for option in options.items() if option[1] for word in option]

    def _configure(self, tables: Mapping[str, Any]) -> Path:
        """Write the configuration that leads the daemon to the stand-ins; its path."""
        drivers = {name: self._wired(name, dict(d)) for name, d in tables["drivers"].items()}
        upstream = {**tables["upstream"], "url": self.upstream.url}
        page = {**tables.get("page", {}), "port": int(self.page_url.rpartition(":")[2])}
        buses = {
            name: {**table, "port": str(self.buses[name].line.link)}
            for name, table in tables.get("buses", {}).items()
        }
        written = {**tables, "buses": buses, "upstream": upstream, "page": page, "drivers": drivers}
        shutil.copytree(
            CONFIG,
            self.folder / "config",
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("*.py", "__pycache__", "kiosk.toml", "packs"),
        )
        own = self.folder / "config" / "packs"
        shutil.rmtree(own, ignore_errors=True)
        if self._pack is not None:
            shutil.copytree(self._pack, own / self._pack.resolve().name)
        path = self.folder / "config" / "kiosk.toml"
        path.write_text(tomli_w.dumps(written), encoding="utf-8")
        return path

    def _wired(self, name: str, driver: dict[str, Any]) -> dict[str, Any]:
        if name in self.devices:
            driver |= self.devices[name].wired()
        elif name in self.cameras:
            driver["source"] = self.cameras[name].url
        elif name in self.equipment.capable("speaker"):
            # Every phrase starts the player: without site packages it starts in half the time
            driver["player"] = [
                sys.executable, "-I", "-S", player.__file__, *self.loudspeaker.command
            ]  # fmt: skip
        elif name in self.equipment.capable("microphone"):
            driver["recorder"] = [
                sys.executable, "-I", "-S", microphone.__file__, *self.microphone.command
            ]  # fmt: skip
        return driver

    # -- the daemon --------------------------------------------------------------------------

    def start(self) -> None:
        """Start the daemon and wait until it is ready for a resident.

        Raises:
            NotReady: it is not within `READY_S`; the text has the end of its log.
        """
        deadline = time.monotonic() + READY_S
        self.daemon.start(READY_S)
        while not (self.page.snapshot and self.lights.driven and self._keys_watched()):
            if time.monotonic() > deadline or not self.daemon.running:
                raise NotReady(f"no page, lamps or keys; the log ends:\n{self.daemon.tail(15)}")
            time.sleep(0.02)
        self.ready_at = time.clock_gettime(time.CLOCK_BOOTTIME)

    def _keys_watched(self) -> bool:
        """A press now would be noticed."""
        keys = (self.equipment.drivers[name] for name in self.equipment.capable("key"))
        return all(self.pins.watched(int(key["pin"])) for key in keys if "pin" in key)

    def kill(self) -> None:
        """End the daemon as a power cut would, then start it again on the same disk."""
        self.daemon.kill()
        self.page.lost()
        self.start()

    def restart(self) -> None:
        """Stop the daemon properly, then start it again."""
        self.daemon.stop()
        self.page.lost()
        self.start()

    def close(self) -> None:
        """End everything."""
        self._ends.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # -- time --------------------------------------------------------------------------------

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass for the daemon and for upstream; returns when all that came due is
        done.

        Raises:
            OSError, EOFError: there is no daemon.
        """
        self._move(clock_wire.Advance(seconds))

    def set_wall(self, at: datetime) -> None:
        """Set the daemon's wall clock; upstream's stays right. Raises as `advance`."""
        self._move(clock_wire.Wall(at.timestamp()))

    def set_network_time(self, asked: bool) -> None:
        """Let the daemon's wall clock be trusted, or not. Raises as `advance`."""
        self._move(clock_wire.NetworkTime(asked))

    def _move(self, message: clock_wire.Advance | clock_wire.Wall | clock_wire.NetworkTime) -> None:
        moved = clock_wire.move(self._sockets / "clock", message, self.upstream.advance)
        (self._sockets / "moved").write_bytes(msgspec.json.encode(moved))  # for the next start

    # -- upstream ----------------------------------------------------------------------------

    def latest(self, about: str) -> str | None:
        """The order or fall (as *about* says) that upstream heard of last."""
        for event in reversed(self.upstream.received):
            if about in event.data:
                return str(event.data[about])
        return None

    # -- devices -----------------------------------------------------------------------------

    def contact(self, device: str, closed: bool) -> None:
        """Press or release the key *device*."""
        self.pins.set(int(self.equipment.drivers[device]["pin"]), closed)

    def measure(self, device: str, mm: int | None) -> None:
        """What a distance sensor measures from now on; None: no echo."""
        self.devices[device].set({"mm": mm})

    def send_bytes(self, device: str, data: bytes) -> None:
        """Put bytes on the serial line of *device*."""
        line = self.devices[device]
        assert isinstance(line, SerialDevice)
        line.send(data)

    def camera_play(self, device: str, clip: Path) -> None:
        """Show a clip once."""
        self.cameras[device].play(clip)
        self.playing[device] = clip.name

    def plug(self, device: str) -> None:
        """Connect a sensor, camera or speaker."""
        self._connect(device, True)

    def unplug(self, device: str) -> None:
        """Pull a sensor, camera or speaker out."""
        self._connect(device, False)

    def _connect(self, device: str, plugged: bool) -> None:
        if device in self.devices:
            self.devices[device].connect(plugged)
            return
        spoken_into = device in self.equipment.capable("microphone")
        thing = self.microphone if spoken_into else self.cameras.get(device, self.loudspeaker)
        if plugged:
            thing.plug()
            self._out.discard(device)
        else:
            thing.unplug()
            self._out.add(device)

    def lamp(self, device: str) -> Light:
        """A lamp, buzzer or relay."""
        return self.lights.of(device)

    def plugged(self, device: str) -> bool:
        """Whether it is connected."""
        if device in self.devices:
            return self.devices[device].plugged
        return device not in self._out

    def screen_stood(self) -> float:
        """Seconds since the screen last changed."""
        since = self.ready_at
        for earlier, later in itertools.pairwise(tuple(self.page.seen)):
            if earlier.snapshot.screen != later.snapshot.screen:
                since = max(since, later.at)
        return time.clock_gettime(time.CLOCK_BOOTTIME) - since


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody uses, and that no outgoing connection is given."""
    while True:
        port = random.randrange(20_000, 32_000)
        if is_free(port):
            return port


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
