"""What every driver of the registry promises, whatever its hardware."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.contract.driver import Driver, DriverUnavailable, Site
from agent.core.gate import Gate
from drivers import REGISTRY, load
from drivers.bus.owner import Bus, BusSettings
from hw_mocks.bus import MockBus
from hw_mocks.devices import Stand, make, words
from hw_mocks.pins import MockPins
from tests.drivers.running import Running
from tests.waiting import wait_for

REGISTERS = {"one": {"register": 0, "quantity": "temperature", "unit": "Cel"}}
TABLES: dict[str, dict[str, Any]] = {
    "button": {"pin": 5, "key": "enter"},
    "buzzer": {"pin": 5},
    "camera": {"source": "/dev/video-none"},
    "climate": {"folder": "{folder}"},
    "contact": {"pin": 5},
    "fall_radar": {"port": "{folder}"},
    "headset": {"jack": "/dev/input/none"},
    "household_meter": {"bus": "b", "address": "002241020208"},
    "lamp": {"pin": 5},
    "microphone": {},
    "modbus": {"bus": "b", "address": 7, "registers": REGISTERS},
    "motion": {"pin": 5},
    "pzem004t": {"bus": "b", "address": 1},
    "relay": {"pin": 5},
    "scanner_serial": {"port": "{folder}"},
    "speaker": {"player": ["no-such-player"]},
    "ultrasonic_bus": {"bus": "b"},
    "ultrasonic_gpio": {"trigger": 23, "echo": 5},
    "ultrasonic_serial": {"port": "{folder}"},
}
"""A table of kiosk.toml for each type; it names a device that is not there, but for pins."""

MIMED = sorted(
    kind
    for kind in TABLES
    if {"plug", "unplug"} <= words(kind) and kind not in ("camera", "speaker", "microphone")
)
"""Types whose stand-in can be made of the table alone, and sends by itself when asked."""


def made(kind: str, place: Path, site: Site, **changes: Any) -> Driver:
    table = {
        key: str(place / "none") if value == "{folder}" else value
        for key, value in TABLES[kind].items()
    }
    settings = msgspec.convert({**table, **changes}, REGISTRY[kind].settings)
    return load(kind)("it", settings, site)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A machine with pins and nothing else."""
    return Site(tmp_path / "models", tmp_path / "cache", MockPins().factory)


def test_no_type_is_left_out() -> None:
    assert TABLES.keys() == REGISTRY.keys()


@pytest.mark.parametrize("kind", TABLES)
def test_constructing_touches_nothing(kind: str, tmp_path: Path, site: Site) -> None:
    """No pin, port, file or thread: all that comes with `run`."""
    threads = set(threading.enumerate())
    driver = made(kind, tmp_path, site)
    assert driver.name == "it"
    assert not any(site.pin_factory._reservations.values())
    assert set(threading.enumerate()) == threads
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", [kind for kind in TABLES if "pin" not in TABLES[kind]])
def test_missing_hardware_is_told_with_its_place(kind: str, tmp_path: Path, site: Site) -> None:
    """What is not there is named, with what to do; the driver itself can be run again."""
    if kind == "ultrasonic_gpio":
        pytest.skip("its pins are there; see its own tests for a cut wire")
    driver = made(kind, tmp_path, site)
    for _ in range(2):
        with pytest.raises(DriverUnavailable) as told:
            driver.run(lambda signal: None, threading.Event())
        assert len(str(told.value)) > 20


@pytest.mark.parametrize("kind", MIMED)
def test_emits_what_it_declares(kind: str, tmp_path: Path, site: Site, wire: MockBus) -> None:
    """With its stand-in: what it says passes the gate; it stops in a second and can run again."""
    pins = MockPins()
    stand = Stand(tmp_path, pins, 900, {"b": wire})  # type: ignore[arg-type]
    device = make(kind, "it", {"type": kind, **TABLES[kind]}, stand)
    assert device is not None
    bus = Bus("b", BusSettings(port=str(wire.line.link)))
    here = site._replace(pin_factory=pins.factory, buses={"b": bus})
    with contextlib.closing(device), contextlib.closing(bus):
        driver = made(kind, tmp_path, here, **device.wired())
        gate = Gate("it", driver.emits, here.clock)
        for _ in range(2):
            with Running(driver) as running:
                if kind not in ("fall_radar", "scanner_serial"):  # these speak when something is
                    wait_for(running.has_emitted)
                assert running.stop() < 2
            assert not running.gave_up
            assert all(gate.admit(signal) is not None for signal in running.signals)
        assert gate.refused == 0


@pytest.fixture
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockBus]:
    with MockBus(tmp_path_factory.mktemp("bus") / "bus") as wire:
        yield wire
