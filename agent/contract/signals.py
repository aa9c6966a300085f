"""What drivers observe: a key, a distance, a fall.

Signals are immutable and cross process boundaries as msgpack, so every field is plain data.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

Words = Annotated[str, Meta(max_length=4000)]
Fraction = Annotated[float, Meta(ge=0, le=1)]


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

    track: Annotated[int, Meta(ge=0)]
    """Number of the person within this run of the camera process."""
    confidence: Fraction
    """0 to 1."""
    reason: Literal["drop", "floor", "bed", "radar", "voice"]
    """Which path decided: a drop that lasted, time on the floor, a drop onto a bed zone,
    a fall radar, a call for help."""
    zone: Annotated[str, Meta(max_length=100)] = ""
    """Name of the zone the person lies in, empty when in none."""
    skeleton: Annotated[list[list[list[float]]], Meta(max_length=200)] = []
    """Frames × 17 COCO key points × (x, y, score), all as fractions; never a picture."""


class PersonUp(Signal, frozen=True, tag="person-up"):
    """The person of an earlier `PersonDown` stands or sits again, or has left by themselves."""

    track: Annotated[int, Meta(ge=0)]


class CameraWatch(Signal, frozen=True, tag="camera-watch"):
    """The camera began or ceased to look (privacy shutter, covered lens, frozen picture)."""

    looking: bool
    reason: Words = ""


class Spoken(Signal, frozen=True, tag="spoken"):
    """An utterance began to sound, or ended (finished or stopped)."""

    text: Words
    state: Literal["began", "finished", "stopped"]


class Heard(Signal, frozen=True, tag="heard"):
    """Somebody answered: words within the grammar of the screen, or none of them."""

    text: Words
    """One of the phrases that were expected; empty: something else was said."""


class Listening(Signal, frozen=True, tag="listening"):
    """The microphone began to listen for one utterance, or ceased to: the lamp that shows it."""

    on: bool
    ended: Literal["", "utterance", "silence", "cancelled", "speaking", "unable"] = ""
    """Why it ceased: `Heard` follows an utterance; nobody spoke; it was told to; the kiosk
    itself speaks (it goes on afterwards); it knows none of the words or not the language."""


class DeviceBack(Signal, frozen=True, tag="device-back"):
    """The driver named in `source` works again: it has emitted something, or runs for a while.

    A driver that is silent for long may emit this itself when its hardware has answered.
    """
