"""The tables [bins.x] of kiosk.toml."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from agent.settings import Table


class BinSettings(Table, frozen=True):
    """One construction-waste bin with a distance sensor looking down into it."""

    name: str
    """What residents and the clearing crew call it."""
    device: str
    """Name of the distance sensor under [drivers]."""
    empty_mm: Annotated[int, Meta(ge=100, le=10000)]
    """Reading when the bin is empty, in mm."""
    full_mm: Annotated[int, Meta(ge=10, le=9000)]
    """Reading when the bin is full, in mm."""
    raise_percent: Annotated[int, Meta(ge=50, le=100)] = 85
    """Filling at which the clearance task is made."""
    clear_percent: Annotated[int, Meta(ge=0, le=90)] = 40
    """Filling below which the bin counts as emptied."""

    def __post_init__(self) -> None:
        if self.full_mm >= self.empty_mm:
            raise ValueError(
                f"full_mm is {self.full_mm}, empty_mm {self.empty_mm}: the sensor looks down, "
                "so the reading of a full bin is the smaller one; swap them"
            )
        if self.clear_percent >= self.raise_percent:
            raise ValueError(
                f"clear_percent is {self.clear_percent}, raise_percent {self.raise_percent}: "
                "set clear_percent lower"
            )
