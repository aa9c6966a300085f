"""An electricity meter by DL/T 645-2007 on a bus; it is read, and nothing else can be done."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from functools import partial
from typing import Annotated, ClassVar, Literal

import msgspec

from agent.contract.driver import Accepts, Emit, Emits, Site
from agent.contract.signals import Measured
from drivers import life
from drivers.bus.member import MemberSettings, poll
from drivers.bus.owner import Bus
from drivers.meter import dlt645
from drivers.meter.dlt645 import ITEMS

log = logging.getLogger(__name__)

Reading = Literal["energy", "power", "voltage", "current", "power_factor", "frequency"]

_IDENTIFIERS: dict[str, int] = {
    "energy": 0x00010000,
    "power": 0x02030000,
    "voltage": 0x02010100,
    "current": 0x02020100,
    "power_factor": 0x02060000,
    "frequency": 0x02800002,
}


class HouseholdMeterSettings(MemberSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A meter by DL/T 645-2007 on RS-485, usually 2400 baud with even parity."""

    address: Annotated[
        str,
        msgspec.Meta(pattern=r"^([0-9]{12}|A{12})$", description="the 12 digits on the meter"),
    ]
    """The 12 digits printed on the meter; AAAAAAAAAAAA where it is alone on its bus."""
    reads: Annotated[tuple[Reading, ...], msgspec.Meta(min_length=1)] = ("energy", "power")
    """What is read each time. Phase a of voltage and current."""
    frozen_h: life.Hours = 6.0
    """Hours of exactly equal voltage, where that is read, after which the meter counts as hanging:
    the mains move by tenths of a volt all day. 0: never."""

    @property
    def measures(self) -> frozenset[str]:
        """The quantities that it measures."""
        return frozenset(self.reads)


class HouseholdMeter:
    """Emits one `Measured` for each quantity; what the meter does not have is invalid."""

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (Measured,)
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: HouseholdMeterSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._site = site
        self._unmoved = life.Unmoved(site.clock, settings.frozen_h)

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Ask until *stop* is set.

        Raises:
            DriverUnavailable: no bus, no port, or the meter does not answer, or hangs.
        """
        poll(self.name, self._site, self._settings, self._living, emit, stop)

    def _living(self, bus: Bus) -> list[Measured]:
        return life.mains(self._read(bus), self._unmoved, f"meter {self._settings.address}")

    def _read(self, bus: Bus) -> Iterator[Measured]:
        address = self._settings.address
        for quantity in self._settings.reads:
            item = _IDENTIFIERS[quantity]
            answer = partial(dlt645.answered, address, item)
            told = bus.ask(self.name, dlt645.ask_item(address, item), answer)
            form = ITEMS[item]
            number = told if isinstance(told, float) else None
            if number is None:
                log.debug("no-reading driver=%s quantity=%s meter=%s", self.name, quantity, told)
            yield Measured(
                source=self.name,
                quantity=quantity,
                value=number,
                unit=form.unit,
                part=form.part,
                missing="invalid" if number is None else "",
            )
