"""What every driver of the registry promises, whatever its hardware."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.contract.driver import Driver, DriverUnavailable, Site
from agent.contract.signals import Contact, Measured, Presence, Switched
from agent.core.gate import Gate
from drivers import REGISTRY, load
from drivers.bus.owner import Bus, BusSettings
from hw_mocks.bus import MockBus
from hw_mocks.devices import Stand, make, words
from hw_mocks.pins import MockPins
from tests.drivers.running import Running
from tests.drivers.tables import BUS, converted, table
from tests.waiting import wait_for

MIMED = sorted(
    kind
    for kind in REGISTRY
    if {"plug", "unplug"} <= words(kind)
    and kind not in ("camera", "speaker", "microphone", "health_meter")
)
"""Types whose stand-in can be made of the table alone, and sends by itself when asked."""


AT_START = frozenset({Measured, Contact, Presence, Switched})
"""What a device tells as soon as it is there; the others speak when something happens."""


def made(kind: str, site: Site, **changes: Any) -> Driver:
    return load(kind)("it", converted(kind, **changes), site)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A machine with pins and nothing else."""
    return Site(tmp_path / "models", tmp_path / "cache", MockPins().factory)


@pytest.mark.parametrize("kind", REGISTRY)
def test_constructing_touches_nothing(kind: str, tmp_path: Path, site: Site) -> None:
    """No pin, port, file or thread: all that comes with `run`."""
    threads = set(threading.enumerate())
    driver = made(kind, site)
    assert driver.name == "it"
    assert not any(site.pin_factory._reservations.values())
    assert set(threading.enumerate()) == threads
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", [kind for kind in REGISTRY if "pin" not in table(kind)])
def test_missing_hardware_is_told_with_its_place(kind: str, site: Site) -> None:
    """What is not there is named, with what to do; the driver itself can be run again."""
    if kind == "ultrasonic_gpio":
        pytest.skip("its pins are there; see its own tests for a cut wire")
    driver = made(kind, site)
    for _ in range(2):
        with pytest.raises(DriverUnavailable) as told:
            driver.run(lambda signal: None, threading.Event())
        assert len(str(told.value)) > 20


@pytest.mark.parametrize("kind", MIMED)
def test_emits_what_it_declares(kind: str, tmp_path: Path, site: Site, wire: MockBus) -> None:
    """With its stand-in: what it says passes the gate; it stops in a second and can run again."""
    pins = MockPins()
    stand = Stand(tmp_path, pins, 900, {BUS: wire})  # type: ignore[arg-type]
    device = make(kind, "it", {"type": kind, **table(kind)}, stand)
    assert device is not None
    bus = Bus(BUS, BusSettings(port=str(wire.line.link)))
    here = site._replace(pin_factory=pins.factory, buses={BUS: bus})
    with contextlib.closing(device), contextlib.closing(bus):
        driver = made(kind, here, **device.wired())
        gate = Gate("it", driver.emits, here.clock)
        for _ in range(2):
            with Running(driver) as running:
                if AT_START & set(driver.emits):
                    wait_for(running.has_emitted)
                assert running.stop() < 2
            assert not running.gave_up
            assert all(gate.admit(signal) is not None for signal in running.signals)
        assert gate.refused == 0


@pytest.fixture
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockBus]:
    with MockBus(tmp_path_factory.mktemp("bus") / "bus") as wire:
        yield wire
