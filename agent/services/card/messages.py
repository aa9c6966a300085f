"""What upstream says about residents' cards."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from agent.records import CommandData

AT_ONCE = 100
"""Cards of one command; more come in several."""

Name = Annotated[str, Meta(pattern="^[0-9a-f]{32}$", description="32 small hexadecimal digits")]
"""Of a card that is lost, as `linli card revoke` prints it: nobody can make the card of it."""
Serial = Annotated[int, Meta(ge=0, le=255)]


class Revoked(msgspec.Struct, frozen=True):
    """One card that is not taken any more."""

    card: Name
    serial: Serial = 0
    """This issue of the card and all earlier ones; a newer one, with the same id, is taken."""
    expires: datetime.date | None = None
    """Last day of the card: then nobody need remember it. None: not known."""


class CardsRevoked(CommandData, frozen=True):
    """Cards that were lost. Each command adds to the list; nothing takes anything away from it."""

    kind: ClassVar[str] = "cards.revoked"
    example: ClassVar[Mapping[str, Any]] = {"cards": [{"card": "0" * 32, "serial": 0}]}
    cards: Annotated[tuple[Revoked, ...], Meta(min_length=1, max_length=AT_ONCE)]


COMMANDS: tuple[type[CommandData], ...] = (CardsRevoked,)
