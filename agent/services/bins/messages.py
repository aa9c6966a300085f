"""What upstream learns of a construction-waste bin."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from agent.records import Id, Lane, RecordData, Retention, Severity, Text

Percent = Annotated[int, Meta(ge=0, le=100, description="How full, in percent.")]
"""How full it is."""


class BinRecord(RecordData, frozen=True):
    """Base of all records about a bin."""

    bin: str
    """Its short name in kiosk.toml."""


class BinLevel(BinRecord, frozen=True):
    """The level has changed by some percent."""

    kind: ClassVar[str] = "bin.level"
    lane: ClassVar[Lane] = Lane.TELEMETRY
    retention: ClassVar[Retention] = Retention(days=7)
    percent: Percent
    mm: Annotated[int, Meta(ge=0, description="From the sensor down, in millimetres.")]
    """From the sensor down to the surface, in millimetres."""


class BinTask(BinRecord, frozen=True):
    """Base of the beginning and the end of a clearance task."""

    name: str
    """What residents and the clearing crew call the bin."""
    percent: Percent
    task: Id
    """Names the task: the same in ``bin.full`` and ``bin.emptied``."""


class BinFull(BinTask, frozen=True):
    """The bin is to be cleared."""

    kind: ClassVar[str] = "bin.full"


class BinEmptied(BinTask, frozen=True):
    """The bin has been cleared."""

    kind: ClassVar[str] = "bin.emptied"


class BinFault(BinRecord, frozen=True):
    """The sensor cannot be believed: the level is not known."""

    kind: ClassVar[str] = "bin.fault"
    severity: ClassVar[Severity] = Severity.ERROR
    reason: Text


class BinRestored(BinRecord, frozen=True):
    """The sensor is believed again."""

    kind: ClassVar[str] = "bin.restored"


RECORDS: tuple[type[RecordData], ...] = (BinFull, BinEmptied, BinFault, BinRestored, BinLevel)
