"""What every driver on pins or a serial line promises to the supervisor."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from agent.contract.driver import Driver, DriverUnavailable, Site
from drivers import REGISTRY, load
from hw_mocks.pins import MockPins
from hw_mocks.serial_lines import MockSerialLine, UltrasonicStream
from tests.drivers.running import Running, site
from tests.waiting import wait_for

PINNED: dict[str, dict[str, Any]] = {
    "button": {"pin": 5, "key": "enter"},
    "contact": {"pin": 5},
    "lamp": {"pin": 5},
    "buzzer": {"pin": 5},
    "relay": {"pin": 5},
    "ultrasonic_gpio": {"trigger": 23, "echo": 5},
}
KINDS = [*PINNED, "ultrasonic_serial"]


class Hardware(NamedTuple):
    """What the drivers of this test run on."""

    pins: MockPins
    line: MockSerialLine

    def driver(self, kind: str, on: Site | None = None) -> Driver:
        """A driver of *kind*."""
        settings = PINNED.get(kind, {"port": str(self.line.link)})
        return load(kind)("it", REGISTRY[kind].settings(**settings), on or site(self.pins.factory))

    def works(self, kind: str) -> Callable[[], object]:
        """Whether the hardware is in a driver's hands."""
        if kind == "ultrasonic_serial":
            return lambda: True
        return lambda: any(self.pins.factory._reservations.values())


@pytest.fixture
def hardware(tmp_path: Path) -> Iterator[Hardware]:
    """Everything plugged in, and the sensors measuring."""
    pins = MockPins()
    pins.distance(23, 5, 800)
    with MockSerialLine(tmp_path / "line") as line, UltrasonicStream(line):
        yield Hardware(pins, line)


@pytest.mark.parametrize("kind", KINDS)
def test_runs_stops_and_runs_again(hardware: Hardware, kind: str) -> None:
    """It stops within a second, emits nothing after, leaves no thread, and can run again."""
    driver = hardware.driver(kind)
    for _ in range(2):
        threads = set(threading.enumerate())
        with Running(driver) as running:
            wait_for(hardware.works(kind))
            if "ultrasonic" in kind:
                wait_for(running.has_emitted)
            assert running.stop() < 1
            emitted = len(running.signals)
            hardware.pins.press(5)
            hardware.pins.release(5)
            assert len(running.signals) == emitted
        assert not running.gave_up
        assert not set(threading.enumerate()) - threads


@pytest.mark.parametrize("kind", KINDS)
def test_constructing_touches_no_hardware(hardware: Hardware, kind: str) -> None:
    """A driver that is only constructed holds neither pin nor port."""
    driver = hardware.driver(kind)
    assert driver.name == "it"
    assert not any(hardware.pins.factory._reservations.values())
    with Running(hardware.driver(kind)):
        wait_for(hardware.works(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_stop_before_start(hardware: Hardware, kind: str) -> None:
    """A driver that is to stop before it has begun returns."""
    stop = threading.Event()
    stop.set()
    hardware.driver(kind).run(lambda signal: None, stop)


@pytest.mark.parametrize("kind", PINNED)
def test_pin_in_use(hardware: Hardware, kind: str) -> None:
    """A second driver on one pin says so; the first one goes on."""
    with Running(hardware.driver(kind)) as first, Running(hardware.driver("button")) as second:
        wait_for(lambda: first.gave_up or second.gave_up)
    assert "GPIO5 is in use by another driver" in first.gave_up + second.gave_up
    assert not (first.gave_up and second.gave_up)


@pytest.mark.filterwarnings("ignore::gpiozero.exc.PinFactoryFallback")
@pytest.mark.parametrize("kind", PINNED)
def test_no_pins_on_this_machine(
    hardware: Hardware, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without GPIO the remedy is named."""
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "none-such")
    with pytest.raises(DriverUnavailable, match="run on a Raspberry Pi"):
        hardware.driver(kind, site()).run(lambda signal: None, threading.Event())


def test_fixed_pull(hardware: Hardware) -> None:
    """GPIO2 is pulled up on the board: a key to 3.3 V on it is refused in words."""
    settings = REGISTRY["button"].settings(pin=2, key="up", pull_up=False)
    driver = load("button")("it", settings, site(hardware.pins.factory))
    with pytest.raises(DriverUnavailable, match=r"GPIO2 cannot be used .*pull"):
        driver.run(lambda signal: None, threading.Event())


def test_pin_library_fails(hardware: Hardware, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of lgpio itself, which is no gpiozero error, is told in words as well."""

    class LgpioError(Exception):
        pass

    def busy(*args: object, **kwargs: object) -> None:
        raise LgpioError("'GPIO busy'")

    lgpio = types.ModuleType("lgpio")
    monkeypatch.setattr(lgpio, "error", LgpioError, raising=False)
    monkeypatch.setitem(sys.modules, "lgpio", lgpio)
    monkeypatch.setattr(hardware.pins.factory, "pin", busy)
    with pytest.raises(DriverUnavailable, match=r"GPIO5 cannot be used \('GPIO busy'\)"):
        hardware.driver("lamp").run(lambda signal: None, threading.Event())


def test_mock_pins_do_not_load_lgpio(tmp_path: Path) -> None:
    """With a given pin factory lgpio stays out: its import leaves a FIFO where it runs."""
    script = """
import sys, threading
from pathlib import Path
from agent.contract.driver import Site
from drivers import SETTINGS, load
from hw_mocks.pins import MockPins
stop = threading.Event()
stop.set()
site = Site(Path(), Path(), MockPins().factory)
load("lamp")("it", SETTINGS["lamp"](pin=5), site).run(print, stop)
assert "lgpio" not in sys.modules
"""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, check=True)
    assert not list(tmp_path.iterdir())
