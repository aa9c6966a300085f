"""The Raspberry Pi's 40-pin header: which place has which GPIO, and which bus uses it."""

from __future__ import annotations

from typing import NamedTuple

PLACES: dict[int, int] = {
    3: 2, 5: 3, 7: 4, 8: 14, 10: 15, 11: 17, 12: 18, 13: 27, 15: 22, 16: 23, 18: 24, 19: 10,
    21: 9, 22: 25, 23: 11, 24: 8, 26: 7, 27: 0, 28: 1, 29: 5, 31: 6, 32: 12, 33: 13, 35: 19,
    36: 16, 37: 26, 38: 20, 40: 21,
}  # fmt: skip
"""Place on the header → BCM number of its pin; the same on every Pi with 40 places."""
POWER: dict[int, str] = {
    1: "3.3 V", 2: "5 V", 4: "5 V", 17: "3.3 V",
    6: "GND", 9: "GND", 14: "GND", 20: "GND", 25: "GND", 30: "GND", 34: "GND", 39: "GND",
}  # fmt: skip
"""The other places."""


def gpio_at(place: int) -> int | None:
    """The BCM number of the pin at a place of the header; None: power or ground."""
    return PLACES.get(place)


def place_of(gpio: int) -> int:
    """The place on the header of a pin with this BCM number, 0 to 27."""
    return next(place for place, pin in PLACES.items() if pin == gpio)


class Bus(NamedTuple):
    """What the Pi itself may use pins for."""

    name: str
    pins: tuple[int, ...]
    switches: tuple[str, ...]
    """Lines of config.txt that switch it on begin so."""
    devices: tuple[str, ...]
    """In /dev, when it is on."""
    off: str
    """How it is switched off."""
    common: bool = True
    """False: it is off on nearly every Pi, so it is only spoken of where it is known to be on."""


BUSES: tuple[Bus, ...] = (
    Bus("I2C", (2, 3), ("dtparam=i2c_arm=on", "dtparam=i2c=on", "dtparam=i2c1=on"), ("i2c-1",),
        "sudo raspi-config nonint do_i2c 1"),
    Bus("SPI", (7, 8, 9, 10, 11), ("dtparam=spi=on",), ("spidev0.0", "spidev0.1"),
        "sudo raspi-config nonint do_spi 1"),
    Bus("UART", (14, 15), ("enable_uart=1", "dtparam=uart0=on"), ("serial0",),
        "sudo raspi-config nonint do_serial_hw 1"),
    Bus("I2S", (18, 19, 20, 21), ("dtparam=i2s=on", "dtoverlay=hifiberry", "dtoverlay=i2s"), (),
        "remove that line from config.txt", common=False),
    Bus("1-Wire", (4,), ("dtoverlay=w1-gpio",), (),
        "sudo raspi-config nonint do_onewire 1", common=False),
    Bus("the board's EEPROM", (0, 1), (), (), "use another pin"),
)  # fmt: skip
"""Sources: the Raspberry Pi documentation of config.txt and of the device-tree overlays."""
