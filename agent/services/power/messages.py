"""What upstream learns of a household's electricity: that somebody should look, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from agent.records import CommandData, Id, RecordData, Retention, Severity, Text


class PowerRecord(RecordData, frozen=True):
    """Base of all records about a household's electricity. Its use itself is in none."""

    classification: ClassVar[Literal["confidential"]] = "confidential"
    retention: ClassVar[Retention] = Retention(days=30)
    household: str
    """Its short name in kiosk.toml."""


class PowerAlarm(PowerRecord, frozen=True):
    """The household uses electricity as it never does: somebody should ask."""

    kind: ClassVar[str] = "power.alarm"
    severity: ClassVar[Severity] = Severity.WARN
    name: str
    case: Id
    """Names the alarm: the same in ``power.cleared``."""
    what: Literal["no_use", "surge", "limit"]
    reason: Text
    """In words that the household itself understands."""


class PowerCleared(PowerRecord, frozen=True):
    """It is as usual again."""

    kind: ClassVar[str] = "power.cleared"
    case: Id
    what: Literal["no_use", "surge", "limit"]


class PowerSilent(PowerRecord, frozen=True):
    """The meter gives no readings: the household is not watched."""

    kind: ClassVar[str] = "power.silent"
    severity: ClassVar[Severity] = Severity.ERROR
    reason: Text


class PowerHeard(PowerRecord, frozen=True):
    """The meter gives readings again."""

    kind: ClassVar[str] = "power.heard"


class PowerRemoved(PowerRecord, frozen=True):
    """The household is in kiosk.toml no longer: nobody learns here whether it is as usual again.
    A visit for it goes on."""

    kind: ClassVar[str] = "power.removed"
    severity: ClassVar[Severity] = Severity.WARN
    case: Id
    """As in ``power.alarm``."""
    what: Literal["no_use", "surge", "limit"]
    reason: Text


RECORDS: tuple[type[RecordData], ...] = (
    PowerAlarm,
    PowerCleared,
    PowerSilent,
    PowerHeard,
    PowerRemoved,
)


class Feedback(CommandData, frozen=True):
    """Whoever looked says whether the alarm was right; a false one makes this household's
    watch less sensitive."""

    kind: ClassVar[str] = "power.feedback"
    about: ClassVar[str] = "case"
    example: ClassVar[Mapping[str, Any]] = {"right": False}
    case: Id
    """As in ``power.alarm``."""
    right: bool


class Away(CommandData, frozen=True):
    """The household is away, or back: 0 hours."""

    kind: ClassVar[str] = "power.away"
    example: ClassVar[Mapping[str, Any]] = {"household": "b3-201", "hours": 72}
    household: Annotated[str, Meta(min_length=1, max_length=32)]
    """Its short name in kiosk.toml."""
    hours: Annotated[float, Meta(ge=0, le=2400)]


COMMANDS: tuple[type[CommandData], ...] = (Feedback, Away)
