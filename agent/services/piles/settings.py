"""The tables [piles.x] of kiosk.toml."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from agent.settings import Called, Table


class PileSettings(Table, frozen=True):
    """One place to charge, with a meter behind it or known to its operator."""

    name: Called
    """What residents call it: "1号桩"."""
    device: str = ""
    """Meter behind it that reads power; empty: only its operator tells (``pile.status``)."""
    charging_w: Annotated[float, Meta(ge=5, le=5000)] = 100.0
    """Watts above which it charges; a full car takes less. For electric bicycles 20."""
    settle_s: Annotated[float, Meta(ge=1, le=3600)] = 60.0
    """Seconds for which the meter has to say the same: chargers pause and begin again."""
    move_min: Annotated[float, Meta(ge=1, le=1440)] = 10.0
    """Minutes after the end of charging until 请挪车 is asked for: time to come down."""
    again_min: Annotated[float, Meta(ge=5, le=1440)] = 30.0
    """Minutes between repetitions."""
    moves: Annotated[int, Meta(ge=1, le=20)] = 4
    """How often it is asked for: what stands there all night is nobody's who listens."""
