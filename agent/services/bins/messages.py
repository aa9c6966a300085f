"""What upstream learns of a construction-waste bin, and what it may say about a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from agent.records import CommandData, Id, Lane, RecordData, Retention, Severity, Text

Percent = Annotated[int, Meta(ge=0, le=100, description="How full, in percent.")]
"""How full it is."""


class BinRecord(RecordData, frozen=True):
    """Base of all records about a bin."""

    bin: str
    """Its short name in kiosk.toml."""


class BinLevel(BinRecord, frozen=True):
    """The level has changed by some percent, or has not for long."""

    kind: ClassVar[str] = "bin.level"
    lane: ClassVar[Lane] = Lane.TELEMETRY
    retention: ClassVar[Retention] = Retention(days=7)
    percent: Percent
    mm: Annotated[int, Meta(ge=0, description="From the sensor down, in millimetres.")]
    """From the sensor down to the surface, in millimetres."""
    full_in_h: Annotated[float, Meta(ge=0, le=720)] | None = None
    """Hours until the task is made, as it has filled lately; none: it does not fill."""


class BinTask(BinRecord, frozen=True):
    """Base of the beginning and the end of a clearance task."""

    name: str
    """What residents and the clearing crew call the bin."""
    percent: Percent
    task: Id
    """Names the task: the same in ``bin.full`` and ``bin.emptied``."""


class BinFull(BinTask, frozen=True):
    """The bin is to be cleared (发现)."""

    kind: ClassVar[str] = "bin.full"


class BinEmptied(BinTask, frozen=True):
    """The bin has been cleared (销项)."""

    kind: ClassVar[str] = "bin.emptied"
    by: Literal["sensor", "crew"] = "sensor"
    """Who says so; the crew alone only while the sensor cannot be believed, and `percent` is then
    the last that was known."""


class BinOverdue(BinTask, frozen=True):
    """The task is not where it should be by now."""

    kind: ClassVar[str] = "bin.overdue"
    severity: ClassVar[Severity] = Severity.WARN
    waits_for: Literal["crew", "clearance", "agreement"]
    """crew: nobody has taken it (派单); clearance: it is taken and the bin still full (整改);
    agreement: it was reported as cleared, and the sensor still sees it full."""
    crew: str
    """Who has it; empty: nobody."""
    repeat: Annotated[int, Meta(ge=0)]
    """How often this was said before."""
    reason: Text
    """The same for people."""


class BinFault(BinRecord, frozen=True):
    """The sensor cannot be believed: the level is not known."""

    kind: ClassVar[str] = "bin.fault"
    severity: ClassVar[Severity] = Severity.ERROR
    reason: Text


class BinRestored(BinRecord, frozen=True):
    """The sensor is believed again."""

    kind: ClassVar[str] = "bin.restored"


RECORDS: tuple[type[RecordData], ...] = (
    BinFull,
    BinEmptied,
    BinOverdue,
    BinFault,
    BinRestored,
    BinLevel,
)


class AboutBin(CommandData, frozen=True):
    """Base of all commands about a clearance task."""

    about: ClassVar[str] = "task"

    task: Id
    """As in ``bin.full``."""


class Assigned(AboutBin, frozen=True):
    """A crew has the task (派单)."""

    kind: ClassVar[str] = "bin.assigned"
    example: ClassVar[Mapping[str, Any]] = {"crew": "清运二队"}
    crew: Annotated[str, Meta(min_length=1, max_length=60)]


class Cleared(AboutBin, frozen=True):
    """The crew says that the bin is empty; the sensor has the last word while it is believed."""

    kind: ClassVar[str] = "bin.cleared"


COMMANDS: tuple[type[CommandData], ...] = (Assigned, Cleared)
