"""Real keys under the kiosk's compositor, cage, on the headless backend of wlroots."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from tests.kiosk_ui.browsing import Site, kiosk_command, lacking, under_policies
from tests.kiosk_ui.test_kiosk_keys import KEYS
from tests.waiting import wait_for

NOBODY = 65534
KEYBOARD = (0, 2)
"""The first cage that takes a virtual keyboard; Debian 13 has it."""
MODIFIERS = {"ctrl": "ctrl", "shift": "shift", "alt": "alt", "super": "logo"}
# Ends cage or leaves the screen, if its keys were on; a console behind it would ask for a password.
COMPOSITOR = ("alt+Escape", "ctrl+alt+BackSpace", *(f"ctrl+alt+F{n}" for n in range(1, 8)))


def _lacking() -> str:
    """Why cage cannot be tried here; empty when it can."""
    programs = ("cage", "Xwayland", "wtype", "grim", "setpriv")
    if why := lacking("cage xwayland wtype grim", *programs):
        return why
    said = subprocess.run(["cage", "-v"], capture_output=True, text=True, check=False).stdout
    version = tuple(map(int, re.findall(r"\d+", said)[:2]))
    return "" if version >= KEYBOARD else f"{said.strip()} has no virtual keyboard; Debian 13's has"


LACKING = _lacking()


class Compositor:
    """cage with the kiosk's browser in it, as the unit starts them."""

    def __init__(self, folder: Path, address: str) -> None:
        self._folder = folder
        (folder / "run").mkdir(mode=0o700)
        # cage refuses to run as root
        browser = kiosk_command(address, folder)
        command = under_policies(folder, *self._as_nobody, "cage", "--", *browser)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        self._environment = {
            **{name: value for name, value in os.environ.items() if name != "DISPLAY"},
            "XDG_RUNTIME_DIR": str(folder / "run"), "HOME": str(folder), "TMPDIR": str(folder),
            "WLR_BACKENDS": "headless", "WLR_LIBINPUT_NO_DEVICES": "1", "WLR_RENDERER": "pixman",
        }  # fmt: skip
        self._process = subprocess.Popen(
            command,
            env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._environment["WAYLAND_DISPLAY"] = "wayland-0"

    _as_nobody = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--")

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def press(self, *chords: str) -> None:
        """Keys and chords, one after the other, on a keyboard plugged in for them."""
        words: list[str] = []
        for chord in chords:
            *held, key = chord.split("+") if chord not in MODIFIERS else [chord, "Shift_L"]
            modifiers = [MODIFIERS[name] for name in held]
            words += [word for name in modifiers for word in ("-M", name)]
            words += ["-k", key]
            words += [word for name in modifiers for word in ("-m", name)]
            words += ["-s", "60"]
        self._run("wtype", "-s", "60", *words)

    def picture(self) -> cv2.typing.MatLike:
        """What is on the screen."""
        path = self._folder / "screen.png"
        self._run("grim", str(path))
        picture = cv2.imread(str(path))
        assert picture is not None
        return picture

    def _run(self, *command: str) -> None:
        words = [*self._as_nobody, *command]
        subprocess.run(words, env=self._environment, check=True, capture_output=True, timeout=30)

    def close(self) -> None:
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        if self.running:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def folder() -> Iterator[Path]:
    """One with a short name, for sockets, into which nobody may look."""
    with tempfile.TemporaryDirectory(prefix="linli-cage-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.mark.skipif(bool(LACKING), reason=LACKING)
@pytest.mark.timeout(300)
def test_no_key_leads_out_of_the_page_or_the_compositor(folder: Path) -> None:
    """The page fills the screen, and goes on doing so after each key of browser and compositor."""
    site = Site()
    cage = Compositor(folder, site.address)
    try:
        wait_for(lambda: site.server._streams or not cage.running, 60)
        assert cage.running

        def page_hears() -> bool:
            site.acted.clear()
            cage.press("F1")
            return any(action == "key:help" for action, _ in site.acted)

        wait_for(page_hears, 30)
        before = cage.picture()
        for chord in (*KEYS, *COMPOSITOR):
            cage.press("F1", chord, "F1")
            wait_for(page_hears, 20)
            assert cage.running, chord
        after = cage.picture()
        assert (before == after).mean() > 0.99
        corners = before[[0, 0, -1, -1], [0, -1, 0, -1]]
        assert (corners == corners[0]).all()
        assert corners[0].min() > 0
    finally:
        cage.close()
        site.stop()
