"""The stand-in for the pins of a Pi behaves as wires do."""

from __future__ import annotations

import pytest
from gpiozero import DigitalInputDevice, DigitalOutputDevice, DistanceSensor
from gpiozero.exc import PWMSoftwareFallback

from hw_mocks.pins import MockPins
from tests.waiting import wait_for


@pytest.mark.parametrize("pull_up", [True, False])
def test_contact_beats_the_pull(pull_up: bool) -> None:
    """A closed contact is active whichever way the pin is pulled, before and after opening."""
    pins = MockPins()
    pins.press(5)
    for _ in range(2):
        with DigitalInputDevice(5, pull_up=pull_up, pin_factory=pins.factory) as device:
            assert device.is_active
    with DigitalInputDevice(5, pull_up=pull_up, pin_factory=pins.factory) as device:
        pins.release(5)
        assert not device.is_active
        pins.set(5, True)
        assert device.is_active


def test_outputs_are_observed() -> None:
    """Every change of an output is told once, and None when the daemon lets go."""
    pins = MockPins()
    seen: list[tuple[int, bool | None]] = []
    forget = pins.observe(lambda pin, level: seen.append((pin, level)))
    assert pins.state(17) is None
    with DigitalOutputDevice(17, pin_factory=pins.factory) as lamp:
        assert pins.state(17) is False
        lamp.on()
        lamp.on()
        assert pins.outputs() == {17: True}
    forget()
    forget()
    DigitalOutputDevice(17, pin_factory=pins.factory).close()
    assert seen == [(17, False), (17, True), (17, None)]
    assert pins.outputs() == {}


def test_a_contact_on_an_output_does_nothing() -> None:
    """What the daemon drives is not changed by the bench."""
    pins = MockPins()
    with DigitalOutputDevice(17, pin_factory=pins.factory) as lamp:
        pins.press(17)
        assert not lamp.value


def test_gpiozero_measures_the_echo() -> None:
    """The echo sensor satisfies gpiozero's own DistanceSensor as well."""
    pins = MockPins()
    pins.distance(23, 24, 800)
    with (
        pytest.warns(PWMSoftwareFallback),
        DistanceSensor(24, 23, queue_len=1, max_distance=4, pin_factory=pins.factory) as sensor,
    ):
        assert sensor.distance == pytest.approx(0.8, abs=0.001)
        pins.distance(23, 24, 1200)
        wait_for(lambda: sensor.distance == pytest.approx(1.2, abs=0.001))


def test_changes_are_not_kept_for_ever() -> None:
    """A bench that runs for days does not grow."""
    pins = MockPins()
    for _ in range(1000):
        pins.press(5)
        pins.release(5)
    assert len(pins.factory.pin(5).states) <= 256


def test_no_such_pin() -> None:
    """A pin that a Pi does not have is refused."""
    with pytest.raises(ValueError, match="28"):
        MockPins().press(28)
