"""What upstream learns of a number that is kept an eye on, and what it may say about its task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from agent.records import CommandData, Id, Lane, RecordData, Retention, Severity, Text

Value = Annotated[float, Meta(description="In the unit beside it.")]
Unit = Annotated[str, Meta(max_length=16, description="UCUM code; 1 for none.")]


class ReadingRecord(RecordData, frozen=True):
    """Base of all records about such a number."""

    reading: str
    """Its short name in kiosk.toml."""


class ReadingValue(ReadingRecord, frozen=True):
    """It has changed, or not for long; or it is not known any more."""

    kind: ClassVar[str] = "reading.value"
    lane: ClassVar[Lane] = Lane.TELEMETRY
    retention: ClassVar[Retention] = Retention(days=7)
    value: Value | None
    """None: the device does not work, or has no value."""
    unit: Unit


class ReadingTask(ReadingRecord, frozen=True):
    """It is beyond its limit: somebody should go (发现)."""

    kind: ClassVar[str] = "reading.task"
    severity: ClassVar[Severity] = Severity.WARN
    name: str
    task: Id
    """Names the task: the same in ``reading.done``."""
    value: Value
    unit: Unit
    limit: Value
    what: Literal["above", "below"]
    reason: Text
    """In words, with what is to be done."""


class ReadingDone(ReadingRecord, frozen=True):
    """It is within its limit again (销项)."""

    kind: ClassVar[str] = "reading.done"
    name: str
    task: Id
    by: Literal["device", "crew"]
    """Who says so; the crew alone only while the device does not work."""


class ReadingOverdue(ReadingRecord, frozen=True):
    """The task is not where it should be by now."""

    kind: ClassVar[str] = "reading.overdue"
    severity: ClassVar[Severity] = Severity.WARN
    name: str
    task: Id
    waits_for: Literal["crew", "clearance", "agreement"]
    """crew: nobody has taken it (派单); clearance: it is taken and still beyond (整改);
    agreement: it was reported as done, and the device still reads beyond."""
    crew: str
    """Who has it; empty: nobody."""
    repeat: Annotated[int, Meta(ge=0)]
    """How often this was said before."""
    reason: Text


class ReadingRemoved(ReadingRecord, frozen=True):
    """The number is in kiosk.toml no longer: its task ends, whether it was done or not."""

    kind: ClassVar[str] = "reading.removed"
    severity: ClassVar[Severity] = Severity.WARN
    task: Id
    reason: Text


RECORDS: tuple[type[RecordData], ...] = (
    ReadingValue,
    ReadingTask,
    ReadingDone,
    ReadingOverdue,
    ReadingRemoved,
)


class AboutReading(CommandData, frozen=True):
    """Base of all commands about such a task."""

    about: ClassVar[str] = "task"
    task: Id
    """As in ``reading.task``."""


class Assigned(AboutReading, frozen=True):
    """Somebody has the task (派单)."""

    kind: ClassVar[str] = "reading.assigned"
    example: ClassVar[Mapping[str, Any]] = {"crew": "维修班"}
    crew: Annotated[str, Meta(min_length=1, max_length=60)]


class Cleared(AboutReading, frozen=True):
    """The crew says that it is done; the device has the last word while it works."""

    kind: ClassVar[str] = "reading.cleared"


COMMANDS: tuple[type[CommandData], ...] = (Assigned, Cleared)
