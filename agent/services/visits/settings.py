"""The tables [visits.x] of kiosk.toml."""

from __future__ import annotations

import datetime
from typing import Annotated

from msgspec import Meta

from agent.settings import Called, Table


class VisitSettings(Table, frozen=True):
    """Somebody who has agreed to be visited when a device of theirs raises an alarm."""

    name: Called
    """Whom to visit, and where: "3号楼201王阿姨"."""
    devices: Annotated[tuple[str, ...], Meta(min_length=1)]
    """Their camera, radar, meter and door under [drivers]."""
    consent_until: datetime.date
    """Last day of their consent."""
    helper: Called = "助残员"
    """Who is to go: the role, as upstream knows it."""
    accept_min: Annotated[float, Meta(ge=1, le=1440)] = 15.0
    """Minutes after which a visit that nobody has taken is overdue: somebody may be lying there."""
    outcome_min: Annotated[float, Meta(ge=5, le=1440)] = 60.0
    """Minutes after which a visit that was taken should have an outcome: every home of the
    sub-district is within twenty."""
    remind_min: Annotated[float, Meta(ge=1, le=1440)] = 15.0
    """Minutes between reminders of what is overdue."""
