"""Everything that a driver or a service knows of the daemon.

A *signal* is something that was observed: a key, a distance, a fall, a reply from
upstream. Drivers emit signals, services turn them into effects (see `agent.effects`).
Signals are immutable and cross process boundaries as msgpack, so every field is plain data.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, runtime_checkable

import msgspec


class DriverUnavailable(Exception):
    """The hardware cannot be used now; the text names the place and the remedy.

    Example: ``DriverUnavailable("/dev/ttyUSB0 is not there; check the USB cable")``.
    The supervisor retries with back-off and reports the text once.
    """


class Signal(msgspec.Struct, frozen=True, kw_only=True, tag_field="signal"):
    """Something observed. The inbox stamps `id` and `at` where the emitter left them empty."""

    source: str = ""
    """Name of the driver in kiosk.toml, or of the part of the daemon that saw it."""
    at: float = 0.0
    """Boot-time clock in seconds (`CLOCK_BOOTTIME`): never steps, comparable across processes."""
    id: str = ""
    """UUIDv7. Whatever a signal causes (an order, say) may be named after it."""

    telemetry: ClassVar[bool] = False
    """Telemetry is dropped (and counted) first when the inbox is full; the rest never is."""


# -- what drivers observe -----------------------------------------------------------------


class Key(Signal, frozen=True, tag="key"):
    """One of the big keys went down or up."""

    key: Literal["up", "down", "enter", "back", "help"]
    pressed: bool = True


class Contact(Signal, frozen=True, tag="contact"):
    """A contact's state at its start, and each change: a door, a lid, a privacy shutter."""

    closed: bool
    """False also for a cut wire: the loop is not closed."""


class Distance(Signal, frozen=True, tag="distance"):
    """One reading of a distance sensor."""

    telemetry: ClassVar[bool] = True
    mm: int | None
    """Millimetres to the nearest surface; None when no echo came back or it came too early."""


class PersonDown(Signal, frozen=True, tag="person-down"):
    """Somebody lies on the floor after a fall, or has been there too long."""

    track: int
    """Number of the person within this run of the camera process."""
    confidence: float
    """0 to 1."""
    reason: Literal["drop", "floor", "bed", "radar", "voice"]
    """Which path decided: a drop that lasted, time on the floor, a drop onto a bed zone,
    a fall radar, a call for help."""
    zone: str = ""
    """Name of the zone the person lies in, empty when in none."""
    skeleton: list[list[list[float]]] = []
    """Frames × 17 COCO key points × (x, y, score), all as fractions; never a picture."""


class PersonUp(Signal, frozen=True, tag="person-up"):
    """The person of an earlier `PersonDown` stands or sits again, or has left by themselves."""

    track: int


class CameraWatch(Signal, frozen=True, tag="camera-watch"):
    """The camera began or ceased to look (privacy shutter, covered lens, frozen picture)."""

    looking: bool
    reason: str = ""


class Spoken(Signal, frozen=True, tag="spoken"):
    """An utterance began to sound, or ended (finished or stopped)."""

    text: str
    state: Literal["began", "finished", "stopped"]


class Heard(Signal, frozen=True, tag="heard"):
    """Somebody answered: words within the grammar of the screen, or none of them."""

    text: str
    """One of the phrases that were expected; empty: something else was said."""


class Listening(Signal, frozen=True, tag="listening"):
    """The microphone began to listen for one utterance, or ceased to: the lamp that shows it."""

    on: bool
    ended: Literal["", "utterance", "silence", "cancelled", "speaking", "unable"] = ""
    """Why it ceased: `Heard` follows an utterance; nobody spoke; it was told to; the kiosk
    itself speaks (it goes on afterwards); it knows none of the words or not the language."""


# -- what the daemon itself observes ------------------------------------------------------


class Started(Signal, frozen=True, tag="started"):
    """The kernel begins. Every service gets this first, with its stored state in hand."""

    rebooted: bool
    """True when the machine was restarted since the state was stored: durations that
    span the reboot are unknown unless the wall clock is trusted."""


class Action(Signal, frozen=True, tag="action"):
    """A resident chose something that the present screen offers."""

    action: str
    by: Literal["touch", "keys", "voice", "idle"] = "touch"


class Due(Signal, frozen=True, tag="due"):
    """A reminder that a service asked for with `Remind` has come due."""

    service: str
    name: str


class DeviceDown(Signal, frozen=True, tag="device-down"):
    """The supervisor lost the driver named in `source`. Sent once until `DeviceBack`."""

    reason: str


class DeviceBack(Signal, frozen=True, tag="device-back"):
    """The driver named in `source` works again: it has emitted something, or runs for a while.

    A driver that is silent for long may emit this itself when its hardware has answered.
    """


class LinkChanged(Signal, frozen=True, tag="link"):
    """Upstream became reachable, or ceased to be."""

    online: bool


class Delivered(Signal, frozen=True, tag="delivered"):
    """Upstream acknowledged every record of `lane` up to and including `sequence`."""

    lane: int
    sequence: int


class Attempted(Signal, frozen=True, tag="attempted"):
    """Records of `lane` up to `sequence` may have reached upstream: the reply was lost."""

    lane: int
    sequence: int


class Refused(Signal, frozen=True, tag="refused"):
    """Upstream refuses this one record for good, and says why."""

    lane: int
    sequence: int
    reason: str


class RecordDelivered(Signal, frozen=True, tag="record-delivered"):
    """Upstream has this lane-0 record: derived by the kernel from `Delivered`, for services."""

    kind: str
    subject: str


class RecordUndelivered(Signal, frozen=True, tag="record-undelivered"):
    """A lane-0 record passed its deadline, or upstream refused it for good."""

    kind: str
    subject: str
    attempted: bool
    """True when it may have reached upstream all the same (a reply was lost): not known."""
    refused: str = ""
    """Upstream's reason, when it refused."""


class Command(Signal, frozen=True, tag="command"):
    """Upstream tells the kiosk something. Idempotent by `command_id`: seen once by services."""

    command_id: str
    kind: str
    data: dict[str, Any] = {}


# -- how drivers and the daemon meet ------------------------------------------------------

Emit = Callable[[Signal], None]
"""Hand a signal to the kernel. Never blocks, may be called from any thread."""


class Site(NamedTuple):
    """What a driver may use of the machine it runs on."""

    models: Path
    """Folder of verified model files (see config/models.toml)."""
    cache: Path
    """Folder that may be emptied at any time without loss."""
    pin_factory: Any = None
    """A gpiozero pin factory; None for gpiozero's own choice. Never crosses to a child."""


class Driver(Protocol):
    """Owns one piece of hardware on its own thread, or process where `isolated` is true.

    Life cycle: constructed with its name, settings and site (no hardware touched), then `run`
    on a thread of its own. When `run` raises or returns before *stop* is set, the supervisor
    reports the device down once and calls `run` again after a pause.
    """

    name: str
    isolated: ClassVar[bool]
    """Run in a child process: for native code that is heavy or may crash."""

    def __init__(self, name: str, settings: Any, site: Site) -> None:
        """Keep what is needed; *settings* is the struct of the driver's type."""

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Own the hardware until *stop* is set: open, emit, close, return within 1 s.

        Raises:
            DriverUnavailable: the hardware is missing or failed; text with the remedy.
        """


@runtime_checkable
class Actor(Protocol):
    """A driver that also acts; one that only observes has no `command`."""

    def command(self, action: Mapping[str, Any]) -> None:
        """Act (lamp, lock, speech): returns at once, may be called from any thread.

        A command that arrives while the hardware is down is kept if it is still
        meaningful (the state of a lamp) and dropped if not (speech).
        """
