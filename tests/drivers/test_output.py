"""Lamp, buzzer and relay, on gpiozero's mock pins."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from agent.contract.orders import Beep, Blink, Switch
from agent.contract.signals import Switched
from drivers import output
from drivers.output import (
    Buzzer,
    BuzzerSettings,
    Lamp,
    LampSettings,
    Output,
    Relay,
    RelaySettings,
)
from hw_mocks.pins import MockPins
from tests.drivers.running import Running, site
from tests.waiting import wait_for

PIN = 17


class Watched:
    """A Pi that remembers what one pin was driven to."""

    def __init__(self) -> None:
        self.pins = MockPins()
        self.site = site(self.pins.factory)
        self.levels: list[bool | None] = []
        self.pins.observe(lambda pin, level: self.levels.append(level) if pin == PIN else None)

    def becomes(self, level: bool | None) -> None:
        """Wait for a level."""
        wait_for(lambda: self.pins.state(PIN) is level)

    def lamp(self, **settings: Any) -> Lamp:
        """A lamp."""
        return Lamp("lamp", LampSettings(pin=PIN, **settings), self.site)

    def buzzer(self) -> Buzzer:
        """A buzzer."""
        return Buzzer("buzzer", BuzzerSettings(pin=PIN), self.site)

    def relay(self, **settings: Any) -> Relay:
        """A relay."""
        return Relay("relay", RelaySettings(pin=PIN, **settings), self.site)


@pytest.fixture
def pi() -> Watched:
    """A Pi with something on one pin."""
    return Watched()


def test_on_and_off(pi: Watched) -> None:
    """A lamp starts off, follows its commands, and is off and released when it stops."""
    lamp = pi.lamp()
    with Running(lamp) as running:
        pi.becomes(False)
        lamp.command(Switch(True))
        pi.becomes(True)
        lamp.command(Switch(False))
        pi.becomes(False)
        lamp.command(Switch(True))
        pi.becomes(True)
        assert running.stop() < 1
    assert pi.levels == [False, True, False, True, False, None]


def test_active_low(pi: Watched) -> None:
    """A board that switches on at low level is off, that is high, from the first moment."""
    relay = pi.relay(active_high=False)
    with Running(relay):
        pi.becomes(True)
        relay.command(Switch(True))
        pi.becomes(False)
    assert pi.levels == [True, False, True, None]


def test_blink(pi: Watched) -> None:
    """Blinking so many times ends dark."""
    lamp = pi.lamp()
    with Running(lamp):
        pi.becomes(False)
        lamp.command(Blink(0.02, 0.02, 3))
        wait_for(lambda: len(pi.levels) == 7)
    assert pi.levels == [False, *[True, False] * 3, None]


def test_blink_for_ever_until_the_next_command(pi: Watched) -> None:
    """Without times it goes on; a new command takes over at once."""
    lamp = pi.lamp()
    with Running(lamp):
        pi.becomes(False)
        lamp.command(Blink(0.02, 0.02))
        wait_for(lambda: len(pi.levels) > 8)
        lamp.command(Blink(3600))
        pi.becomes(True)
        lamp.command(Switch(False))
        pi.becomes(False)


def test_beep(pi: Watched) -> None:
    """A buzzer beeps the number of times that it is told."""
    buzzer = pi.buzzer()
    with Running(buzzer):
        pi.becomes(False)
        buzzer.command(Beep(2))
        wait_for(lambda: pi.levels == [False, True, False, True, False])


def test_relay_goes_off_by_itself(pi: Watched) -> None:
    """A lock is powered for `max_on_s` at most, after a command to blink as well."""
    relay = pi.relay(max_on_s=0.1)
    with Running(relay):
        pi.becomes(False)
        for order in (Switch(True), Blink(60, times=1)):
            began = time.monotonic()
            relay.command(order)
            pi.becomes(True)
            pi.becomes(False)
            assert time.monotonic() - began < 0.5


def test_off_is_off(pi: Watched) -> None:
    """A relay with a longest time, told to be off, is off: before that time, and when it was."""
    relay = pi.relay(max_on_s=30)
    with Running(relay):
        pi.becomes(False)
        relay.command(Switch(False))
        relay.command(Switch(True))
        pi.becomes(True)
        relay.command(Switch(False))
        pi.becomes(False)
    assert pi.levels == [False, True, False, None]


def switched(running: Running) -> list[bool]:
    """What it told of itself."""
    return [signal.on for signal in running.signals if isinstance(signal, Switched)]


def test_relay_tells_its_state(pi: Watched) -> None:
    """At the start and at each change, as read back from its pin, low or high."""
    relay = pi.relay(active_high=False)
    with Running(relay) as running:
        wait_for(lambda: switched(running) == [False])
        relay.command(Switch(True))
        wait_for(lambda: switched(running) == [False, True])
        relay.command(Switch(False))
        wait_for(lambda: switched(running) == [False, True, False])


def test_only_one_of_interlocked_relays_is_on(
    pi: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    """The second is refused until the first is off, by an order or by itself."""
    up = Relay("up", RelaySettings(pin=PIN, interlock="bar", max_on_s=30), pi.site)
    down = Relay("down", RelaySettings(pin=18, interlock="bar"), pi.site)
    other = Relay("other", RelaySettings(pin=19, interlock="gate"), pi.site)
    with Running(up), Running(down), Running(other):
        wait_for(lambda: [pi.pins.state(pin) for pin in (PIN, 18, 19)] == [False] * 3)
        up.command(Switch(True))
        down.command(Switch(True))
        other.command(Switch(True))
        pi.becomes(True)
        wait_for(lambda: pi.pins.state(19) is True)
        assert "order-refused driver=down" in caplog.text
        assert pi.pins.state(18) is False
        up.command(Switch(False))
        pi.becomes(False)

        def gets_its_turn() -> bool:
            down.command(Switch(True))
            return pi.pins.state(18) is True

        wait_for(gets_its_turn)
        up.command(Switch(True))
        assert pi.pins.state(PIN) is False


def test_contact_that_follows(pi: Watched) -> None:
    """What is told is what the contact says."""
    relay = pi.relay(readback_pin=21)
    with Running(relay) as running:
        wait_for(lambda: switched(running) == [False])
        relay.command(Switch(True))
        pi.becomes(True)
        pi.pins.press(21)
        wait_for(lambda: switched(running) == [False, True])
        assert not running.gave_up


def test_welded_contact(pi: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays on though it should be off: told once, in words; its interlock is not given back."""
    monkeypatch.setattr(output, "FOLLOWS_S", 0.2)
    relay = pi.relay(readback_pin=21, interlock="bar")
    down = Relay("down", RelaySettings(pin=18, interlock="bar"), pi.site)
    with Running(down), Running(relay) as running:
        wait_for(lambda: switched(running) == [False])
        relay.command(Switch(True))
        pi.becomes(True)
        pi.pins.press(21)
        wait_for(lambda: switched(running) == [False, True])
        relay.command(Switch(False))
        assert "GPIO21 says on and the relay on GPIO17 should be off" in running.why()
        down.command(Switch(True))
        assert pi.pins.state(18) is False
    with Running(relay) as again:
        assert "welded" in again.why()
        assert not switched(again)
    pi.pins.release(21)
    with Running(relay) as mended:
        wait_for(lambda: switched(mended) == [False])


