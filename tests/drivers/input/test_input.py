"""A scanner that types and a keypad, on a pipe of the kernel's own structures."""

from __future__ import annotations

import errno
import fcntl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.contract.driver import DriverUnavailable
from agent.contract.signals import Key, Scanned, Unreadable
from drivers.input import grabbed
from drivers.input.grabbed import Bell, Grabbed
from drivers.input.keypad import KeypadUsb, KeypadUsbSettings
from drivers.input.scanner import ScannerUsb, ScannerUsbSettings
from hw_mocks.devices.input import MockKeyboard
from tests.drivers.running import Running, site
from tests.waiting import wait_for


@pytest.fixture
def keyboard(tmp_path: Path) -> Iterator[MockKeyboard]:
    mock = MockKeyboard(tmp_path / "event9")
    yield mock
    mock.close()


def scanner(keyboard: MockKeyboard) -> ScannerUsb:
    return ScannerUsb("gun", ScannerUsbSettings(device=str(keyboard.path)), site())


def test_codes_with_and_without_tail(keyboard: MockKeyboard) -> None:
    """Twice the same at once is once; one with a function key in it is refused."""
    with Running(scanner(keyboard)) as running:
        for text in ("BXJ1:AB23", "BXJ1:AB23"):
            keyboard.type(text)
        keyboard.send([(30, 1), (30, 0), (62, 1), (62, 0), (28, 1), (28, 0)])
        keyboard.send([(30, 1), (30, 0)])
        wait_for(lambda: len(running.signals) == 3)
        assert running.stop() < 1
    assert running.signals == [
        Scanned(source="gun", text="BXJ1:AB23"),
        Unreadable(source="gun", why="no_text"),
        Scanned(source="gun", text="a"),
    ]


def test_pulled_out_and_back(keyboard: MockKeyboard) -> None:
    driver = scanner(keyboard)
    with Running(driver) as running:
        keyboard.type("one")
        wait_for(running.has_emitted)
        keyboard.connect(False)
        assert "pulled out" in running.why()
    with pytest.raises(DriverUnavailable, match="is not there; plug it in"):
        driver.run(print, threading.Event())
    keyboard.connect(True)
    with Running(driver) as again:
        keyboard.type("two")
        wait_for(again.has_emitted)


def test_grabs_when_no_key_is_down(keyboard: MockKeyboard, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is down is waited for; then every node is grabbed."""
    asked: list[int] = []

    def ioctl(descriptor: int, request: int, argument: object) -> int:
        asked.append(request)
        if isinstance(argument, bytearray) and len(asked) < 3:
            argument[3] = 1
        elif isinstance(argument, bytearray):
            argument[3] = 0
        return 0

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    monkeypatch.setattr(grabbed, "_siblings", lambda device: [device])
    with Grabbed(str(keyboard.path), Bell(), threading.Event()):
        pass
    get, grab = 0x80604518, 0x40044590
    assert asked == [get, get, get, grab, get, grab]


def test_grabbed_by_another(keyboard: MockKeyboard, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*args: object) -> None:
        raise OSError(errno.EBUSY, "busy")

    monkeypatch.setattr(fcntl, "ioctl", busy)
    with pytest.raises(DriverUnavailable, match="grabbed by another program"):
        scanner(keyboard).run(print, threading.Event())


def test_all_nodes_of_a_usb_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usb = tmp_path / "devices/usb1/1-1"
    for name in ("1-1:1.0/input/input4/event4", "1-1:1.1/input/input5/event5"):
        (usb / name).mkdir(parents=True)
    (usb / "idVendor").write_text("1234")
    monkeypatch.setattr(grabbed, "_INPUTS", tmp_path / "class")
    (tmp_path / "class").mkdir()
    (tmp_path / "class/event4").symlink_to(usb / "1-1:1.0/input/input4/event4")
    assert list(grabbed._siblings(Path("/dev/input/event4"))) == [Path("/dev/input/event5")]


def test_keypad(keyboard: MockKeyboard) -> None:
    """Keys by their codes; a repeat is no press; a key that is down when it ends goes up."""
    settings = KeypadUsbSettings(device=str(keyboard.path), keys={"193": "help", "28": "enter"})
    with Running(KeypadUsb("pad", settings, site())) as running:
        keyboard.send([(193, 1), (193, 2), (193, 2), (193, 0), (30, 1), (30, 0), (28, 1)])
        wait_for(lambda: len(running.signals) == 3)
        assert running.stop() < 1
    assert [(s.key, s.pressed) for s in running.signals if isinstance(s, Key)] == [
        ("help", True), ("help", False), ("enter", True), ("enter", False),
    ]  # fmt: skip
