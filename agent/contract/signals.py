"""What drivers observe: a key, a measurement, a fall.

Signals name facts, not devices: what measures a distance may be a sensor on pins, on a serial
line or a battery in a field.

Signals are immutable and cross process boundaries as msgpack, so every field is plain data.
"""

from __future__ import annotations

import unicodedata
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

Words = Annotated[str, Meta(max_length=4000)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of characters that show nothing, or turn or break a line."""


def hidden(text: str) -> str:
    """The first character of *text* that shows nothing, or turns or breaks a line; empty when there
    is none."""
    return next((char for char in text if unicodedata.category(char) in _HIDDEN), "")


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
    capability: ClassVar[str] = ""
    """What a device that emits this can do, in the words of services and checks."""


# -- what drivers observe -----------------------------------------------------------------


class Key(Signal, frozen=True, tag="key"):
    """One of the big keys went down or up."""

    capability: ClassVar[str] = "key"

    key: Literal["up", "down", "enter", "back", "help"]
    pressed: bool = True


class Contact(Signal, frozen=True, tag="contact"):
    """A contact's state at its start, and each change: a door, a lid, a privacy shutter."""

    capability: ClassVar[str] = "contact"
    closed: bool
    """False also for a cut wire: the loop is not closed."""
    tampered: bool = False
    """The loop itself was touched: cut, bridged, or its cover opened."""


class Presence(Signal, frozen=True, tag="presence"):
    """Whether somebody is there, at the start and at each change: a PIR, a presence radar."""

    capability: ClassVar[str] = "presence"
    present: bool


class Scanned(Signal, frozen=True, tag="scanned"):
    """A code was held before a scanner."""

    capability: ClassVar[str] = "scanner"
    text: Annotated[str, Meta(min_length=1, max_length=512)]
    """Printable characters only; what follows from it is decided by who knows the code."""
    symbology: Annotated[str, Meta(max_length=32)] = ""
    """``QR``, ``EAN13``; empty when the scanner does not say."""
    wall: float | None = None
    """Seconds since the epoch, from the daemon; None while its clock is not to be trusted."""

    def __post_init__(self) -> None:
        if char := hidden(self.text):
            raise ValueError(f"text holds U+{ord(char):04X}, which cannot be printed")


class Unreadable(Signal, frozen=True, tag="unreadable"):
    """What was held before a scanner is no code that is passed on: whoever did it is told so."""

    why: Literal["too_long", "no_text"]
    """no_text: its characters cannot be printed, or not all of it came."""


class Switched(Signal, frozen=True, tag="switched"):
    """The state of an output as read back from it, at the start and at each change."""

    on: bool


ChargingState = Literal[
    "free", "preparing", "charging", "paused", "finished", "reserved", "fault", "closed", "unknown"
]
"""preparing: plugged in or a card was shown; paused by the pile or the grid; finished: the car is
full and in the way; closed: out of service; unknown: nobody has said since the start, or the pile
is silent."""


class Charging(Signal, frozen=True, tag="charging"):
    """What a charging pile says of one connector, at the start and at each change."""

    capability: ClassVar[str] = "charging"
    state: ChargingState
    reason: Annotated[str, Meta(max_length=64)] = ""
    """Of a fault, in the word of OCPP: ``GroundFailure``."""


Missing = Literal["too_near", "no_echo", "probing", "invalid"]
"""Why there is no value. too_near: something is within the blind zone (a heap up to the sensor);
no_echo: nothing came back, which is a fault; probing: the sensor looks for its range and has no
result yet; invalid: the device itself says that its value is none."""


class Measured(Signal, frozen=True, tag="measured"):
    """One reading of one quantity: a value, or why there is none."""

    telemetry: ClassVar[bool] = True
    quantity: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    """``distance``, ``temperature``, ``humidity``, ``voltage``, ``current``, ``power``,
    ``energy``, ``frequency``, ``battery``; a technician's own word for a register."""
    value: Annotated[float, Meta(ge=-1e12, le=1e12)] | None
    unit: Annotated[str, Meta(max_length=16)]
    """UCUM code: ``mm``, ``Cel``, ``%``, ``V``, ``A``, ``W``, ``kW.h``, ``Hz``; ``1`` for none."""
    part: Annotated[str, Meta(max_length=32)] = ""
    """Which of several in one device: a phase, a channel, a register."""
    missing: Literal["", Missing] = ""
    """Why `value` is None; empty when there is one."""

    def __post_init__(self) -> None:
        if (self.value is None) != bool(self.missing):
            raise ValueError("give a value, or say in `missing` why there is none")


class Located(Signal, frozen=True, tag="located"):
    """Where a device is, as it said itself or as its network has worked out."""

    telemetry: ClassVar[bool] = True
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    """In degrees, WGS 84."""
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    accuracy: Annotated[float, Meta(ge=0, le=1e6)] = 0.0
    """Metres by which that may be off; 0: nobody says."""


class PersonDown(Signal, frozen=True, tag="person-down"):
    """Somebody lies on the floor after a fall, or has been there too long."""

    track: Annotated[int, Meta(ge=0, le=2**53)]
    """Number of the person within this run of the camera process."""
    confidence: Fraction
    """0 to 1."""
    reason: Literal["drop", "floor", "bed", "radar", "voice", "terminal"]
    """Which path decided: a drop that lasted, time on the floor, a drop onto a bed zone,
    a fall radar, a call for help, another maker's terminal."""
    zone: Annotated[str, Meta(max_length=100)] = ""
    """Name of the zone the person lies in, empty when in none."""
    skeleton: Annotated[list[list[list[float]]], Meta(max_length=200)] = []
    """Frames × 17 COCO key points × (x, y, score), all as fractions; never a picture."""


class PersonUp(Signal, frozen=True, tag="person-up"):
    """The person of an earlier `PersonDown` stands or sits again, or has left by themselves."""

    track: Annotated[int, Meta(ge=0, le=2**53)]


class CameraWatch(Signal, frozen=True, tag="camera-watch"):
    """The camera began or ceased to look (privacy shutter, covered lens, frozen picture)."""

    capability: ClassVar[str] = "camera"
    looking: bool
    reason: Words = ""


class Looking(Signal, frozen=True, tag="looking"):
    """A camera that looks for codes alone began or ceased to look: the lamp that shows it."""

    on: bool


class Spoken(Signal, frozen=True, tag="spoken"):
    """An utterance began to sound, or ended (finished or stopped)."""

    text: Words
    state: Literal["began", "finished", "stopped"]
    utterance: Annotated[str, Meta(max_length=200)] = ""
    """Id that came with the order to say it; empty: it had none."""


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


class Printed(Signal, frozen=True, tag="printed"):
    """A slip lies ready: its printer has said that nothing was wrong until its end."""

    job: Annotated[str, Meta(max_length=200)]
    """Id that came with the order to print it."""


class DeviceBack(Signal, frozen=True, tag="device-back"):
    """The driver named in `source` works again: it has emitted something, or runs for a while.

    A driver that is silent for long may emit this itself when its hardware has answered.
    """
