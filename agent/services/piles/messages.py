"""What upstream learns of a charging pile, and what its operator may say about one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from agent.records import CommandData, Lane, RecordData, Retention, Severity, Text

PileState = Literal["free", "preparing", "charging", "paused", "finished", "fault", "closed"]
"""free; preparing: plugged in or a card was shown; charging; paused by the grid or the pile;
finished: charged, and still in the way; fault; closed: out of service. OCPP 1.6 says Available,
Preparing, Charging, SuspendedEVSE, SuspendedEV or Finishing, Faulted, Unavailable or Reserved."""
Count = Annotated[int, Meta(ge=0)]


class PileRecord(RecordData, frozen=True):
    """Base of all records about a pile."""

    pile: str
    """Its short name in kiosk.toml."""


class PileChanged(PileRecord, frozen=True):
    """It is in another state."""

    kind: ClassVar[str] = "pile.changed"
    lane: ClassVar[Lane] = Lane.TELEMETRY
    retention: ClassVar[Retention] = Retention(days=7)
    state: PileState


class PileMove(PileRecord, frozen=True):
    """Somebody should move their car: it is charged and in the way."""

    kind: ClassVar[str] = "pile.move"
    severity: ClassVar[Severity] = Severity.WARN
    name: str
    repeat: Count
    """How often it was asked for before."""
    waiting: Count
    """Residents who wait for a pile."""


class PileFault(PileRecord, frozen=True):
    """It does not work, its operator or a resident says."""

    kind: ClassVar[str] = "pile.fault"
    severity: ClassVar[Severity] = Severity.ERROR
    name: str
    by: Literal["pile", "resident"]
    reason: Text


class PileDay(PileRecord, frozen=True):
    """Turnover of a day."""

    kind: ClassVar[str] = "pile.day"
    lane: ClassVar[Lane] = Lane.TELEMETRY
    sessions: Count
    """How often somebody charged."""
    charging_min: Count
    blocked_min: Count
    """Minutes in which a charged car was in the way."""


RECORDS: tuple[type[RecordData], ...] = (PileChanged, PileMove, PileFault, PileDay)


class Status(CommandData, frozen=True):
    """The operator's system says how a pile is."""

    kind: ClassVar[str] = "pile.status"
    example: ClassVar[Mapping[str, Any]] = {"pile": "p1", "state": "charging"}
    pile: Annotated[str, Meta(min_length=1, max_length=32)]
    """Its short name in kiosk.toml."""
    state: PileState
    reason: Text = ""
    """Of a fault."""


COMMANDS: tuple[type[CommandData], ...] = (Status,)
