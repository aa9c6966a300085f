"""The table [taxi] of kiosk.toml."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from agent.settings import Table


class TaxiSettings(Table, frozen=True):
    """The one-key taxi."""

    offline_after_s: Annotated[float, Meta(ge=1, le=60)] = 6.0
    """Seconds without upstream's receipt after which telephone numbers are shown."""
    valid_s: Annotated[float, Meta(ge=30, le=180)] = 180.0
    """Seconds after which an unsent request is void; three minutes at the most."""
    search_s: Annotated[float, Meta(ge=30, le=900)] = 180.0
    """Seconds without a car after which other ways are offered beside the waiting."""
    widen: Annotated[str, Meta(max_length=40)] = ""
    """Class of cars, as the dispatcher calls it, that will do too after `search_s`; empty: none."""
    repeat_s: Annotated[float, Meta(ge=10, le=120)] = 30.0
    """Seconds between repetitions of plate and minutes."""
    elsewhere: Annotated[str, Meta(max_length=40)] = ""
    """Where a car can be called when not from here, and the way there, as residents are to read and
    hear it: the next kiosk, a taxi stand; empty: nothing is said of it."""
    lamp: str = ""
    """Driver that is lit while an order is under way; empty: none."""
    printer: str = ""
    """Slip printer for the plate of each car that was found; empty: none. Nothing of the resident
    stands on a slip, nor where they go: it may be left lying."""
