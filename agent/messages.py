"""What the daemon itself observes: the page, the clock, the supervisor, upstream.

No driver may import these. Like the signals of drivers they are immutable plain data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from agent.contract.signals import Signal
from agent.records import CommandData, Id, Text


class Started(Signal, frozen=True, tag="started"):
    """The kernel begins. Every service gets this first, with its stored state in hand."""

    rebooted: bool
    """True when the machine was restarted since the state was stored: durations that
    span the reboot are unknown unless the wall clock is trusted."""
    wall: float | None = None
    """As in `Action`."""


class Action(Signal, frozen=True, tag="action"):
    """A resident chose something that the present screen offers."""

    action: str
    """From outside the whole id of a choice (``taxi.to.driver``); to a service its action."""
    by: Literal["touch", "keys", "voice", "idle"] = "touch"
    value: str = ""
    """Which one, where several choices have the same action."""
    language: str = ""
    """In which the resident sees and hears the kiosk: BCP 47."""
    wall: float | None = None
    """Seconds since the epoch; None while the wall clock is not to be trusted."""
    service: str = ""
    """Addressee: services hear only their own. Empty: the dialogue has not looked at it yet."""


class LanguageChanged(Signal, frozen=True, tag="language"):
    """The resident sees and hears the kiosk in another language from now on."""

    language: str


class ResidentKnown(Signal, frozen=True, tag="resident-known"):
    """A resident has shown a card: who they are is not known, but what they need."""

    needs: tuple[str, ...] = ()
    """Classes of disability, in the words of GB/T 26341."""
    silent: bool = False
    """Nothing is spoken to them: what waits for an utterance to end waits in vain."""
    mark: str = ""
    """Names to upstream, and only where they wish it, what they have sent. Never the card's id."""


class HeardAlone(Signal, frozen=True, tag="heard-alone"):
    """A headset was plugged in or out."""

    on: bool
    """Nobody but whoever stands here hears what is spoken."""


class VisitOver(Signal, frozen=True, tag="visit-over"):
    """Whoever was here has gone, or wants to be forgotten."""


class PacksReplaced(Signal, frozen=True, tag="packs"):
    """Another set of packs is in force."""

    packs: Mapping[str, Any]
    """`agent.services.packs.format.Pack` by id."""
    versions: Mapping[str, int] = msgspec.field(default_factory=dict)
    """Version of each index in force, by its giver."""


class PacksRefusal(Signal, frozen=True, tag="packs-refusal"):
    """A set of packs was not taken; the one before stays in force."""

    reason: Text


class Due(Signal, frozen=True, tag="due"):
    """A reminder that a service asked for with `Remind` has come due."""

    service: str
    name: str
    wall: float | None = None
    """As in `Action`."""


class Concern(Signal, frozen=True, tag="concern"):
    """A service worries about somebody, or does no longer: told to the other services."""

    device: str
    """What it was noticed with, as kiosk.toml names it."""
    cause: Literal["fall", "power", "door"]
    case: Id
    """Names what was noticed; the same when it is over."""
    reason: str = ""
    """For residents and helpers."""
    over: bool = False


class DeviceDown(Signal, frozen=True, tag="device-down"):
    """The supervisor lost the driver named in `source`. Sent once until `DeviceBack`."""

    reason: str


class LinkChanged(Signal, frozen=True, tag="link"):
    """Upstream became reachable, or ceased to be."""

    online: bool


class Delivered(Signal, frozen=True, tag="delivered"):
    """Upstream acknowledged every record of `lane` up to and including `sequence`."""

    lane: int
    sequence: int
    chain: str = ""
    """What upstream has computed for the chain there, in hex; empty: it knows no chain."""
    epoch: str = ""
    """To which `sequence` belongs; empty: the present one."""
    unsent: bool = False
    """It never left: this upstream knows another history than ours."""


class Attempted(Signal, frozen=True, tag="attempted"):
    """Records of `lane` up to `sequence` may have reached upstream: the reply was lost."""

    lane: int
    sequence: int
    epoch: str = ""
    """As in `Delivered`."""


class Damaged(Signal, frozen=True, tag="damaged"):
    """A waiting record is not what was recorded; a tombstone has to go in its place."""

    lane: int
    sequence: int
    epoch: str = ""
    """As in `Delivered`."""


class StoreDamaged(Signal, frozen=True, tag="store-damaged"):
    """Whoever reads the store has found that its file is spoiled."""

    reason: str
    """In the words of SQLite."""


class Refused(Signal, frozen=True, tag="refused"):
    """Upstream refuses this one record for good, and says why."""

    lane: int
    sequence: int
    reason: str
    """For technicians."""
    for_residents: str = ""
    """What residents may see and hear of it."""
    epoch: str = ""
    """As in `Delivered`."""


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
    """Upstream's reason, when it refused; for technicians."""
    for_residents: str = ""
    """What upstream lets residents know of it."""


class Command(Signal, frozen=True, tag="command"):
    """Upstream tells the kiosk something. Idempotent by `command_id`: seen once by services."""

    command_id: str
    data: CommandData
    deadline: float | None = None
    """Boot-time clock in seconds after which it has no meaning any more; None: never."""

    @property
    def kind(self) -> str:
        """Which command: ``taxi.accepted``."""
        return self.data.kind


class CommandRejected(Signal, frozen=True, tag="command-rejected"):
    """Upstream has sent something that is no command, or that came too late."""

    command_id: str
    """Empty when it had none that could be read."""
    mark: str
    """Under which this very mistake is remembered: told upstream once."""
    kind: str
    place: str
    """Where in it, ``data.minutes``; empty: the whole."""
    reason: Text
