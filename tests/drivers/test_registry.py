"""The table of driver types."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from agent.contract.orders import Order
from agent.contract.signals import Signal
from drivers import REGISTRY, SETTINGS, capabilities, claims, load
from hw_mocks.devices import words

SEEDS = (
    "ultrasonic_serial", "ultrasonic_gpio", "lamp", "buzzer", "contact", "button", "camera",
    "speaker", "microphone",
)  # fmt: skip
HEAVY = ["cv2", "ai_edge_litert", "vosk", "pyttsx3", "gpiozero", "lgpio", "serial", "requests"]


def test_importing_the_registry_is_light() -> None:
    """No library of the hardware, and no numpy, is imported before a driver runs."""
    script = f"import sys, drivers; print(sys.modules.keys() & {{*{[*HEAVY, 'numpy']!r}}})"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("kind", REGISTRY)
def test_settings_are_strict(kind: str) -> None:
    """Settings are frozen, refuse unknown keys and explain every field."""
    config = SETTINGS[kind].__struct_config__
    assert config.frozen and config.forbid_unknown_fields
    with pytest.raises(msgspec.ValidationError, match="unknown field `none_such`"):
        msgspec.convert({"none_such": 1}, SETTINGS[kind])


@pytest.mark.parametrize("kind", REGISTRY)
def test_driver_class(kind: str) -> None:
    """Each type names a class that says where it runs."""
    assert isinstance(load(kind).isolated, bool)


def test_unknown_type() -> None:
    """A type that does not exist is a KeyError."""
    with pytest.raises(KeyError):
        load("teapot")


@pytest.mark.parametrize("kind", REGISTRY)
def test_each_family_has_its_rooms(kind: str) -> None:
    """A stand-in and tests of the family's name; the stand-in knows the words of each type."""
    family = REGISTRY[kind].family
    assert isinstance(words(kind), frozenset)
    tests = Path(__file__).parent
    assert (tests / family).is_dir() or (tests / f"test_{family}.py").is_file()


@pytest.mark.parametrize("kind", REGISTRY)
def test_declarations(kind: str) -> None:
    """What it emits and accepts is declared, in kinds that the contract has; who accepts acts."""
    driver = load(kind)
    assert all(issubclass(one, Signal) for one in driver.emits)
    assert all(issubclass(one, Order) for one in driver.accepts)
    assert bool(driver.accepts) == hasattr(driver, "command")


def test_capabilities_derive_from_declarations() -> None:
    """What checks ask for is what the drivers say."""
    can = {kind: capabilities(kind, SETTINGS[kind]) for kind in SEEDS}
    assert can["ultrasonic_serial"] == can["ultrasonic_gpio"] == {"distance"}
    assert can["lamp"] == can["buzzer"] == {"switch"}
    assert can["contact"] == {"contact"} and can["button"] == {"key"}
    assert can["camera"] == {"camera", "look"} and can["speaker"] == {"speaker"}
    assert can["microphone"] == {"microphone"}
    assert capabilities("teapot", None) == frozenset()


def test_claims() -> None:
    """Pins, ports and the loudspeaker are for one device alone."""
    gpio = SETTINGS["ultrasonic_gpio"](trigger=23, echo=24)
    assert list(claims("ultrasonic_gpio", gpio)) == [("pin", 23, "trigger"), ("pin", 24, "echo")]
    serial = SETTINGS["ultrasonic_serial"](port="/dev/ttyUSB0")
    assert list(claims("ultrasonic_serial", serial)) == [("port", "/dev/ttyUSB0", "port")]
    assert list(claims("speaker", SETTINGS["speaker"]())) == [("speaker", "speaker", "type")]
