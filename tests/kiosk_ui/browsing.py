"""The page's real server and Debian's real browser, for tests and pictures."""

from __future__ import annotations

import contextlib
import itertools
import os
import shlex
import shutil
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import msgspec
from playwright.sync_api import Browser, Page, Playwright

from agent.contract.signals import Signal
from agent.dialogue.snapshot import Snapshot
from agent.settings import PageSettings
from kiosk_ui.server import PageServer
from tests.kiosk_ui.samples import WORDS, sample
from tests.waiting import wait_for

CHROMIUM = Path("/usr/bin/chromium")
_UNITS = Path(__file__).parents[2] / "systemd"
POLICY = _UNITS / "chromium-policy.json"
SIZES = {"small": (800, 480), "wide": (1280, 800), "tall": (1080, 1920)}
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
_sequence = itertools.count(2)


def _ignore(signal: Signal) -> None:
    """The page's server has no signals of its own."""


class Site:
    """A page server that can be stopped and started again on the same port."""

    def __init__(self, secret: str = "") -> None:
        self._secret = secret
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/"
        self.acted: list[tuple[str, int]] = []
        self.accepts = True
        self.held: threading.Event | None = None
        """A daemon that hangs in the middle of a choice until this is set."""
        self.start(sample("home"))

    def _act(self, action: str, sequence: int) -> bool:
        self.acted.append((action, sequence))
        if self.held is not None:
            self.held.wait(20)
        return self.accepts

    def start(self, first: Snapshot) -> None:
        """Run a new server, as a restarted daemon would."""
        settings = PageSettings(port=self.port)
        self.server = PageServer(settings, self._act, WORDS, first, self._secret)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.server.run, args=(_ignore, self._stop))
        self._thread.start()
        wait_for(self._answers)

    def stop(self) -> None:
        """Stop it; the port refuses connections from then on."""
        self._stop.set()
        self._thread.join(5)
        assert not self._thread.is_alive()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.address, timeout=1):
                return True
        except urllib.error.HTTPError:
            return True
        except urllib.error.URLError:
            return False


@contextlib.contextmanager
def serving() -> Iterator[Site]:
    """A running site; stopped at the end."""
    site = Site()
    try:
        yield site
    finally:
        site.stop()


def launch(playwright: Playwright) -> Browser:
    """Debian's chromium without a window."""
    return playwright.chromium.launch(executable_path=str(CHROMIUM), args=_FLAGS)


def kiosk_command(page: str, folder: Path) -> list[str]:
    """Chromium as the unit starts it, with its files in *folder*; without a sandbox and a graphics
    card, which a machine for tests lacks."""
    unit = (_UNITS / "linli-browser.service").read_text(encoding="utf-8").replace("\\\n", " ")
    start = next(line for line in unit.splitlines() if line.startswith("ExecStart="))
    words = shlex.split(start.replace("%t/linli-browser", str(folder)).replace("${PAGE}", page))
    chromium = words[words.index("--") + 1 :]
    return [*chromium, "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


def lacking(packages: str, *programs: str) -> str:
    """Why no real keys can be pressed here; empty when they can."""
    for program in (*programs, "unshare"):
        if shutil.which(program) is None:
            return f"{program} is not installed: apt-get install {packages} util-linux"
    if not CHROMIUM.exists():
        return f"no {CHROMIUM}; apt-get install chromium"
    if os.geteuid() != 0:
        return "only root can give Chromium policies of its own, in a namespace"
    return ""


def under_policies(folder: Path, *command: str) -> list[str]:
    """*command* with the kiosk's policies for Chromium, copied to *folder*: nobody else on the
    machine sees them over theirs."""
    policies = folder / "chromium" / "policies" / "managed"
    policies.mkdir(parents=True)
    shutil.copy(POLICY, policies)
    script = f'mount --bind "{folder}/chromium" /etc/chromium && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, "sh", *command]


def show(page: Page, site: Site, snapshot: Snapshot) -> Snapshot:
    """Publish *snapshot* under the next sequence number and wait until the page has drawn it."""
    numbered = msgspec.structs.replace(snapshot, sequence=next(_sequence))
    site.server.publish(numbered)
    page.wait_for_function(
        "wanted => document.documentElement.dataset.sequence === wanted", arg=str(numbered.sequence)
    )
    return numbered
