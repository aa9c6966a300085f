"""A device on a bus: asked again and again, lost when it does not answer, back when it does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import msgspec

from agent.contract.driver import Emit, Site
from agent.contract.signals import Signal
from drivers.bus import owner
from drivers.bus.owner import LOST, Bus, Unanswered

AGAIN_S = 1.0
"""Seconds before a question that was not answered is put again."""

BusName = Annotated[str, msgspec.Meta(min_length=1)]
"""Name of a [buses.…] table of kiosk.toml."""
Interval = Annotated[float, msgspec.Meta(ge=0.5, le=3600)]


class MemberSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every device on a bus has in kiosk.toml."""

    bus: BusName
    """Name of the [buses.…] table with its port."""
    address: Any
    """Its address there; each device needs its own."""
    interval_s: Interval = 30.0
    """Seconds from one reading to the next."""

    def claims(self) -> Iterable[tuple[str, object, str]]:
        """Its address on the bus is its own."""
        return [("address", (self.bus, self.address), "address")]


def poll(
    name: str,
    site: Site,
    settings: MemberSettings,
    read: Callable[[Bus], Iterable[Signal]],
    emit: Emit,
    stop: threading.Event,
) -> None:
    """Emit what *read* gives, every `interval_s`, until *stop* is set.

    Raises:
        DriverUnavailable: there is no such bus, its port is gone, or the device did not answer
            three times in a row.
    """
    bus = owner.of(site, settings.bus)
    missed = 0
    while not stop.is_set():
        try:
            for signal in read(bus):
                emit(signal)
            missed = 0
        except Unanswered:
            missed += 1
            if missed >= LOST:
                raise
        pause = min(AGAIN_S, settings.interval_s) if missed else settings.interval_s
        site.clock.wait(stop, due=pause)
