"""Drivers by the name of their type in kiosk.toml.

Importing this costs little: the libraries of the hardware are imported by `run`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any, NamedTuple, get_args, get_type_hints

import msgspec

from agent.contract.driver import Driver
from drivers.camera import Camera, CameraSettings
from drivers.climate.driver import ClimateSensor, ClimateSettings
from drivers.contact.button import Button, ButtonSettings
from drivers.contact.contact import Contact, ContactSettings
from drivers.contact.motion import Motion, MotionSettings
from drivers.meter.household import HouseholdMeter, HouseholdMeterSettings
from drivers.meter.modbus import ModbusDevice, ModbusSettings, Pzem004t, Pzem004tSettings
from drivers.microphone import Microphone, MicrophoneSettings
from drivers.output import Buzzer, BuzzerSettings, Lamp, LampSettings, Relay, RelaySettings
from drivers.radar.driver import FallRadar, FallRadarSettings
from drivers.scanner.serial import ScannerSerial, ScannerSerialSettings
from drivers.speaker import Speaker, SpeakerSettings
from drivers.ultrasonic.bus import UltrasonicBus, UltrasonicBusSettings
from drivers.ultrasonic.gpio import UltrasonicGpio, UltrasonicGpioSettings
from drivers.ultrasonic.serial import UltrasonicSerial, UltrasonicSerialSettings


class DriverType(NamedTuple):
    """A kind of hardware that kiosk.toml can name."""

    settings: type[msgspec.Struct]
    driver: type[Driver]

    @property
    def family(self) -> str:
        """The module or folder of `drivers` that it stands in; its mock and tests are named so."""
        return self.driver.__module__.split(".")[1]


REGISTRY: dict[str, DriverType] = {
    "button": DriverType(ButtonSettings, Button),
    "buzzer": DriverType(BuzzerSettings, Buzzer),
    "camera": DriverType(CameraSettings, Camera),
    "climate": DriverType(ClimateSettings, ClimateSensor),
    "contact": DriverType(ContactSettings, Contact),
    "fall_radar": DriverType(FallRadarSettings, FallRadar),
    "lamp": DriverType(LampSettings, Lamp),
    "household_meter": DriverType(HouseholdMeterSettings, HouseholdMeter),
    "microphone": DriverType(MicrophoneSettings, Microphone),
    "modbus": DriverType(ModbusSettings, ModbusDevice),
    "motion": DriverType(MotionSettings, Motion),
    "pzem004t": DriverType(Pzem004tSettings, Pzem004t),
    "relay": DriverType(RelaySettings, Relay),
    "scanner_serial": DriverType(ScannerSerialSettings, ScannerSerial),
    "speaker": DriverType(SpeakerSettings, Speaker),
    "ultrasonic_bus": DriverType(UltrasonicBusSettings, UltrasonicBus),
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


def capabilities(type_name: str, settings: Any) -> frozenset[str]:
    """What a device of this type, so set, can do: ``switch``, ``contact``, ``distance``.

    That is what it emits and accepts, and the quantities that its settings say it `measures`.
    """
    if type_name not in REGISTRY:
        return frozenset()  # a mistake in kiosk.toml, which is told by itself
    driver = REGISTRY[type_name].driver
    can = {kind.capability for kind in driver.emits} | {kind.capability for kind in driver.accepts}
    return frozenset(can - {""} | set(getattr(settings, "measures", ())))


class Claim(NamedTuple):
    """Something that only one device can have: a pin, a port, the loudspeaker."""

    kind: str
    value: Hashable
    key: str
    """The key of the device's table that claims it."""


def claims(type_name: str, settings: Any) -> Iterator[Claim]:
    """What a device of this type, so set, takes for itself alone.

    A field of the settings claims its value when its type says so (`drivers.pins.Pin`,
    `drivers.bus.Port`); settings may claim more by a method of their own.
    """
    for key, kind in _claiming(type(settings)).items():
        value = getattr(settings, key, None)
        if value not in ("", None):
            yield Claim(kind, value, key)
    yield from (Claim(*claim) for claim in getattr(settings, "claims", tuple)())
    if type_name in REGISTRY and getattr(REGISTRY[type_name].driver, "sole", False):
        yield Claim(type_name, type_name, "type")


def _claiming(settings: type[Any]) -> dict[str, str]:
    """Fields whose value only one device can have, and what they are."""
    return {
        name: extra["claims"]
        for name, hint in get_type_hints(settings, include_extras=True).items()
        for one in (hint, *get_args(hint))  # a pin, or one that may be missing
        for meta in getattr(one, "__metadata__", ())
        if "claims" in (extra := meta.extra or {})
    }
