"""What upstream learns of a door, and what it may say about who lives behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from agent.records import CommandData, Id, RecordData, Retention, Severity, Text

What = Literal["open", "night", "unseen", "tampered"]


class DoorRecord(RecordData, frozen=True):
    """Base of all records about a door. Comings and goings are in none."""

    classification: ClassVar[Literal["confidential"]] = "confidential"
    retention: ClassVar[Retention] = Retention(days=30)
    door: str
    """Its short name in kiosk.toml."""
    case: Id
    """Names what was noticed: the same in ``door.alarm`` and ``door.cleared``."""
    what: What
    """open: it stands open; night: opened at night, and nobody came back; unseen: somebody who
    lives alone was not seen by their hour; tampered: the sensor itself was touched."""


class DoorAlarm(DoorRecord, frozen=True):
    """Somebody should look."""

    kind: ClassVar[str] = "door.alarm"
    severity: ClassVar[Severity] = Severity.WARN
    name: str
    reason: Text
    """In words that who lives there understands."""


class DoorCleared(DoorRecord, frozen=True):
    """It is as it should be again."""

    kind: ClassVar[str] = "door.cleared"


class DoorRemoved(DoorRecord, frozen=True):
    """The door is in kiosk.toml no longer: nobody learns here whether it is as it should be again.
    A visit for it goes on."""

    kind: ClassVar[str] = "door.removed"
    severity: ClassVar[Severity] = Severity.WARN
    reason: Text


RECORDS: tuple[type[RecordData], ...] = (DoorAlarm, DoorCleared, DoorRemoved)


class Feedback(CommandData, frozen=True):
    """Whoever looked says whether the alarm was right; after a false one people are expected an
    hour later."""

    kind: ClassVar[str] = "door.feedback"
    about: ClassVar[str] = "case"
    example: ClassVar[Mapping[str, Any]] = {"right": False}
    case: Id
    """As in ``door.alarm``."""
    right: bool


class Away(CommandData, frozen=True):
    """Who lives there is away, or back: 0 hours."""

    kind: ClassVar[str] = "door.away"
    example: ClassVar[Mapping[str, Any]] = {"door": "b3-201", "hours": 72}
    door: Annotated[str, Meta(min_length=1, max_length=32)]
    """Its short name in kiosk.toml."""
    hours: Annotated[float, Meta(ge=0, le=2400)]


COMMANDS: tuple[type[CommandData], ...] = (Feedback, Away)
