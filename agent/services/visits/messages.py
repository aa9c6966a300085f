"""What upstream learns of a visit that is needed, and what it may say about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from agent.records import CommandData, Id, RecordData, Retention, Severity, Text

Cause = Literal["fall", "power", "door"]
Outcome = Literal["fine", "helped", "hospital", "away", "nobody"]
"""What whoever went has found. nobody: nobody opened; somebody has to go again."""


class VisitRecord(RecordData, frozen=True):
    """Base of all records about a visit."""

    severity: ClassVar[Severity] = Severity.WARN
    classification: ClassVar[Literal["confidential"]] = "confidential"
    retention: ClassVar[Retention] = Retention(days=30)
    visit: Id
    """Names the visit."""
    household: str
    """Its short name in kiosk.toml."""


class VisitRequested(VisitRecord, frozen=True):
    """Somebody should go."""

    kind: ClassVar[str] = "visit.requested"
    severity: ClassVar[Severity] = Severity.ERROR
    name: str
    """Whom to visit, and where."""
    helper: str
    """The role of who is to go."""
    cause: Cause
    case: Id
    """The alarm: as in ``fall.alarm``, ``power.alarm`` or ``door.alarm``."""
    reason: Text


class VisitJoined(VisitRecord, frozen=True):
    """There is one more reason for a visit that is open already."""

    kind: ClassVar[str] = "visit.joined"
    cause: Cause
    case: Id
    reason: Text


class VisitEased(VisitRecord, frozen=True):
    """All its reasons have ended by themselves. Somebody should look all the same, or ring up."""

    kind: ClassVar[str] = "visit.eased"
    severity: ClassVar[Severity] = Severity.INFO


class VisitOverdue(VisitRecord, frozen=True):
    """Nobody has taken it, or nobody has said how it went."""

    kind: ClassVar[str] = "visit.overdue"
    severity: ClassVar[Severity] = Severity.ERROR
    waits_for: Literal["helper", "outcome"]
    helper: str
    """Who has taken it, or the role of who should."""
    repeat: Annotated[int, Meta(ge=0)]
    """How often this was said before."""


class VisitDone(VisitRecord, frozen=True):
    """Somebody was there."""

    kind: ClassVar[str] = "visit.done"
    severity: ClassVar[Severity] = Severity.INFO
    outcome: Outcome
    helper: str


class VisitRemoved(VisitRecord, frozen=True):
    """The household is in kiosk.toml no longer: whether somebody has gone is asked no more."""

    kind: ClassVar[str] = "visit.removed"
    reason: Text


RECORDS: tuple[type[RecordData], ...] = (
    VisitRequested,
    VisitJoined,
    VisitEased,
    VisitOverdue,
    VisitDone,
    VisitRemoved,
)


class AboutVisit(CommandData, frozen=True):
    """Base of all commands about a visit."""

    about: ClassVar[str] = "visit"
    visit: Id
    """As in ``visit.requested``."""


class Accepted(AboutVisit, frozen=True):
    """Somebody goes."""

    kind: ClassVar[str] = "visit.accepted"
    example: ClassVar[Mapping[str, Any]] = {"helper": "李阿姨"}
    helper: Annotated[str, Meta(min_length=1, max_length=60)]


class Closed(AboutVisit, frozen=True):
    """Somebody was there, and says how it was."""

    kind: ClassVar[str] = "visit.closed"
    example: ClassVar[Mapping[str, Any]] = {"outcome": "fine"}
    outcome: Outcome


COMMANDS: tuple[type[CommandData], ...] = (Accepted, Closed)
