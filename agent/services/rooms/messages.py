"""What upstream learns of a room, and what its booking system may say about one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from agent.records import CommandData, Lane, RecordData, Retention


class RoomChanged(RecordData, frozen=True):
    """Somebody has come in, or nobody is there any more. Who it is, is not known."""

    kind: ClassVar[str] = "room.changed"
    lane: ClassVar[Lane] = Lane.TELEMETRY
    retention: ClassVar[Retention] = Retention(days=7)
    room: str
    """Its short name in kiosk.toml."""
    state: Literal["free", "used", "unknown"]
    """unknown: no sensor of it works."""


RECORDS: tuple[type[RecordData], ...] = (RoomChanged,)


class Taken(CommandData, frozen=True):
    """The booking system says how many places are taken now."""

    kind: ClassVar[str] = "room.taken"
    example: ClassVar[Mapping[str, Any]] = {"room": "tennis", "places": 3}
    room: Annotated[str, Meta(min_length=1, max_length=32)]
    """Its short name in kiosk.toml."""
    places: Annotated[int, Meta(ge=0, le=1000)]


COMMANDS: tuple[type[CommandData], ...] = (Taken,)
