"""A fall radar on a serial line (MR60FDA1, MR60FDA2 and kin), where no camera may hang."""

from __future__ import annotations

import logging
import math
import threading
from functools import partial
from typing import Annotated, ClassVar, Literal

import msgspec

from agent.contract.driver import Accepts, Emit, Emits, Site
from agent.contract.signals import PersonDown, PersonUp
from drivers.bus import Port
from drivers.bus.serial_line import SerialLine, decoded
from drivers.radar import fda2, frames
from drivers.radar.frames import Report

log = logging.getLogger(__name__)

CONFIDENCE = 0.7
"""Of a fall that only the radar reports. A judgement, not a measurement: the maker claims "up
to 90 %" in a room with one person, and nobody has measured it in homes, with pets or visitors.
Enough to ask; together with a camera that is as sure, 0.91."""
SAME_S = 10.0
"""A fall that is reported again within so long of the last report is the same one."""
ONLY = 0
"""The radar cannot tell people apart: whoever fell is always this one."""


class FallRadarSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A radar on the ceiling, 2 to 3 m high; it sees falls within 2 m around the point below."""

    port: Port
    """Path of the serial port; see `drivers.bus.Port`."""
    model: Literal["mr60fda1", "mr60fda2"] = "mr60fda1"
    """mr60fda1: also R60A. mr60fda2: also HLK-LD6002C."""
    baud: Annotated[int, msgspec.Meta(ge=9600, le=921_600)] = 115_200
    """As the radar is set; MR60FDA1 and R60A leave the factory with 115200."""
    silence_s: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 60.0
    """The radar counts as broken after so many seconds without a whole frame."""


class FallRadar:
    """Emits `PersonDown` when the radar reports a fall, `PersonUp` when it takes it back.

    By the maker's page the body movement comes once a second, and fall, presence and dwell
    only when they change. Not known, for no module was at hand: whether the movement also
    comes in an empty room (if not, lengthen `silence_s`), how long the radar stays with a
    fall, and whether it reports one again after its power was cut. So a report that noise has
    spoiled is lost, and a fall during which this driver starts is not seen.

    Only the fall state decides. Dwell is no fall, for people sit; an empty presence is no
    getting up, for a body that lies still may vanish from the radar. Nothing is ever sent to
    the radar: the maker warns that repeated orders can jam it.
    """

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (PersonDown, PersonUp)
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: FallRadarSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._clock = site.clock

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Read until *stop* is set.

        Raises:
            DriverUnavailable: no port, no bytes, no frames among the bytes, or unplugged.
        """
        second = self._settings.model == "mr60fda2"
        parser = fda2.Fda2Parser() if second else frames.RadarParser()
        report = fda2.report if second else frames.report
        with SerialLine(self._settings.port, self._settings.baud) as line:
            silence = self._clock.silence(self._settings.silence_s)
            fell = -math.inf
            read = partial(line.read, stop)
            for found in decoded(read, parser.feed, silence, self._complaint, stop):
                for said in map(report, found):
                    if said is not None:
                        fell = self._tell(said, fell, self._clock.boot(), emit)

    def _tell(self, said: Report, fell: float, now: float, emit: Emit) -> float:
        """Emit what *said* means; when a fall was last reported, -inf when it was taken back."""
        match said:
            case Report("fall", 1):
                if now - fell >= SAME_S:
                    emit(
                        PersonDown(
                            source=self.name, track=ONLY, confidence=CONFIDENCE, reason="radar"
                        )
                    )
                return now
            case Report("fall", 0):
                emit(PersonUp(source=self.name, track=ONLY))
                return -math.inf
            case Report("movement"):
                return fell
        log.debug("radar-says driver=%s %s=%d", self.name, said.kind, said.value)
        return fell

    def _complaint(self, strays: int) -> str:
        port, silence = self._settings.port, f"{self._settings.silence_s:g} s"
        if not strays:
            return f"{port} sent nothing for {silence}; check the 5 V supply and the TX wire"
        return (
            f"{port} sent {strays} bytes in {silence} but no whole frame at baud "
            f"{self._settings.baud}; compare the radar's model and baud rate with kiosk.toml "
            '(MR60FDA2 and LD6002C: model = "mr60fda2")'
        )
