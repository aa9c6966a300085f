"""The bus: one port, many devices; one that is dead costs the others little."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.contract.driver import DriverUnavailable
from drivers.bus.owner import LOST, SHORT_S, Bus, BusSettings, Unanswered, of
from hw_mocks.bus import Answers, MockBus
from tests.drivers.running import site


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[MockBus]:
    with MockBus(tmp_path / "bus") as wire:
        yield wire


@pytest.fixture
def bus(wire: MockBus) -> Iterator[Bus]:
    bus = Bus("meters", BusSettings(port=str(wire.line.link), baud=2400, parity="even"))
    yield bus
    bus.close()


def whole(received: bytes) -> bytes | None:
    """An answer of this test ends with a dot."""
    return received if received.endswith(b".") else None


def answering(name: bytes) -> Answers:
    """A device that answers to its name."""
    return lambda asked: b"I am " + name + b"." if asked == name else None


def test_each_gets_its_own_answer(wire: MockBus, bus: Bus) -> None:
    """Questions of many threads never mix."""
    for number in range(4):
        wire.attach(f"m{number}", answering(b"%d" % number))
    answers: dict[int, list[bytes]] = {number: [] for number in range(4)}

    def ask(number: int) -> None:
        for _ in range(3):
            answers[number].append(bus.ask(f"m{number}", str(number).encode(), whole))

    threads = [threading.Thread(target=ask, args=(number,)) for number in answers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: [b"I am %d." % number] * 3 for number in answers}


def test_what_the_adapter_echoes_is_no_answer(wire: MockBus, bus: Bus) -> None:
    wire.echoes = True
    wire.attach("m", lambda asked: b"yes.")
    assert bus.ask("m", b"there.", whole) == b"yes."
    wire.detach("m")
    with pytest.raises(Unanswered, match="no answer on"):
        bus.ask("m", b"there.", whole)


def test_a_dead_device_costs_its_neighbours_little(wire: MockBus, bus: Bus) -> None:
    """After three misses nobody waits longer than 0.2 s for their turn, whenever they come."""
    wire.attach("m", lambda asked: b"yes." if asked == b"m" else None)
    for _ in range(LOST):
        with pytest.raises(Unanswered):
            bus.ask("dead", b"x", whole)
    answered = threading.Event()

    def ask() -> None:
        while not answered.is_set():
            with pytest.raises(Unanswered):
                bus.ask("dead", b"x", whole)
            answered.wait(0.05)

    began = time.monotonic()
    bus.ask("m", b"m", whole)
    usual = time.monotonic() - began
    thread = threading.Thread(target=ask)
    thread.start()
    took = []
    for _ in range(5):
        time.sleep(0.05)
        began = time.monotonic()
        bus.ask("m", b"m", whole)
        took.append(time.monotonic() - began - usual)
    answered.set()
    thread.join()
    assert statistics.median(took) <= SHORT_S + 0.05, took


def test_a_slow_device_that_is_back_is_heard(wire: MockBus, bus: Bus) -> None:
    """One that takes 0.6 s and was lost is waited for in full while nobody else asks."""
    for _ in range(LOST):
        with pytest.raises(Unanswered):
            bus.ask("slow", b"x", whole)

    def slowly(asked: bytes) -> bytes:
        time.sleep(0.6)
        return b"yes."

    wire.attach("slow", slowly)
    assert bus.ask("slow", b"x", whole) == b"yes."


def test_nonsense_points_to_the_settings(wire: MockBus, bus: Bus) -> None:
    wire.attach("m", lambda asked: b"\x00\xff")
    with pytest.raises(Unanswered, match=r"no sense in the 2 bytes .*baud 2400, parity even"):
        bus.ask("m", b"x", whole)


def test_unplugged_and_plugged_again(wire: MockBus, bus: Bus) -> None:
    """The port is opened anew by the next question after it is back."""
    wire.attach("m", lambda asked: b"yes.")
    assert bus.ask("m", b"x", whole)
    wire.line.unplug()
    for _ in range(2):
        with pytest.raises(DriverUnavailable):
            bus.ask("m", b"x", whole)
    wire.line.plug()
    assert bus.ask("m", b"x", whole)


def test_rest(wire: MockBus, bus: Bus) -> None:
    """The air rings on after an echo: nobody asks meanwhile."""
    wire.attach("m", lambda asked: b"yes.")
    bus.ask("m", b"x", whole)
    began = time.monotonic()
    for _ in range(3):
        bus.ask("m", b"x", whole, rest_s=0.06)
    assert time.monotonic() - began >= 0.18


def test_no_such_bus() -> None:
    with pytest.raises(DriverUnavailable, match=r"no \[buses.meters\]"):
        of(site(), "meters")
