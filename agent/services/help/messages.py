"""What upstream learns of a wish for a person, and what it may say about one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from agent.records import CommandData, Id, Lane, Minutes, RecordData, Retention, Severity


class HelpRecord(RecordData, frozen=True):
    """Base of all records about a wish for a person."""

    lane: ClassVar[Lane] = Lane.LIFE
    retention: ClassVar[Retention] = Retention(days=1)

    help: Id
    """Names the wish."""


class HelpRequested(HelpRecord, frozen=True):
    """Somebody at the kiosk wants a person: for the duty desk and the guard."""

    kind: ClassVar[str] = "help.requested"
    severity: ClassVar[Severity] = Severity.ERROR
    repeat: Annotated[int, Meta(ge=0)]
    """How often it was sent before."""


class HelpCancelled(HelpRecord, frozen=True):
    """Nobody need come any more."""

    kind: ClassVar[str] = "help.cancelled"


RECORDS: tuple[type[RecordData], ...] = (HelpRequested, HelpCancelled)


class AboutHelp(CommandData, frozen=True):
    """Base of all commands about a wish for a person."""

    about: ClassVar[str] = "help"

    help: Id
    """As in ``help.requested``."""


class Accepted(AboutHelp, frozen=True):
    """A person knows, and comes."""

    kind: ClassVar[str] = "help.accepted"
    example: ClassVar[Mapping[str, Any]] = {"helper": "李阿姨", "minutes": 3}
    helper: Annotated[str, Meta(max_length=60, extra={"residents": True})] = ""
    """Name of who comes, shown and spoken to residents."""
    minutes: Minutes | None = None
    """Until they are there."""


class Closed(AboutHelp, frozen=True):
    """A person has been there."""

    kind: ClassVar[str] = "help.closed"


COMMANDS: tuple[type[CommandData], ...] = (Accepted, Closed)
