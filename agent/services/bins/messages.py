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


class BinMoved(BinRecord, frozen=True):
    """The box was moved: it has no level until it is measured empty again (``bin.measure``)."""

    kind: ClassVar[str] = "bin.moved"
    severity: ClassVar[Severity] = Severity.WARN
    name: str
    """What residents and the clearing crew call the bin."""
    by: Literal["position", "tilt"]
    """How it was noticed."""
    reason: Text
    """The same for people, with what to do."""
    metres: Annotated[int, Meta(ge=0)] | None = None
    """How far, where positions are known."""


class BinMeasured(BinRecord, frozen=True):
    """The box was measured empty where it stands now."""

    kind: ClassVar[str] = "bin.measured"
    empty_mm: Annotated[int, Meta(ge=100, le=10_000)]
    """From the sensor down to the ground of the empty box, in millimetres."""


class BinWeak(BinRecord, frozen=True):
    """The wireless sensor of a bin will soon be silent. Told once, until it is well again."""

    kind: ClassVar[str] = "bin.weak"
    severity: ClassVar[Severity] = Severity.WARN
    what: Literal["battery", "signal"]
    value: float
    unit: Annotated[str, Meta(max_length=16)]
    """``%`` or ``V`` of the battery, ``dBm`` of the signal."""
    reason: Text


class BinRemoved(BinRecord, frozen=True):
    """The bin is in kiosk.toml no longer: its task ends, whether it was cleared or not."""

    kind: ClassVar[str] = "bin.removed"
    severity: ClassVar[Severity] = Severity.WARN
    task: Id
    """As in ``bin.full``."""
    reason: Text


RECORDS: tuple[type[RecordData], ...] = (
    BinFull,
    BinEmptied,
    BinOverdue,
    BinFault,
    BinRestored,
    BinLevel,
    BinMoved,
    BinMeasured,
    BinWeak,
    BinRemoved,
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


class Measure(CommandData, frozen=True):
    """Whoever stands before the box says that it is empty: what its sensor sees is its depth."""

    kind: ClassVar[str] = "bin.measure"
    example: ClassVar[Mapping[str, Any]] = {"bin": "north"}
    bin: Annotated[str, Meta(min_length=1, max_length=32)]
    """Its short name in kiosk.toml."""


COMMANDS: tuple[type[CommandData], ...] = (Assigned, Cleared, Measure)
