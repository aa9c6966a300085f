"""The tables [power.x] of kiosk.toml."""

from __future__ import annotations

import datetime
from typing import Annotated

from msgspec import Meta

from agent.settings import Called, Table

Hour = Annotated[float, Meta(ge=0, le=24)]


class PowerSettings(Table, frozen=True):
    """One household that has agreed to be looked after by its meter."""

    name: Called
    """What helpers call it: "3号楼201室"."""
    device: str
    """Its meter under [drivers]; it has to read energy, and power for the limit."""
    consent_until: datetime.date
    """Last day of the household's consent; nothing is watched afterwards."""
    learn_days: Annotated[int, Meta(ge=7, le=28)] = 14
    """Days before anything is compared with the usual: two weeks have two of each weekday."""
    least_hours: Annotated[float, Meta(ge=2, le=24)] = 9.5
    """Usually busy hours without use that are noticed at the least: a day out from breakfast to
    supper has nine. What the household itself did lately always counts as usual."""
    no_use_h: Annotated[float, Meta(ge=12, le=168)] = 27.0
    """Hours without use that are noticed whatever is usual, false alarms or not: a whole day and
    the meal after it; with the quiet hours that is within 36 hours."""
    quiet_from: Hour = 22.0
    """Hour of the day from which a missing use is told nobody…"""
    quiet_to: Hour = 7.0
    """…until this one: people sleep. Surges and the limit are told at once, they may burn."""
    surge_w: Annotated[float, Meta(ge=500, le=10000)] = 2500.0
    """Watts at night above the most of four weeks: more than an air conditioner that is switched
    on for the first time in the year, less than a stove that was left on."""
    limit_a: Annotated[float, Meta(ge=5, le=100)] = 25.0
    """Amperes of the household's breaker, at 220 V."""
    limit_percent: Annotated[float, Meta(ge=50, le=100)] = 90.0
    """Part of that limit which is near it: breakers of class C trip after an hour at 113 %."""
    limit_min: Annotated[float, Meta(ge=1, le=120)] = 10.0
    """Minutes near the limit that are told: a kettle takes five."""
    silent_min: Annotated[float, Meta(ge=5, le=1440)] = 120.0
    """Minutes without a reading after which the meter counts as silent."""
