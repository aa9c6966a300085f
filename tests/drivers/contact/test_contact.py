"""Reed contacts and switches, on gpiozero's mock pins."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from agent.contract.signals import Contact as ContactSignal
from drivers.contact import contact
from drivers.contact.contact import Contact, ContactSettings
from hw_mocks.pins import MockPins
from tests.drivers.running import Running, site
from tests.waiting import wait_for

PIN = 5
TAMPER = 6


@pytest.fixture
def pins() -> MockPins:
    """A Pi of our own; the contact is open."""
    return MockPins()


@pytest.fixture
def running(pins: MockPins) -> Iterator[Running]:
    """The contact, with its open state told and forgotten."""
    # Far longer than the pauses between the bounces: a busy machine stretches those
    with Running(driver(pins, debounce_s=0.5)) as running:
        told(running, False)
        running.signals.clear()
        yield running


def driver(pins: MockPins, **settings: Any) -> Contact:
    """The driver of the contact."""
    return Contact("shutter", ContactSettings(pin=PIN, **settings), site(pins.factory))


def told(running: Running, *states: bool) -> None:
    """Wait until just this was emitted."""
    signals = [ContactSignal(source="shutter", closed=closed) for closed in states]
    wait_for(lambda: running.signals == signals)


@pytest.mark.parametrize("closed", [True, False])
def test_state_at_the_start(pins: MockPins, closed: bool) -> None:
    """The kiosk need not wait for a change to know how a contact stands."""
    pins.set(PIN, closed)
    with Running(driver(pins)) as running:
        told(running, closed)


@pytest.mark.parametrize("pull_up", [True, False])
def test_each_change(pins: MockPins, pull_up: bool) -> None:
    """Closing and opening are both told, whichever way the pin is pulled."""
    with Running(driver(pins, pull_up=pull_up)) as running:
        told(running, False)
        pins.set(PIN, True)
        told(running, False, True)
        pins.set(PIN, False)
        told(running, False, True, False)


def test_a_cut_wire_is_open(pins: MockPins) -> None:
    """With nothing on the pin its pull decides: open."""
    with Running(driver(pins)) as running:
        told(running, False)


def test_bounce_is_one_change(pins: MockPins, running: Running) -> None:
    """A contact that bounces changes once, when it rests."""
    for _ in range(20):
        pins.set(PIN, True)
        pins.set(PIN, False)
    pins.set(PIN, True)
    told(running, True)


def test_a_short_pulse_is_nothing(pins: MockPins, running: Running) -> None:
    """Interference on the wire opens and closes no door; a real change after it counts."""
    pins.set(PIN, True)
    pins.set(PIN, False)
    told(running)
    pins.set(PIN, True)
    told(running, True)


def test_a_loose_wire_is_open(pins: MockPins, monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed loop that begins to flutter without rest is reported as open, once."""
    monkeypatch.setattr(contact, "UNREST_S", 0.2)
    pins.set(PIN, True)
    still = threading.Event()
    with Running(driver(pins, debounce_s=1)) as running:
        told(running, True)

        def shake() -> None:
            while not still.wait(0.002):
                pins.set(PIN, False)
                pins.set(PIN, True)

        shaking = threading.Thread(target=shake)
        shaking.start()
        try:
            told(running, True, False)
        finally:
            still.set()
            shaking.join()
        told(running, True, False, True)


@pytest.mark.parametrize("wrong", [{"pin": 28}, {"debounce_s": 0.04}, {"normally": "open"}])
def test_settings(wrong: dict[str, Any]) -> None:
    """What cannot work is refused."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"pin": PIN} | wrong, ContactSettings)


def test_an_opened_cover_is_tampering(pins: MockPins) -> None:
    """The second loop tells of the sensor, the first one of the door."""
    pins.set(PIN, True)
    pins.set(TAMPER, True)
    settings = ContactSettings(pin=PIN, tamper_pin=TAMPER)
    with Running(Contact("door", settings, site(pins.factory))) as running:
        wait_for(lambda: running.signals == [ContactSignal(source="door", closed=True)])
        pins.set(TAMPER, False)
        opened = ContactSignal(source="door", closed=True, tampered=True)
        wait_for(lambda: running.signals[1:] == [opened])
        pins.set(TAMPER, True)
        wait_for(lambda: running.signals[2:] == [ContactSignal(source="door", closed=True)])
