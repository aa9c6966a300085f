"""The keys, on gpiozero's mock pins."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.contract.clock import BootClock
from agent.contract.signals import Key
from drivers.contact import button
from drivers.contact.button import Button, ButtonSettings
from hw_mocks.pins import MockPins
from tests.drivers.running import Running, site
from tests.waiting import wait_for

PIN = 5


@pytest.fixture
def pins() -> MockPins:
    """A Pi of our own."""
    return MockPins()


@pytest.fixture
def running(pins: MockPins, caplog: pytest.LogCaptureFixture) -> Iterator[Running]:
    """The key `enter`, ready to be pressed."""
    caplog.set_level(logging.DEBUG)
    # Far longer than the pauses between the bounces: a busy machine stretches those
    with Running(driver(pins, debounce_s=1)) as running:
        ready(caplog)
        yield running


def driver(pins: MockPins, **settings: Any) -> Button:
    """The driver of the key `enter`."""
    return Button("ok", ButtonSettings(pin=PIN, key="enter", **settings), site(pins.factory))


def ready(caplog: pytest.LogCaptureFixture) -> None:
    """Wait until the driver has seen that the key is up."""
    wait_for(lambda: "key-watched driver=ok pin=5" in caplog.text)


def emitted(running: Running, *presses: bool) -> None:
    """Wait until the key has emitted just this: True for down, False for up."""
    keys = [Key(source="ok", key="enter", pressed=pressed) for pressed in presses]
    wait_for(lambda: running.signals == keys)


def test_press_and_release(pins: MockPins, running: Running) -> None:
    """A press comes at once, a release when the key has rested open."""
    pressed_at = time.monotonic()
    pins.press(PIN)
    emitted(running, True)
    assert time.monotonic() - pressed_at < 1
    pins.release(PIN)
    emitted(running, True, False)


@pytest.mark.parametrize("pull_up", [True, False])
def test_both_wirings(pins: MockPins, pull_up: bool, caplog: pytest.LogCaptureFixture) -> None:
    """A key to ground and a key to 3.3 V are the same to the kiosk."""
    caplog.set_level(logging.DEBUG)
    with Running(driver(pins, pull_up=pull_up)) as running:
        ready(caplog)
        assert pins.factory.pin(PIN).state is pull_up
        pins.press(PIN)
        emitted(running, True)
        assert pins.factory.pin(PIN).state is not pull_up


def test_bounce_is_one_press(pins: MockPins, running: Running) -> None:
    """A contact that bounces while it closes and while it opens gives one press."""
    for closing in (True, False):
        for pause in (0.001, 0.004, 0.012, 0.02, 0.03, 0.006):
            pins.set(PIN, closing)
            time.sleep(pause)
            pins.set(PIN, not closing)
            time.sleep(pause / 2)
        pins.set(PIN, closing)
        emitted(running, *[True, False][: 1 if closing else 2])


def test_trembling_finger_is_one_press(pins: MockPins, running: Running) -> None:
    """Openings shorter than `debounce_s` while a key is held do not repeat it."""
    pins.press(PIN)
    emitted(running, True)
    for _ in range(20):
        pins.release(PIN)
        pins.press(PIN)
    pins.release(PIN)
    emitted(running, True, False)


def test_interference_is_no_press(
    pins: MockPins, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short pulse, as a lift motor induces it, is not a key; a finger after it is."""
    monkeypatch.setattr(button, "CLOSED_S", 0.2)
    for _ in range(2):
        pins.press(PIN)
        time.sleep(0.01)
        pins.release(PIN)
        time.sleep(0.3)
    assert not running.signals
    pins.press(PIN)
    emitted(running, True)


def test_two_presses_are_two(pins: MockPins, caplog: pytest.LogCaptureFixture) -> None:
    """Quick presses are all counted."""
    caplog.set_level(logging.DEBUG)
    with Running(driver(pins)) as running:
        ready(caplog)
        for count in range(3):
            pins.press(PIN)
            emitted(running, *[True, False] * count, True)
            pins.release(PIN)
            emitted(running, *[True, False] * count, True, False)


def test_held_at_start(pins: MockPins, caplog: pytest.LogCaptureFixture) -> None:
    """A key that is down at the start is logged once and is no press; its release counts."""
    pins.press(PIN)
    with Running(driver(pins)) as running:
        wait_for(lambda: "key-down-at-start driver=ok pin=5" in caplog.text)
        pins.release(PIN)
        emitted(running, False)
        pins.press(PIN)
        emitted(running, False, True)
    assert caplog.text.count("key-down-at-start") == 1


