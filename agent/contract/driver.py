"""How drivers and the daemon meet: what a driver is given, and what it may raise."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

from agent.contract.clock import BootClock
from agent.contract.orders import Order
from agent.contract.signals import Signal


class DriverUnavailable(Exception):
    """The hardware cannot be used now; the text names the place and the remedy.

    Example: ``DriverUnavailable("/dev/ttyUSB0 is not there; check the USB cable")``.
    The supervisor retries with back-off and reports the text once.
    """


Emit = Callable[[Signal], None]
"""Hand a signal to the kernel. Never blocks, may be called from any thread."""

Emits = tuple[type[Signal], ...]
Accepts = tuple[type[Order], ...]


class Site(NamedTuple):
    """What a driver may use of the machine it runs on."""

    models: Path
    """Folder of verified model files (see config/models.toml)."""
    cache: Path
    """Folder that may be emptied at any time without loss."""
    pin_factory: Any = None
    """A gpiozero pin factory; None for gpiozero's own choice. Never crosses to a child."""
    clock: BootClock = BootClock()
    """Whatever a driver measures or waits, it does by this clock."""
    buses: Mapping[str, object] = {}
    """Serial ports that several devices share, by their names; see `drivers.bus.owner`."""


class Driver(Protocol):
    """Owns one piece of hardware on its own thread, or process where `isolated` is true.

    Life cycle: constructed with its name, settings and site (no hardware touched), then `run`
    on a thread of its own. When `run` raises or returns before *stop* is set, the supervisor
    reports the device down once and calls `run` again after a pause.
    """

    name: str
    isolated: ClassVar[bool]
    """Run in a child process: for native code that is heavy or may crash."""
    emits: ClassVar[Emits]
    """The signals that it may send; anything else from it is refused."""
    accepts: ClassVar[Accepts]
    """The orders that it carries out; a driver that only observes has none."""

    def __init__(self, name: str, settings: Any, site: Site) -> None:
        """Keep what is needed; *settings* is the struct of the driver's type."""

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Own the hardware until *stop* is set: open, emit, close, return within 1 s.

        Raises:
            DriverUnavailable: the hardware is missing or failed; text with the remedy.
        """


@runtime_checkable
class Wakeful(Protocol):
    """A driver that waits for something else than *stop*: it is woken once *stop* is set."""

    def wake(self) -> None:
        """Let `run` look around. Returns at once, may be called from any thread."""


class Actor(Driver, Protocol):
    """A driver that also acts; one that only observes has no `command`."""

    def command(self, order: Any) -> None:
        """Carry out *order*, one of those that it accepts, checked by the supervisor.

        Returns at once, may be called from any thread, also while the hardware is down: then
        an order that lasts (the state of a lamp) is kept, an act (speech) is dropped.
        """
