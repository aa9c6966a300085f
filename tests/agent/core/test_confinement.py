"""What a compromised driver gets: nothing of the daemon's, shown by a real child that tries it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.contract.clock import BootClock
from agent.contract.driver import Site
from agent.core.child import ChildProcess
from agent.core.confinement import Reach, landlock_version, reach
from drivers import SETTINGS
from tests.waiting import wait_for

needs_landlock = pytest.mark.skipif(
    landlock_version() == 0, reason="this kernel has no Landlock, or it is switched off"
)
SPY = Path(__file__).with_name("spy.py")


class Kiosk:
    """The folders of a kiosk, and a speaker whose player is a spy."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.token = folder / "etc" / "token"
        self.config = folder / "etc" / "kiosk.toml"
        self.plans = folder / "plans"
        self.site = Site(folder / "models", self.data / "cache", clock=BootClock())
        for made in (self.plans, self.site.models, self.site.cache, self.token.parent):
            made.mkdir(parents=True)
        for file in (self.token, self.config, self.data / "linli.db", self.data / "linli.db-wal"):
            file.write_text("secret")

    def tries(self, *attempts: list[str]) -> list[str | None]:
        """What becomes of *attempts* in the child of a speaker."""
        plan = self.plans / "plan"
        plan.write_text(json.dumps(attempts))
        player = (sys.executable, str(SPY), "--in", str(self.plans), "--plan", str(plan))
        child = ChildProcess("speaker", "speaker", SETTINGS["speaker"](player=player), self.site)
        stop = threading.Event()
        thread = threading.Thread(target=child.run, args=(lambda signal: None, stop))
        thread.start()
        result = self.plans / "plan.result"
        try:
            wait_for(lambda: result.exists() and result.read_text().endswith("]"), 30)
        finally:
            stop.set()
            child.wake()
            thread.join(10)
        found: list[str | None] = json.loads(result.read_text())
        result.unlink()
        return found


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    yield Kiosk(tmp_path)


@needs_landlock
def test_it_reads_neither_token_nor_store_nor_configuration(kiosk: Kiosk) -> None:
    """Nor files of other people, nor credentials of units; nor does it put others there."""
    hidden = [kiosk.token, kiosk.config, kiosk.data / "linli.db", kiosk.data / "linli.db-wal"]
    folders = [kiosk.data, kiosk.token.parent, Path("/root"), Path("/home"), Path("/run")]
    tried = [["read", str(path)] for path in hidden]
    tried += [["list", str(path)] for path in folders if path.exists()]
    tried += [["write", str(path)] for path in hidden]
    tried += [["remove", str(path)] for path in hidden]
    tried += [["read", "/etc/shadow"], ["write", "/tmp/linli-spy"], ["write", str(SPY)]]
    tried += [["read", f"/proc/{os.getpid()}/environ"], ["read", f"/proc/{os.getpid()}/mem"]]
    for attempt, result in zip(tried, kiosk.tries(*tried), strict=True):
        assert result is not None, attempt
    assert all(path.read_text() == "secret" for path in hidden)


@needs_landlock
def test_it_still_has_what_it_needs(kiosk: Kiosk) -> None:
    """Models, its cache, a folder for temporary files."""
    (kiosk.site.models / "model").write_text("m")
    assert (
        kiosk.tries(
            ["read", str(kiosk.site.models / "model")],
            ["write", str(kiosk.site.cache / "rendered.wav")],
            ["read", "/etc/hosts"],
            ["list", "/usr"],
        )
        == [None] * 4
    )


def test_it_has_no_network_no_privileges_and_no_way_to_the_daemon(
    kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a source in the network not even a datagram leaves; the daemon is not traced."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/linli.service")
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        results = kiosk.tries(
            ["connect", port],
            ["datagram", port],
            ["trace", str(os.getppid())],
            ["privileges"],
            ["environment", "CREDENTIALS_DIRECTORY"],
            ["environment", "NOTIFY_SOCKET"],
        )
    assert all(result is not None for result in results), results


@needs_landlock
@pytest.mark.skipif(landlock_version() < 6, reason="this kernel's Landlock has no scopes")
def test_it_signals_nobody_else(kiosk: Kiosk) -> None:
    [result] = kiosk.tries(["kill", str(os.getpid())])
    assert result is not None


@pytest.mark.skipif(landlock_version() < 4, reason="this kernel's Landlock knows no networks")
def test_a_camera_reaches_its_own_port_only(tmp_path: Path) -> None:
    """A process with a source in the network, and another server beside it."""
    with (
        socket.create_server(("127.0.0.1", 0)) as camera,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        ports = [server.getsockname()[1] for server in (camera, other)]
        code = (
            "import socket, sys\n"
            "from agent.core.confinement import Reach, confine\n"
            f"confine(Reach(ports=({ports[0]},)))\n"
            f"for port in {ports}:\n"
            "    try:\n"
            "        socket.create_connection(('127.0.0.1', port), 5).close()\n"
            "        print('open')\n"
            "    except OSError as error:\n"
            "        print(type(error).__name__)\n"
        )
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.split() == ["open", "PermissionError"], run.stderr


@pytest.mark.parametrize(
    ("source", "ports"),
    [
        ("rtsp://10.0.0.9/1", {554}),
        ("rtsp://10.0.0.9:8554/1", {554, 8554}),
        ("rtsp://a:p@ss/w:7@rd@10.0.0.9:8554/u@1", {7, 554, 8554}),
        ("RTSPS://10.0.0.9/", {322}),
        ("http://[fe80::1]:8080/x", {80, 1, 8080}),
        ("http://10.0.0.9:99999/", {80}),
    ],
)
def test_the_port_of_a_camera_is_never_missed(source: str, ports: set[int]) -> None:
    """Rather one too many than a camera that is shut out."""
    assert set(reach({"source": source}, (), Path("m"), Path("c")).ports) == ports


def test_what_settings_name_is_reached() -> None:
    """A device to write, a folder to read, a number for a camera, a program and its arguments."""
    settings = {
        "source": "0", "recordings": "/srv/words", "port": "/dev/ttyUSB0",
        "player": ["aplay", "-q"], "zones": [{"name": "/x"}],
    }  # fmt: skip
    assert reach(settings, ("/dev/snd",), Path("/m"), Path("/c")) == Reach(
        reads=(Path("/m"), Path("/srv/words"), Path("/x")),
        writes=(Path("/c"), Path("/dev/snd"), Path("/dev/video0"), Path("/dev")),
    )
