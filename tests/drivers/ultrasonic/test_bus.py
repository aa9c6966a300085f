"""URM sensors on a bus, and the rest between two pings."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract.signals import Measured
from drivers.bus.owner import Bus, BusSettings
from drivers.ultrasonic import urm
from drivers.ultrasonic.air import REST_S, Air
from drivers.ultrasonic.bus import UltrasonicBus, UltrasonicBusSettings
from hw_mocks.bus import MockBus
from hw_mocks.devices.ultrasonic import UrmSensor
from tests.drivers.running import Running, site
from tests.waiting import wait_for


@pytest.mark.parametrize(
    ("answer", "told"), [("55 AA 11 02 02 00 CA DE", 202), ("55 AA 11 02 02 12 34 5A", 4660)]
)
def test_vectors(answer: str, told: int) -> None:
    """Published: the question and its answers."""
    assert urm.ask(0x11) == bytes.fromhex("55 AA 11 00 02 12")
    assert urm.answered(0x11, bytes.fromhex(answer)) == told
    assert urm.answered(0x12, bytes.fromhex(answer)) is None
    assert urm.answered(0x11, b"\x55" + bytes.fromhex(answer)) == told


@settings(deadline=None)
@given(st.binary(max_size=60), st.integers(1, 254))
def test_any_bytes(received: bytes, address: int) -> None:
    told = urm.answered(address, received)
    assert told is None or 0 <= told <= 0xFFFF


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[MockBus]:
    with MockBus(tmp_path / "bus") as wire:
        yield wire


@pytest.mark.parametrize(
    ("unit", "mm", "told"),
    [("cm", 2020, 2020), ("mm", 1234, 1234), ("cm", None, "no_echo"), ("mm", 30, "too_near")],
)
def test_distance(wire: MockBus, unit: str, mm: int | None, told: float | str) -> None:
    UrmSensor(wire, "bin", {"unit": unit}, 0).measure(mm)
    bus = Bus("bins", BusSettings(port=str(wire.line.link), baud=19200))
    settings = UltrasonicBusSettings(bus="bins", unit=unit, interval_s=0.1)  # type: ignore[arg-type]
    with Running(UltrasonicBus("bin", settings, site()._replace(buses={"bins": bus}))) as running:
        wait_for(running.has_emitted)
    bus.close()
    [first, *_] = running.signals
    assert isinstance(first, Measured) and (first.missing or first.value) == told


def test_sensors_side_by_side_rest() -> None:
    """Between the end of one ping and the next, of whichever sensor, at least 60 ms pass."""
    air, pings = Air(), list[tuple[float, float]]()

    def ping() -> None:
        for _ in range(3):
            with air.ping():
                pings.append((time.monotonic(), time.monotonic()))

    threads = [threading.Thread(target=ping) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ends = [end for _, end in pings]
    begins = [begin for begin, _ in pings]
    assert all(later - earlier >= REST_S for earlier, later in zip(ends, begins[1:], strict=False))
