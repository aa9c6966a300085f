"""A presence radar on a serial line (HLK-LD2410, B, C): sees also who sits still."""

from __future__ import annotations

import threading
from functools import partial
from typing import Annotated, ClassVar, Literal

import msgspec

from agent.contract.driver import Accepts, Emit, Emits, Site
from agent.contract.signals import Presence
from drivers.bus import Port
from drivers.bus.serial_line import SerialLine, decoded
from drivers.radar.ld2410 import Ld2410Parser


class PresenceRadarSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A radar that reports ten times a second. LD2410D and LD2410S speak other languages."""

    port: Port
    """Path of the serial port; see `drivers.bus.Port`."""
    baud: Literal[9600, 57600, 115200, 256000] = 256_000
    """As the radar is set; it leaves the factory with 256000, which not every adapter can."""
    silence_s: Annotated[float, msgspec.Meta(ge=1, le=60)] = 5.0
    """The radar counts as broken after so many seconds without a whole frame."""


class PresenceRadar:
    """Emits `Presence` at the start and at each change. Nothing is ever sent to the radar."""

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (Presence,)
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: PresenceRadarSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._clock = site.clock

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Read until *stop* is set.

        Raises:
            DriverUnavailable: no port, no bytes, no frames among the bytes, or unplugged.
        """
        settings = self._settings
        parser = Ld2410Parser()
        told: bool | None = None
        with SerialLine(settings.port, settings.baud) as line:
            silence = self._clock.silence(settings.silence_s)
            read = partial(line.read, stop)
            for states in decoded(read, parser.feed, silence, self._complaint, stop):
                for present in states:
                    if present is not None and present != told:
                        told = present
                        emit(Presence(source=self.name, present=present))

    def _complaint(self, strays: int) -> str:
        settings = self._settings
        return (
            f"{settings.port}: {strays} bytes but no report in {settings.silence_s:g} s at baud "
            f"{settings.baud}; check power, the TX wire and the baud rate; a radar in "
            "configuration mode is silent until its power is cut"
        )
