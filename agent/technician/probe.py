"""`linli probe`: the raw bytes of one device and what its driver makes of them, live."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import msgspec

from agent.contract.driver import Site
from agent.contract.signals import DeviceBack, Signal
from agent.core.child import ChildProcess
from agent.core.supervisor import Supervisor
from agent.messages import DeviceDown
from config.build import Chosen
from drivers import load
from drivers.bus import tap

LONGEST = 64
"""Bytes of one line."""


def probe(
    name: str, chosen: Chosen, site: Site, tell: Callable[[str], None], stop: threading.Event
) -> None:
    """Run the driver of the device *name* and tell what it reads, until *stop* is set.

    A line has the time and ``<`` for bytes that came, ``>`` for bytes that were sent, ``=`` for
    what the driver makes of them, ``!`` for what is wrong.
    """
    speaking = threading.Lock()

    def line(sign: str, text: str) -> None:
        with speaking:
            tell(f"{datetime.now():%H:%M:%S.%f}"[:-3] + f" {sign} {text}")

    def bytes_seen(place: str, way: str, data: bytes) -> None:
        more = f" … {len(data)} bytes" if len(data) > LONGEST else ""
        readable = "".join(chr(b) if 32 <= b < 127 else "." for b in data[:LONGEST])
        line(way, f"{data[:LONGEST].hex(' ').upper()}{more}  |{readable}|")

    def emitted(signal: Signal) -> None:
        if isinstance(signal, DeviceDown):
            line("!", f"{signal.reason} (the kiosk holds its devices while it runs: stop linli)")
        elif not isinstance(signal, DeviceBack):
            line("=", shown(signal))

    driver = load(chosen.type)
    supervisor = Supervisor(emitted, site.clock)
    with tap.watching(bytes_seen):
        supervisor.start(
            ChildProcess(chosen.type, name, chosen.settings, site)
            if driver.isolated
            else driver(name, chosen.settings, site)
        )
        try:
            site.clock.wait(stop)
        finally:
            supervisor.stop()


def shown(signal: Signal) -> str:
    """*signal* on one line: its kind and what it says, without the name of its device."""
    told = msgspec.to_builtins(signal)
    kind = told.pop("signal")
    values = (
        f"{key}={value}" for key, value in told.items()
        if key not in ("source", "at", "id") and value not in ("", None)
    )  # fmt: skip
    return " ".join((kind, *values))
