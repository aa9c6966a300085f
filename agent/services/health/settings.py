"""The table [health] of kiosk.toml."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from agent.settings import Table

Pressure = Annotated[int, Meta(ge=40, le=280)]
"""In mmHg."""
Celsius = Annotated[float, Meta(ge=30, le=45)]


class HealthSettings(Table, frozen=True):
    """Health devices beside the kiosk. Bounds are those of the health commission (2022) for what
    residents read; none is a diagnosis."""

    cuff: str = ""
    """Blood pressure monitor under [drivers]; empty: none."""
    thermometer: str = ""
    """Thermometer for people under [drivers]; empty: none."""
    headset: str = ""
    """Contact that is closed while a headset is plugged in, as in [privacy]: readings are spoken
    only then. Empty: they are never spoken."""
    keep_days: Annotated[int, Meta(ge=0, le=1096)] = 0
    """Days for which the health cloud keeps a reading that somebody with a card consents to send;
    they are told so. 0: nothing is ever sent. Agree it with who runs the health cloud first."""
    high_systolic: Pressure = 140
    """From here on blood pressure is high."""
    high_diastolic: Pressure = 90
    """The same of the lower value."""
    extreme_systolic: Pressure = 180
    """From here on: rest, measure again, a doctor today; with pain or short breath 120."""
    extreme_diastolic: Pressure = 110
    """The same of the lower value."""
    low_systolic: Pressure = 90
    """Below this it is low."""
    low_diastolic: Pressure = 60
    """The same of the lower value."""
    fever: Celsius = 37.3
    """From here on in °C it is a fever."""
    extreme_fever: Celsius = 41.0
    """From here on: 120."""
