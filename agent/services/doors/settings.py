"""The tables [doors.x] of kiosk.toml."""

from __future__ import annotations

import datetime
from typing import Annotated

from msgspec import Meta

from agent.settings import Called, Table

Hour = Annotated[float, Meta(ge=0, le=24)]


class DoorSettings(Table, frozen=True):
    """A door that is watched; with somebody's consent also who lives behind it."""

    name: Called
    """What helpers call it: "3号楼201王阿姨家"."""
    device: str
    """Its contact under [drivers], closed while the door is."""
    left_open_min: Annotated[float, Meta(ge=1, le=1440)] = 10.0
    """Minutes for which it may stand open: shopping is carried in, somebody says goodbye."""
    alone_until: datetime.date | None = None
    """Last day of the consent of somebody who lives alone behind it; none: nobody is watched,
    only the door."""
    motion: tuple[str, ...] = ()
    """Motion sensors inside; without any the door alone tells of somebody."""
    night_from: Hour = 23.0
    """Hour of the day from which a door that opens is told…"""
    night_to: Hour = 5.0
    """…until this one: early risers go to the market at five."""
    back_min: Annotated[float, Meta(ge=1, le=240)] = 15.0
    """Minutes at night after which whoever opened should be seen inside again: taking rubbish down
    takes ten."""
    seen_by: Hour = 10.0
    """Hour by which somebody should have been seen since the night: latest risers in their
    illness are up at nine."""
    evening_by: Hour = 20.0
    """Hour by which somebody at home should have been seen in the afternoon: after supper."""
    still_h: Annotated[float, Meta(ge=2, le=24)] = 8.0
    """Hours without movement that count in the evening: a long nap takes three."""
    shut_h: Annotated[float, Meta(ge=12, le=168)] = 36.0
    """Hours without any use of the door that count where there is no motion sensor."""
