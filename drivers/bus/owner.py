"""One serial port that many devices share: who asks has it alone until the answer is there.

The devices are drivers like any other, each with its own down and back. A device that does not
answer is waited for in full only while nobody else wants the bus, so that it costs its neighbours
little; it may be a slow one that is back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Literal, TypeVar

import msgspec

from agent.contract.driver import DriverUnavailable, Site
from drivers.bus import Port
from drivers.bus.serial_line import Parity, SerialLine

T = TypeVar("T")

PATIENCE_S = 0.8
"""How long an answer is waited for: meters take up to 0.6 s for its first byte."""
SHORT_S = 0.15
"""The same for a device that has not answered lately, while another one wants the bus."""
_LOOK_S = 0.01
"""How often is looked whether another one does."""
LOST = 3
"""Questions in a row without an answer after which a device counts as lost."""
GAP_S = 0.02
"""Silence on the line between two frames: 3.5 characters at 2400 baud take 16 ms."""


class BusSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A serial port (an RS-485 adapter) with several devices on it."""

    port: Port
    """Path of the serial port; see `drivers.bus.Port`."""
    baud: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] = 9600
    """As all its devices are set. Chinese electricity meters: 2400. PZEM-004T: 9600."""
    parity: Parity = "none"
    """Chinese electricity meters: even."""


class Unanswered(DriverUnavailable):
    """A device on the bus gave no answer that makes sense."""


class Bus:
    """Owns the port; opened by the first question, and anew after a failure."""

    def __init__(self, name: str, settings: BusSettings) -> None:
        self.name = name
        self.settings = settings
        self._lock = threading.Lock()
        self._line: SerialLine | None = None
        self._missed: dict[str, int] = {}
        self._wanted = 0
        """How many ask, or wait to."""
        self._counting = threading.Lock()

    def ask(
        self, member: str, request: bytes, answer: Callable[[bytes], T | None], rest_s: float = 0
    ) -> T:
        """Send *request* and give what *answer* makes of the bytes that come back.

        Args:
            member: who asks: the name of its driver.
            request: one whole frame.
            answer: the decoded answer, or None while the bytes hold none; never raises. What an
                adapter echoes of the request is taken off before.
            rest_s: seconds for which nobody may ask afterwards.

        Raises:
            Unanswered: this device does not answer; the others are not concerned.
            DriverUnavailable: the port is missing, in use or was pulled out.
        """
        self._want(1)
        try:
            with self._lock:
                try:
                    return self._exchange(member, request, answer)
                finally:
                    time.sleep(max(rest_s, GAP_S))
        finally:
            self._want(-1)

    def close(self) -> None:
        """Give the port back."""
        with self._lock:
            self._drop()

    def _exchange(self, member: str, request: bytes, answer: Callable[[bytes], T | None]) -> T:
        try:
            if self._line is None:
                self._line = SerialLine(
                    self.settings.port, self.settings.baud, self.settings.parity
                )
            self._line.flush()
            self._line.write(request)
            received, lost = b"", self._missed.get(member, 0) >= LOST
            began = time.monotonic()
            while (left := began + PATIENCE_S - time.monotonic()) > 0:
                if lost and self._wanted > 1 and left <= PATIENCE_S - SHORT_S:
                    break
                received += self._line.take(min(left, _LOOK_S) if lost else left)
                told = answer(received.removeprefix(request))
                if told is not None:
                    self._missed[member] = 0
                    return told
        except DriverUnavailable:
            self._drop()
            raise
        self._missed[member] = self._missed.get(member, 0) + 1
        raise Unanswered(_complaint(self.settings, received.removeprefix(request)))

    def _want(self, more: int) -> None:
        with self._counting:
            self._wanted += more

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = None


def all_of(settings: Mapping[str, BusSettings]) -> dict[str, Bus]:
    """The buses of kiosk.toml by their names; none is opened yet."""
    return {name: Bus(name, bus) for name, bus in settings.items()}


def of(site: Site, name: str) -> Bus:
    """The bus of this name.

    Raises:
        DriverUnavailable: kiosk.toml has none.
    """
    bus = site.buses.get(name)
    if not isinstance(bus, Bus):
        raise DriverUnavailable(f"there is no [buses.{name}] in kiosk.toml; add it")
    return bus


def _complaint(settings: BusSettings, received: bytes) -> str:
    if not received:
        return f"no answer on {settings.port}; check its power, address and the wires A and B"
    return (
        f"no sense in the {len(received)} bytes that came on {settings.port}; compare baud "
        f"{settings.baud}, parity {settings.parity} and the protocol with the device's sheet"
    )
