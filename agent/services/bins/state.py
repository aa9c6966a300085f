"""What is known of the bins."""

from __future__ import annotations

from typing import Literal

import msgspec

from agent.services.bins.level import Point, Sight
from agent.services.bins.standing import Standing
from agent.services.tasks import Tasked


class Bin(Tasked, frozen=True):
    """What is known of one bin; its task is the clearance of this filling."""

    full: bool = False
    reported: int = -100
    """Level last reported, in percent."""
    fault: str = ""
    """Why the sensor cannot be believed; empty when it can."""
    points: tuple[Point, ...] = ()
    """Levels reported since it was emptied."""
    stuck_mm: float | None = None
    """The reading at which the sensor is stuck, as long as it is."""
    sight: Sight = Sight()
    standing: Standing = Standing()

    @property
    def state(self) -> Literal["unknown", "full", "free"]:
        """What residents may know of it without its settings."""
        if self.full:
            return "full"
        return "unknown" if self.fault or self.reported < 0 else "free"


class BinsState(msgspec.Struct, frozen=True):
    """All bins by their short names."""

    bins: dict[str, Bin] = {}
    celsius: dict[str, float] = {}
    """What the thermometers measured last."""