def test_lamp_keeps_its_state_while_it_is_down(pi: Watched) -> None:
    """What a lamp was told while its pin was not ours is shown when it is; a blink is over."""
    lamp = pi.lamp()
    lamp.command(Switch(True))
    lamp.command(Blink(times=2))
    for _ in range(2):
        with Running(lamp):
            pi.becomes(True)
        pi.becomes(None)


@pytest.mark.parametrize("kind", ["buzzer", "relay"])
def test_late_action_is_dropped(pi: Watched, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """A door does not open, and nothing sounds, long after it was asked for."""
    device: Output = pi.relay() if kind == "relay" else pi.buzzer()
    device.command(Switch(True))
    assert f"order-lost driver={kind}" in caplog.text
    with Running(device):
        pi.becomes(False)
        device.command(Switch(True))
        pi.becomes(True)
    with Running(device):
        pi.becomes(False)
    assert pi.levels == [False, True, False, None, False, None]


def test_off_when_it_fails(pi: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks inside, the relay does not stay powered."""
    relay = pi.relay()
    with pytest.raises(ZeroDivisionError):
        relay.run(lambda signal: None, _Broken(relay))
    assert pi.levels == [False, True, False, None]


class _Broken(threading.Event):
    """A stop that fails once the relay is on."""

    def __init__(self, relay: Relay) -> None:
        super().__init__()
        self._relay = relay
        self._looks = 0

    def is_set(self) -> bool:
        self._looks += 1
        if self._looks == 1:
            self._relay.command(Switch(True))
        if self._looks == 2:
            raise ZeroDivisionError
        return False