def test_stuck(
    pins: MockPins,
    running: Running,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stuck key is one press and one line in the log, and one when it is free again."""
    monkeypatch.setattr(button, "STUCK_S", 0.02)
    monkeypatch.setattr(button, "LOOK_S", 0.01)
    pins.press(PIN)
    wait_for(lambda: "key-stuck driver=ok pin=5" in caplog.text)
    pins.release(PIN)
    emitted(running, True, False)
    assert caplog.text.count("key-stuck") == caplog.text.count("key-free") == 1


@pytest.mark.parametrize(
    "wrong", [{"pin": 28}, {"pin": -1}, {"debounce_s": 0.04}, {"key": "left"}, {"hold": 1}]
)
def test_settings(wrong: dict[str, Any]) -> None:
    """What cannot work is refused."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"pin": PIN, "key": "enter"} | wrong, ButtonSettings)


def test_short_closures_in_trains_are_no_finger(pins: MockPins, running: Running) -> None:
    """Interference closes the contact for a few milliseconds, over and over: no press."""
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        pins.set(PIN, True)
        pins.set(PIN, False)
        time.sleep(0.003)
    time.sleep(0.1)
    assert running.signals == []
    pins.press(PIN)
    emitted(running, True)


@pytest.mark.parametrize(("closed_s", "presses"), [(0.012, 0), (0.03, 1), (0.08, 1), (5.0, 1)])
def test_a_press_is_told_by_its_edges_when_nobody_could_look(
    pins: MockPins, running: Running, closed_s: float, presses: int
) -> None:
    """The machine was busy while somebody pressed and let go: the time stamps tell whether that
    was a finger."""
    for _ in range(3):  # a bounce
        pins.set(PIN, True, at=99.998)
        pins.set(PIN, False, at=99.999)
    pins.set(PIN, True, at=100.0)
    pins.set(PIN, False, at=100.0 + closed_s)
    if presses:
        emitted(running, True, False)
    pins.press(PIN)
    emitted(running, *[True, False] * presses, True)


def test_short_closures_that_nobody_could_look_at_are_no_finger(
    pins: MockPins, running: Running
) -> None:
    """A hundred of them, all read at once, are interference still."""
    for count in range(100):
        pins.set(PIN, True, at=100 + count * 0.02)
        pins.set(PIN, False, at=100 + count * 0.02 + 0.015)
    pins.press(PIN)
    emitted(running, True)


@pytest.mark.parametrize("count", [2, 5, 40])
def test_presses_that_nobody_could_look_at_are_counted(
    pins: MockPins, caplog: pytest.LogCaptureFixture, count: int
) -> None:
    """A machine that was busy for half a minute learns of every press, each with its release."""
    caplog.set_level(logging.DEBUG)
    with Running(driver(pins)) as running:
        ready(caplog)
        for press in range(count):
            pins.set(PIN, True, at=100 + press * 0.7)
            pins.set(PIN, False, at=100.1 + press * 0.7)
        emitted(running, *[True, False] * count)


def test_more_edges_than_are_kept_make_no_finger(
    pins: MockPins, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where interference was too much to be kept, what remains of it is not joined to a press."""
    monkeypatch.setattr(button, "KEPT_EDGES", 3)
    for count in range(50):
        pins.set(PIN, True, at=100 + count)
        pins.set(PIN, False, at=100 + count + 0.015)
    pins.press(PIN)
    emitted(running, True)


MOVES = st.lists(st.tuples(st.sampled_from([0.005, 0.015, 0.03, 0.1, 3.0]), st.booleans()))


@given(MOVES)
def test_a_finger_is_what_its_levels_say(moves: list[tuple[float, bool]]) -> None:
    """However closings, openings and lost edges follow each other: presses and releases take
    turns, and none is told from levels that were too short."""
    finger, at, down = button.Finger(False, 0.05), 100.0, False
    for seconds, closed in moves:
        at += seconds
        for change in finger.edge(at, closed):
            assert change is not down
            assert seconds >= (button.CLOSED_S if change else 0.05)
            down = change
    assert finger.down is down


class _Late(BootClock):
    """The finger lifts in the very moment in which the wait for 20 ms of rest is over."""

    def __init__(self, pins: MockPins) -> None:
        self._pins = pins
        self.rests = threading.Event()

    def wait(
        self, event: threading.Event, due: float | None = None, beat: float | None = None
    ) -> bool:
        if due == button.CLOSED_S:
            self._pins.release(PIN)
            return False
        if due == 1.0:
            self.rests.set()
        return super().wait(event, due, beat)


def test_a_finger_that_lifts_just_then_has_not_rested(pins: MockPins) -> None:
    """The press counts; its release takes its time all the same."""
    clock = _Late(pins)
    settings = ButtonSettings(pin=PIN, key="enter", debounce_s=1.0)
    with Running(Button("ok", settings, site(pins.factory)._replace(clock=clock))) as running:
        wait_for(lambda: pins.factory.pin(PIN).watched)
        pins.set(PIN, True, at=100.0)
        assert clock.rests.wait(15)
        assert running.signals == [Key(source="ok", key="enter", pressed=True)]
