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
    soon_percent: Annotated[int, Meta(ge=10, le=100)] = 70
    """Filling from which residents read that it is nearly full: a load of renovation waste is
    about 15 % of a bin."""
    settle_s: Annotated[float, Meta(ge=1, le=7200)] = 180.0
    """Seconds for which a new state has to hold: an open lid, an arm, somebody who probes, a
    bird that comes and goes are shorter. Three times as long for what lies outside the bin."""
    stuck_h: Annotated[float, Meta(ge=0, le=720)] = 24.0
    """Hours of exactly equal readings that are a fault: in a day the air alone moves the echo by
    millimetres. 0: never, for sensors that round to centimetres."""
    level_percent: Annotated[int, Meta(ge=1, le=50)] = 5
    """Percentage points of change after which the level is reported."""
    level_every_h: Annotated[float, Meta(ge=0.1, le=168)] = 12.0
    """Hours after which an unchanged level is reported again: upstream sees that it is watched."""
    assign_h: Annotated[float, Meta(gt=0, le=168)] = 2.0
    """Hours after which a task that nobody has taken is overdue."""
    clear_h: Annotated[float, Meta(gt=0, le=720)] = 24.0
    """Hours after which a task that somebody has taken is overdue: waste is cleared in a day."""
    remind_h: Annotated[float, Meta(gt=0, le=168)] = 4.0
    """Hours between reminders of what is overdue."""
    climate: str = ""
    """Thermometer by the bin: sound is faster in warm air. Empty: none, or the sensor reckons
    with the temperature itself."""
    sensor_celsius: Annotated[float, Meta(ge=-40, le=85)] = 20.0
    """Temperature in °C for which the sensor turns time into distance; see its data sheet."""

    tilted_min: Annotated[float, Meta(ge=1, le=1440)] = 60.0
    """Minutes for which a wireless sensor must have been tilted until the box counts as moved: a
    lid stands open for loading for less, a box on a lorry lies for longer."""
    position_m: Annotated[float, Meta(ge=10, le=5000)] = 50.0
    """Metres by which two positions differ at the least for the box to count as moved: among high
    houses a satellite fix is off by so much. More where the positions say that they are worse."""
    battery_percent: Annotated[float, Meta(ge=0, le=90)] = 15.0
    """Battery of a wireless sensor below which it is told once: enough for weeks of uplinks."""
    battery_volts: Annotated[float, Meta(ge=0, le=20)] = 3.1
    """The same where it says volts: a lithium cell of 3.6 V falls below this in its last months."""
    signal_dbm: Annotated[float, Meta(ge=-150, le=0)] = -118.0
    """Signal strength at the best gateway below which it is told once: LoRaWAN ends at -137, and
    rain and a parked lorry take 10 to 20."""

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
