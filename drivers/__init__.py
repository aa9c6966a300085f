"""Drivers by the name of their type in kiosk.toml.

Importing this costs little: the libraries of the hardware are imported by `run`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from importlib import import_module
from typing import Any, NamedTuple, get_args, get_type_hints

import msgspec

from agent.contract.driver import Driver


class DriverType(NamedTuple):
    """A kind of hardware that kiosk.toml can name."""

    settings: type[msgspec.Struct]
    driver: type[Driver]

    @property
    def family(self) -> str:
        """The module or folder of `drivers` that it stands in; its mock and tests are named so."""
        return self.driver.__module__.split(".")[1]


def _type(module: str, driver: str, settings: str) -> DriverType:
    found = import_module(module)
    return DriverType(getattr(found, settings), getattr(found, driver))


REGISTRY: dict[str, DriverType] = {
    "button": _type("drivers.contact.button", "Button", "ButtonSettings"),
    "buzzer": _type("drivers.output", "Buzzer", "BuzzerSettings"),
    "camera": _type("drivers.camera", "Camera", "CameraSettings"),
    "charging_pile": _type("drivers.charging.driver", "ChargingPile", "ChargingPileSettings"),
    "climate": _type("drivers.climate.driver", "ClimateSensor", "ClimateSettings"),
    "contact": _type("drivers.contact.contact", "Contact", "ContactSettings"),
    "fall_radar": _type("drivers.radar.driver", "FallRadar", "FallRadarSettings"),
    "health_meter": _type("drivers.health.driver", "HealthMeter", "HealthMeterSettings"),
    "headset": _type("drivers.contact.headset", "HeadsetContact", "HeadsetSettings"),
    "intake_http": _type("drivers.intake.webhook", "IntakeHttp", "IntakeHttpSettings"),
    "intake_mqtt": _type("drivers.intake.mqtt", "IntakeMqtt", "IntakeMqttSettings"),
    "keypad_usb": _type("drivers.input.keypad", "KeypadUsb", "KeypadUsbSettings"),
    "lamp": _type("drivers.output", "Lamp", "LampSettings"),
    "lorawan": _type("drivers.lorawan.driver", "Lorawan", "LorawanSettings"),
    "household_meter": _type("drivers.meter.household", "HouseholdMeter", "HouseholdMeterSettings"),
    "microphone": _type("drivers.microphone", "Microphone", "MicrophoneSettings"),
    "modbus": _type("drivers.meter.modbus", "ModbusDevice", "ModbusSettings"),
    "motion": _type("drivers.contact.motion", "Motion", "MotionSettings"),
    "presence_radar": _type("drivers.radar.presence", "PresenceRadar", "PresenceRadarSettings"),
    "pzem004t_v1": _type("drivers.meter.pzem_v1", "PzemV1", "PzemV1Settings"),
    "pzem004t": _type("drivers.meter.modbus", "Pzem004t", "Pzem004tSettings"),
    "relay": _type("drivers.output", "Relay", "RelaySettings"),
    "scanner_camera": _type("drivers.scanner.camera", "ScannerCamera", "ScannerCameraSettings"),
    "scanner_serial": _type("drivers.scanner.serial", "ScannerSerial", "ScannerSerialSettings"),
    "scanner_usb": _type("drivers.input.scanner", "ScannerUsb", "ScannerUsbSettings"),
    "slip_printer": _type("drivers.printer.driver", "SlipPrinter", "SlipPrinterSettings"),
    "speaker": _type("drivers.speaker", "Speaker", "SpeakerSettings"),
    "ultrasonic_bus": _type("drivers.ultrasonic.bus", "UltrasonicBus", "UltrasonicBusSettings"),
    "ultrasonic_gpio": _type("drivers.ultrasonic.gpio", "UltrasonicGpio", "UltrasonicGpioSettings"),
    "ultrasonic_serial": _type(
        "drivers.ultrasonic.serial", "UltrasonicSerial", "UltrasonicSerialSettings"
    ),
}
"""What ``type`` in kiosk.toml may say → the driver and its settings. A new one is one line here."""

SETTINGS: dict[str, type[msgspec.Struct]] = {name: kind.settings for name, kind in REGISTRY.items()}


def load(type_name: str) -> type[Driver]:
    """The class of a driver type.

    Raises:
        KeyError: no such type.
    """
    return REGISTRY[type_name].driver


def uses(type_name: str) -> tuple[str, ...]:
    """Devices that drivers of this type use beside those that their settings name."""
    return tuple(getattr(REGISTRY[type_name].driver, "uses", ()))


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
