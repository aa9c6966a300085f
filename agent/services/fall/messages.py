"""What upstream learns of a fall, and what it may say about one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from agent.records import CommandData, Id, Lane, Minutes, RecordData, Retention, Severity, Text


class FallRecord(RecordData, frozen=True):
    """Base of all records about a fall."""

    lane: ClassVar[Lane] = Lane.LIFE
    severity: ClassVar[Severity] = Severity.WARN
    retention: ClassVar[Retention] = Retention(days=1)
    classification: ClassVar[Literal["restricted"]] = "restricted"

    fall: Id
    """Names the fall."""


class FallFacts(FallRecord, frozen=True):
    """Base of all records about a fall that may be real."""

    device: str
    """The first that told of it."""
    devices: list[str]
    """All that did."""
    confidence: Annotated[float, Meta(ge=0, le=1)]
    reason: str
    """The first: ``drop``, ``floor``, ``bed``, ``radar``, ``voice``."""
    why: Text
    """All reasons, for people who read an alarm."""
    zone: str
    """Name of the zone in which the person lies; empty: in none."""
    down: Annotated[int, Meta(ge=0)]
    """People who are down and have not got up since."""


class FallSuspected(FallFacts, frozen=True):
    """Somebody seems to have fallen; they are being asked."""

    kind: ClassVar[str] = "fall.suspected"


class FallJoined(FallFacts, frozen=True):
    """Another device, or another person, joins a fall."""

    kind: ClassVar[str] = "fall.joined"
    joined: str
    """The device that told of it."""


class FallAlarm(FallFacts, frozen=True):
    """Somebody needs help."""

    kind: ClassVar[str] = "fall.alarm"
    severity: ClassVar[Severity] = Severity.FATAL
    repeat: Annotated[int, Meta(ge=0)]
    """How often it was sent before."""
    answered: bool
    """The person asked for help, rather than nobody answering."""
    skeleton: list[list[list[float]]]
    """Frames × 17 COCO key points × (x, y, score), all as fractions; never a picture."""


class FallRecovered(FallRecord, frozen=True):
    """Everybody has got up, after help was called."""

    kind: ClassVar[str] = "fall.recovered"
    by: str


class FallCleared(FallRecord, frozen=True):
    """The fall is over."""

    kind: ClassVar[str] = "fall.cleared"
    severity: ClassVar[Severity] = Severity.INFO
    by: str
    """``resident``, ``got up``, ``upstream``."""
    alarmed: bool
    """Help had been called."""


class FallBed(FallFacts, frozen=True):
    """Somebody fell onto a bed, sofa or bench and did not answer: a task for the day."""

    kind: ClassVar[str] = "fall.bed"
    lane: ClassVar[Lane] = Lane.TASK


RECORDS: tuple[type[RecordData], ...] = (
    FallSuspected,
    FallJoined,
    FallAlarm,
    FallRecovered,
    FallCleared,
    FallBed,
)


class AboutFall(CommandData, frozen=True):
    """Base of all commands about a fall."""

    about: ClassVar[str] = "fall"

    fall: Id
    """As in ``fall.alarm``."""


class Accepted(AboutFall, frozen=True):
    """A person has taken the alarm and comes."""

    kind: ClassVar[str] = "fall.accepted"
    example: ClassVar[Mapping[str, Any]] = {"helper": "李阿姨", "minutes": 3}
    helper: Annotated[str, Meta(max_length=60, extra={"residents": True})] = ""
    """Name of who comes, shown and spoken to residents."""
    minutes: Minutes | None = None
    """Until they are there."""


class Closed(AboutFall, frozen=True):
    """A person has looked: the alarm is over."""

    kind: ClassVar[str] = "fall.closed"


COMMANDS: tuple[type[CommandData], ...] = (Accepted, Closed)
