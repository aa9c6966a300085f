"""What an idle kiosk shows to who passes by: the time of day, the date, a line of each service.

The daemon gives the time: the page has no clock of its own, and shows none that is not trusted.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from agent.contract.clock import EAST_S
from agent.dialogue.views import Phrase

MINUTE_S = 60.0
"""Seconds for which a picture of the time is right."""


class Moment(NamedTuple):
    """A minute of the local calendar."""

    time: str
    """``07:05``: said in words by every voice."""
    date: Phrase
    """With the day of the week."""


def moment(wall: float) -> Moment:
    """The local minute of *wall*, seconds since 1970."""
    local = datetime.fromtimestamp(wall, UTC) + timedelta(seconds=EAST_S)
    date = Phrase(
        "label.date",
        {
            "month": Phrase(f"label.month.{local.month}"),
            "day": local.day,
            "weekday": Phrase(f"label.weekday.{local.isoweekday()}"),
        },
    )
    return Moment(f"{local:%H:%M}", date)
