"""A PZEM-004T of version 1 or 2, which does not speak Modbus.

Seven bytes: command, four of data, 1, the sum of all before. Questions B0 to B3 carry the address
192.168.1.1, answers A0 to A3 the value (olehs/PZEM004T, read for it). B4 and B5 write: they cannot
be built here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from typing import Annotated, ClassVar, Literal, NamedTuple

from msgspec import Meta

from agent.contract.driver import Accepts, Emit, Emits, Site
from agent.contract.signals import Measured
from drivers import life
from drivers.bus.member import MemberSettings, poll
from drivers.bus.owner import Bus

ADDRESS = bytes([192, 168, 1, 1])
Quantity = Literal["voltage", "current", "power", "energy"]


class Kind(NamedTuple):
    """One question."""

    command: int
    unit: str


KINDS: dict[Quantity, Kind] = {
    "voltage": Kind(0xB0, "V"),
    "current": Kind(0xB1, "A"),
    "power": Kind(0xB2, "W"),
    "energy": Kind(0xB3, "kW.h"),
}


def ask(quantity: Quantity) -> bytes:
    """The frame that asks for *quantity*."""
    frame = bytes([KINDS[quantity].command]) + ADDRESS + b"\x00"
    return frame + bytes([sum(frame) & 0xFF])


def answered(quantity: Quantity, received: bytes) -> float | None:
    """The value in *received*, in the unit of `KINDS`.

    None while there is no whole answer to this question; never raises.
    """
    head = KINDS[quantity].command - 0x10
    for at in range(len(received) - 6):
        frame = received[at : at + 7]
        if frame[0] != head or frame[6] != sum(frame[:6]) & 0xFF:
            continue
        if quantity == "voltage":
            return (frame[1] << 8 | frame[2]) + frame[3] / 10
        if quantity == "current":
            return frame[2] + frame[3] / 100
        if quantity == "power":
            return float(frame[1] << 8 | frame[2])
        return int.from_bytes(frame[1:4], "big") / 1000
    return None


class PzemV1Settings(MemberSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A PZEM-004T, version 1 or 2, 9600 baud; alone on its bus, for all have one address."""

    measures: ClassVar[frozenset[str]] = frozenset(KINDS)
    address: Literal[1] = 1
    """Always 1."""
    interval_s: Annotated[float, Meta(ge=1, le=3600)] = 30.0
    """Seconds from one reading to the next."""
    frozen_h: life.Hours = 6.0
    """Hours of exactly equal voltage after which it counts as hanging. 0: never."""


class PzemV1:
    """Emits `Measured` voltage, current, power and energy."""

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (Measured,)
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: PzemV1Settings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._site = site
        self._unmoved = life.Unmoved(site.clock, settings.frozen_h)

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Ask until *stop* is set.

        Raises:
            DriverUnavailable: no bus, no port, or the meter does not answer, or hangs. It is
                silent where its measuring side has no mains.
        """
        poll(self.name, self._site, self._settings, self._living, emit, stop)

    def _living(self, bus: Bus) -> list[Measured]:
        return life.mains(self._read(bus), self._unmoved, f"the PZEM on {self._settings.bus}")

    def _read(self, bus: Bus) -> Iterator[Measured]:
        for quantity, kind in KINDS.items():
            value = bus.ask(self.name, ask(quantity), partial(answered, quantity))
            yield Measured(source=self.name, quantity=quantity, value=value, unit=kind.unit)
