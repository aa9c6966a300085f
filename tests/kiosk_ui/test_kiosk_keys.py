"""Real keys, pressed on a real X server, in Debian's Chromium under the kiosk's policies."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.browser import REQUIRED, missing_policies
from tests.kiosk_ui.browsing import POLICY, Site, kiosk_command, lacking, under_policies
from tests.waiting import wait_for

# A browser's own keys: tabs, windows, address, files, tools, zoom, search, help, history, ends.
KEYS = (
    "ctrl+t", "ctrl+n", "ctrl+shift+n", "ctrl+l", "alt+d", "F6", "ctrl+o", "ctrl+s", "ctrl+p",
    "ctrl+u", "F12", "ctrl+shift+i", "ctrl+shift+j", "ctrl+shift+c", "ctrl+plus", "ctrl+minus",
    "ctrl+f", "F3", "ctrl+h", "ctrl+j", "ctrl+d", "ctrl+shift+o", "ctrl+shift+Delete", "F5",
    "ctrl+r", "alt+Left", "alt+Home", "BackSpace", "F11", "F7", "alt+F", "F10", "shift+Escape",
    "ctrl+Tab", "ctrl+1", "ctrl+shift+t", "ctrl+e", "ctrl+k", "ctrl+w", "ctrl+shift+w", "ctrl+F4",
    "alt+F4", "ctrl+q", "ctrl+shift+q", "ctrl+shift+b", "ctrl+0", "ctrl+minus", "ctrl+equal",
    "ctrl+g", "ctrl+a", "ctrl+c", "ctrl+v", "ctrl+x", "ctrl+shift+r", "ctrl+shift+p",
    "ctrl+shift+m",
    "ctrl+shift+a", "ctrl+shift+y", "ctrl+shift+g", "ctrl+F5", "ctrl+F10", "shift+F10", "Menu",
    "alt+Right", "alt+space", "alt+e", "alt+Tab", "alt+Return", "super", "Print", "Escape", "F2",
    "F4", "F8", "F9", "ctrl+Next", "ctrl+Prior", "ctrl+alt+Delete", "ctrl+shift+Escape",
    "XF86Back", "XF86Forward", "XF86HomePage", "XF86Reload", "XF86Search", "XF86Mail", "XF86WWW",
    "XF86Favorites", "XF86Explorer", "XF86Calculator", "XF86AudioPlay", "XF86Open", "XF86New",
    "XF86Close",
)  # fmt: skip
# What a mouse, or a touch screen that says it is one, can do: buttons back and forward, the middle
# one (which pastes, and opens links in tabs), the menu's, and the wheel with Ctrl (which zooms).
POINTING = (
    ("click", "2"), ("click", "3"), ("click", "8"), ("click", "9"),
    ("keydown", "ctrl", "click", "--repeat", "8", "4", "keyup", "ctrl"),
    ("keydown", "ctrl", "click", "--repeat", "8", "5", "keyup", "ctrl"),
    ("keydown", "shift", "click", "1", "keyup", "shift"),
    ("keydown", "ctrl", "click", "1", "keyup", "ctrl"),
    ("mousedown", "1", "mousemove", "20", "20", "mousemove", "1000", "580", "mouseup", "1"),
    ("mousemove", "0", "300", "mousedown", "1", "mousemove", "900", "300", "mouseup", "1"),
)  # fmt: skip
# Codes that scanners are made to type: control characters as keys, addresses, and an end.
SCANNED = (
    ("ctrl+n", "file:///etc/passwd"), ("ctrl+t", "chrome://settings"), ("ctrl+o", "/etc/passwd"),
    ("ctrl+l", "javascript:1"), ("F6", "http://127.0.0.1:1/"), ("alt+d", "view-source:x"),
    ("ctrl+shift+n", "data:text/html,x"), ("super+r", "xterm"), ("ctrl+alt+t", "reboot"),
)  # fmt: skip


def test_the_policies_are_all_there(tmp_path: Path) -> None:
    """What the doctor wants is what the installer puts there; a later file that loosens is seen."""
    assert len(missing_policies(tmp_path)) == len(REQUIRED) + 1
    folder = tmp_path / "etc/chromium/policies/managed"
    folder.mkdir(parents=True)
    shutil.copy(POLICY, folder / "linli.json")
    assert missing_policies(tmp_path) == []
    (folder / "zz.json").write_text('{"PrintingEnabled": true, "URLBlocklist": []}')
    assert missing_policies(tmp_path) == ["URLBlocklist", "PrintingEnabled"]
    (folder / "zz.json").write_text("{damaged")
    assert missing_policies(tmp_path) == []


LACKING = lacking("xvfb xdotool", "Xvfb", "xdotool")


class Screen:
    """An X server without a screen, and Chromium on it as the unit starts it."""

    def __init__(self, folder: Path, address: str) -> None:
        self._x = subprocess.Popen(
            ["Xvfb", "-displayfd", "1", "-screen", "0", "1024x600x24", "-nolisten", "tcp"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self._x.stdout is not None
        self._display = f":{self._x.stdout.readline().strip()}"
        self._chromium = subprocess.Popen(
            under_policies(folder, *kiosk_command(address, folder)),
            env={**os.environ, "DISPLAY": self._display, "HOME": str(folder)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def press(self, *keys: str) -> None:
        self._xdotool("key", "--delay", "30", *keys)

    def type(self, text: str) -> None:
        self._xdotool("type", "--delay", "5", text)

    def point(self, *words: str) -> None:
        """With the pointer on the middle of the screen before."""
        self._xdotool("mousemove", "512", "300", *words)

    def windows(self) -> int:
        """Visible windows of Chromium."""
        return len(self._xdotool("search", "--onlyvisible", "--class", "chromium").split())

    @property
    def running(self) -> bool:
        return self._chromium.poll() is None

    def _xdotool(self, *words: str) -> str:
        environment = {**os.environ, "DISPLAY": self._display}
        done = subprocess.run(
            ["xdotool", *words], env=environment, capture_output=True, text=True, timeout=30
        )
        return done.stdout

    def close(self) -> None:
        for process in (self._chromium, self._x):
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            if process.poll() is None:
                process.kill()
                process.wait()
        assert self._x.stdout is not None
        self._x.stdout.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """One with a short name, for sockets."""
    with tempfile.TemporaryDirectory(prefix="linli-keys-", ignore_cleanup_errors=True) as made:
        yield Path(made)


@pytest.mark.skipif(bool(LACKING), reason=LACKING)
@pytest.mark.timeout(300)
def test_no_key_leads_out_of_the_page(folder: Path) -> None:
    """After each of the browser's keys, and a scanner that types an address: the same one window,
    the page following, and the kiosk's own keys at work."""
    site = Site()
    screen = Screen(folder, site.address)
    try:
        wait_for(lambda: site.server._streams and screen.windows(), 60)
        windows = screen.windows()
        screen.press("F1")
        wait_for(lambda: any(action == "key:help" for action, _ in site.acted), 20)
        for key in KEYS:
            site.acted.clear()
            screen.press(key)
            screen.press("F1")
            wait_for(lambda: any(action == "key:help" for action, _ in site.acted), 20)
            assert screen.running and screen.windows() == windows, key
        for words in POINTING:
            site.acted.clear()
            screen.point(*words)
            screen.press("F1")
            wait_for(lambda: any(action == "key:help" for action, _ in site.acted), 20)
            assert screen.running and screen.windows() == windows, words
        for key, typed in SCANNED:
            site.acted.clear()
            screen.press(key)
            screen.type(typed + "\n")
            screen.press("F1")
            wait_for(lambda: any(action == "key:help" for action, _ in site.acted), 20)
            assert screen.running and screen.windows() == windows, typed
    finally:
        screen.close()
        site.stop()


def test_req_40_the_policies_are_json_and_block_all_but_the_page() -> None:
    """A file with a mistake in it is no policy at all for Chromium."""
    policy = json.loads(POLICY.read_text())
    assert policy["URLBlocklist"][0] == "*"
    for allowed in policy["URLAllowlist"]:
        assert allowed == "http://127.0.0.1" or allowed.startswith(
            ("file:///opt/linli/", "file:///run/linli")
        )
