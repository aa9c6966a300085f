"""What upstream may say about a fall."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from agent.records import CommandData, Id, Minutes


class AboutFall(CommandData, frozen=True):
    """Base of all commands about a fall."""

    fall: Id
    """As in ``fall.alarm``."""


class Accepted(AboutFall, frozen=True):
    """A person has taken the alarm and comes."""

    kind: ClassVar[str] = "fall.accepted"
    helper: Annotated[str, Meta(max_length=60, extra={"residents": True})] = ""
    """Name of who comes, shown and spoken to residents."""
    minutes: Minutes | None = None
    """Until they are there."""


class Closed(AboutFall, frozen=True):
    """A person has looked: the alarm is over."""

    kind: ClassVar[str] = "fall.closed"


COMMANDS: tuple[type[CommandData], ...] = (Accepted, Closed)
