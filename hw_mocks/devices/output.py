"""Lamps, buzzers and relays as somebody in front of the kiosk sees and hears them."""

from __future__ import annotations

import time
from typing import NamedTuple

from hw_mocks.equipment import Equipment
from hw_mocks.pin_bridge import PinClient

WORDS = dict.fromkeys(("lamp", "buzzer", "relay"), frozenset({"lamp"}))


class Light(NamedTuple):
    """One output, with the times of its last changes (boot-time clock, seconds)."""

    lit: bool = False
    lit_at: float = 0.0
    """When it was last switched on."""
    dark_at: float = 0.0
    """When it was last switched off."""


class Lights:
    """Follows all outputs of the kiosk."""

    def __init__(self, equipment: Equipment, pins: PinClient) -> None:
        self._pins = {name: int(equipment.drivers[name]["pin"]) for name in equipment.able("lamp")}
        self._low = {
            pin
            for name, pin in self._pins.items()
            if not equipment.drivers[name].get("active_high", True)
        }
        self._client = pins
        self._lights: dict[int, Light] = {}
        self.forget = pins.observe(self._changed)
        """Call it to end this."""

    @property
    def driven(self) -> bool:
        """Whether the daemon has taken hold of all of them."""
        return all(self._client.state(pin) is not None for pin in self._pins.values())

    def of(self, device: str) -> Light:
        """The lamp, buzzer or relay named *device*."""
        return self._lights.get(self._pins[device], Light())

    def _changed(self, pin: int, level: bool | None) -> None:
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        before = self._lights.get(pin, Light())
        # A pin that nobody drives counts as off: the transistor behind it is pulled down
        lit = level is not None and level != (pin in self._low)
        if lit and not before.lit:
            self._lights[pin] = Light(True, now, before.dark_at)
        elif before.lit and not lit:
            self._lights[pin] = Light(False, before.lit_at, now)
