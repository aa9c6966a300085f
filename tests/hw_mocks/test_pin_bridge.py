"""Pins are worked from another process, which may die and come again."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from gpiozero import DigitalInputDevice, DigitalOutputDevice

from hw_mocks.pin_bridge import PinBridge, PinClient
from hw_mocks.pins import MockPins
from tests.waiting import wait_for

DAEMON = """
import sys, threading
from pathlib import Path
from agent.contract.driver import Site
from agent.contract.orders import Switch
from drivers import load
from drivers.contact.button import ButtonSettings
from drivers.output import LampSettings
from hw_mocks.pin_bridge import PinBridge
from hw_mocks.pins import MockPins

pins = MockPins()
site = Site(Path("models"), Path("cache"), pins.factory)
lamp = load("lamp")("lamp", LampSettings(pin=17), site)
key = load("button")("ok", ButtonSettings(pin=5, key="enter"), site)
stop = threading.Event()
threading.Thread(target=lamp.run, args=(print, stop)).start()
with PinBridge(pins, Path(sys.argv[1])):
    key.run(lambda signal: lamp.command(Switch(on=signal.pressed)), stop)
"""


@contextlib.contextmanager
def daemon(path: Path) -> Iterator[None]:
    """A process whose lamp on GPIO17 follows the key on GPIO5; killed at the end."""
    process = subprocess.Popen([sys.executable, "-c", DAEMON, str(path)])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def test_key_press_in_another_process(tmp_path: Path) -> None:
    """A key works across processes and across a SIGKILL; the lamp of a dead daemon is unknown."""
    seen: list[bool | None] = []
    with PinClient(tmp_path / "pins") as bench:
        bench.observe(lambda pin, level: seen.append(level))
        for _ in range(2):
            with daemon(tmp_path / "pins"):
                wait_for(lambda: bench.state(17) is False, 20)
                bench.press(5)
                wait_for(lambda: bench.state(17) is True)
                bench.release(5)
                wait_for(lambda: bench.state(17) is False)
            wait_for(lambda: bench.state(17) is None)
            assert not bench.connected
    assert seen == [False, True, False, None] * 2


def test_wires_are_there_before_the_daemon(tmp_path: Path) -> None:
    """Contacts and distances that were set while nobody served are in force afterwards."""
    pins = MockPins()
    with PinClient(tmp_path / "pins") as bench:
        bench.press(5)
        bench.distance(23, 24, 800)
        with (
            DigitalInputDevice(5, pull_up=True, pin_factory=pins.factory) as key,
            PinBridge(pins, tmp_path / "pins"),
        ):
            wait_for(lambda: key.is_active)
            wait_for(lambda: pins.factory.pin(23).fallen)


def test_state_at_connection(tmp_path: Path) -> None:
    """A bench that comes later learns what is driven already."""
    pins = MockPins()
    with (
        DigitalOutputDevice(17, initial_value=True, pin_factory=pins.factory),
        PinBridge(pins, tmp_path / "pins"),
        PinClient(tmp_path / "pins") as bench,
    ):
        wait_for(lambda: bench.state(17) is True)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ('{"pin": 5, "active": true}', "ok"),
        ('{"distance": {"trigger": 23, "echo": 24, "mm": null}}', "ok"),
        ('{"pin": 99, "active": true}', "error"),
        ('{"pin": 5}', "error"),
        ('{"distance": {"echo": 24, "mm": 3}}', "error"),
        ('{"distance": {"trigger": 23, "echo": 24, "mm": "far"}}', "error"),
        ('{"distance": {"trigger": 23, "echo": 24, "mm": 3, "speed": 1}}', "error"),
        ("[1]", "error"),
        ("nonsense", "error"),
        ("\udcff", "error"),
    ],
)
def test_answers(tmp_path: Path, line: str, answer: str) -> None:
    """Every line is answered, a wrong one with what is wrong, and the bridge goes on."""
    with PinBridge(MockPins(), tmp_path / "pins"), socket.socket(socket.AF_UNIX) as wire:
        wire.connect(str(tmp_path / "pins"))
        with wire.makefile("rwb") as lines:
            for sent, expected in ((line, answer), ('{"pin": 6, "active": false}', "ok")):
                lines.write(sent.encode(errors="surrogateescape") + b"\n")
                lines.flush()
                assert list(json.loads(lines.readline())) == [expected]


def test_refusal_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The bench hears of a pin that does not exist."""
    with PinBridge(MockPins(), tmp_path / "pins"), PinClient(tmp_path / "pins") as bench:
        bench.press(99)
        wait_for(lambda: "pin-refused" in caplog.text)


def test_a_bench_that_does_not_read_stops_no_driver(tmp_path: Path) -> None:
    """A stuck bench is dropped; the lamp goes on blinking."""
    pins = MockPins()
    with PinBridge(pins, tmp_path / "pins"), socket.socket(socket.AF_UNIX) as stuck:
        stuck.connect(str(tmp_path / "pins"))
        with (
            PinClient(tmp_path / "pins") as bench,
            DigitalOutputDevice(17, pin_factory=pins.factory) as lamp,
        ):
            wait_for(lambda: bench.connected)
            for _ in range(20_000):
                lamp.on()
                lamp.off()
            lamp.on()
            wait_for(lambda: bench.state(17) is True)


def test_everything_closes(tmp_path: Path) -> None:
    """Neither descriptors nor threads nor the socket remain, however often it is closed."""
    before = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
    bridge, client = PinBridge(MockPins(), tmp_path / "pins"), PinClient(tmp_path / "pins")
    wait_for(lambda: client.connected)
    for end in (bridge, client, bridge, client):
        end.close()
    assert (len(list(Path("/proc/self/fd").iterdir())), threading.active_count()) == before
    assert not list(tmp_path.iterdir())
