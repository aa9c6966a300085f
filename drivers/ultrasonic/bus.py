"""Distance sensors of DFRobot's URM family on an RS-485 bus: several bins on one port."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from typing import Annotated, ClassVar, Literal

import msgspec

from agent.contract.driver import Accepts, Emit, Emits, Site
from agent.contract.signals import Measured
from drivers.bus.member import MemberSettings, poll
from drivers.bus.owner import Bus
from drivers.ultrasonic import urm
from drivers.ultrasonic.air import REST_S
from drivers.ultrasonic.reading import Reading, bounded, distance


class UltrasonicBusSettings(MemberSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sensor with the protocol ``55 AA`` (SEN0153, SEN0149), 19200 baud.

    URM12 to URM15 speak Modbus: use type modbus, register 5, with invalid = [65535].
    """

    measures: ClassVar[frozenset[str]] = frozenset({"distance"})

    address: Annotated[int, msgspec.Meta(ge=1, le=254)] = 0x11
    """Its address on the bus; from the factory 17 (11 hex)."""
    unit: Literal["mm", "cm"] = "cm"
    """What the sensor counts in: cm for SEN0153, mm for SEN0149."""
    interval_s: Annotated[float, msgspec.Meta(ge=0.1, le=60)] = 1.0
    """Seconds from one reading to the next."""
    min_mm: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 50
    """Readings at or below this are too near: the blind zone."""
    max_mm: Annotated[int, msgspec.Meta(ge=1, le=20_000)] = 5000
    """Readings at or beyond this are no echo."""

    def __post_init__(self) -> None:
        if self.min_mm >= self.max_mm:
            raise ValueError(
                f"min_mm must be below max_mm, got {self.min_mm} and {self.max_mm}; "
                "see the sensor's data sheet for its range"
            )


class UltrasonicBus:
    """Emits one `Measured` distance per interval; all sensors of a bus ping in turn."""

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (Measured,)
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: UltrasonicBusSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._site = site

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Ask until *stop* is set.

        Raises:
            DriverUnavailable: no bus, no port, or the sensor does not answer.
        """
        poll(self.name, self._site, self._settings, self._read, emit, stop)

    def _read(self, bus: Bus) -> Iterator[Measured]:
        settings = self._settings
        answer = partial(urm.answered, settings.address)
        told = bus.ask(self.name, urm.ask(settings.address), answer, rest_s=REST_S)
        reading: Reading = "no_echo"
        if told != urm.NO_ECHO:
            mm = told if settings.unit == "mm" else told * 10
            reading = bounded(mm, settings.min_mm, settings.max_mm)
        yield distance(self.name, reading)
