"""Drivers by the name of their type in kiosk.toml.

Importing this costs little: the libraries of the hardware are imported by `run`.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from agent.contract.driver import Driver
from drivers.camera import Camera, CameraSettings
from drivers.contact.button import Button, ButtonSettings
from drivers.contact.contact import Contact, ContactSettings
from drivers.microphone import Microphone, MicrophoneSettings
from drivers.output import Buzzer, BuzzerSettings, Lamp, LampSettings, Relay, RelaySettings
from drivers.radar.driver import FallRadar, FallRadarSettings
from drivers.speaker import Speaker, SpeakerSettings
from drivers.ultrasonic.gpio import UltrasonicGpio, UltrasonicGpioSettings
from drivers.ultrasonic.serial import UltrasonicSerial, UltrasonicSerialSettings


class DriverType(NamedTuple):
    """A kind of hardware that kiosk.toml can name."""

    settings: type[msgspec.Struct]
    driver: type[Driver]


REGISTRY: dict[str, DriverType] = {
    "button": DriverType(ButtonSettings, Button),
    "buzzer": DriverType(BuzzerSettings, Buzzer),
    "camera": DriverType(CameraSettings, Camera),
    "contact": DriverType(ContactSettings, Contact),
    "fall_radar": DriverType(FallRadarSettings, FallRadar),
    "lamp": DriverType(LampSettings, Lamp),
    "microphone": DriverType(MicrophoneSettings, Microphone),
    "relay": DriverType(RelaySettings, Relay),
    "speaker": DriverType(SpeakerSettings, Speaker),
    "ultrasonic_gpio": DriverType(UltrasonicGpioSettings, UltrasonicGpio),
    "ultrasonic_serial": DriverType(UltrasonicSerialSettings, UltrasonicSerial),
}

SETTINGS: dict[str, type[msgspec.Struct]] = {name: kind.settings for name, kind in REGISTRY.items()}


def load(type_name: str) -> type[Driver]:
    """The class of a driver type.

    Raises:
        KeyError: no such type.
    """
    return REGISTRY[type_name].driver
