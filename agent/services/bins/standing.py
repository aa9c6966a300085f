"""Whether a box stands where it was measured empty: movable boxes with a wireless sensor.

What was measured in one place says nothing in another: the ground, a lid, the sensor's own
angle are others. So a box that was moved has no level until somebody has it measured empty again.
"""

from __future__ import annotations

import math
from statistics import median
from typing import Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from agent.contract.signals import Located, Measured
from agent.services.bins.settings import BinSettings

_IN_A_ROW = 3
"""Low values of battery or signal that are told, and not a cold morning or a lorry in the way."""
_AWAY = 2
"""Positions elsewhere, near each other, that are a move: one alone is a bad fix."""
_READINGS = 3
"""Readings that measure a box empty, at the least."""
_SPREAD_MM = 60
"""By which they may differ: an empty box does not move."""
_ABOVE_MM = 100
"""An empty box is at least so much deeper than a full one."""
_EARTH_M = 6_371_000.0

Weak = Literal["battery", "signal"]


class Spot(msgspec.Struct, frozen=True):
    """A position, in degrees, and by how many metres it may be off."""

    latitude: float
    longitude: float
    off_m: float


class Standing(msgspec.Struct, frozen=True):
    """What is known of where a box stands."""

    tilted: bool = False
    """It lies on its side, its lid is open, or it hangs on a crane."""
    home: Spot | None = None
    """Where it was measured."""
    away: tuple[Spot, ...] = ()
    """Latest positions that are elsewhere."""
    moved: str = ""
    """Why it is known that it was moved; empty: it stands where it was measured."""
    measuring: str = ""
    """Id of the command that says that it stands empty now; empty: nobody has said so."""
    seen: tuple[tuple[float, float], ...] = ()
    """Time and millimetres of the readings since then."""
    empty_mm: int | None = None
    """As it was measured here; None: as in kiosk.toml…"""
    configured: int = 0
    """…where this stood, when `moved` or `empty_mm` was learnt. Another number there is newer."""
    weak: tuple[str, ...] = ()
    """Values that were told as low, by their units."""
    lows: dict[str, int] = {}
    """How many low values came in a row."""


def lasting(standing: Standing) -> Standing:
    """What must outlast a restart."""
    return replace(standing, away=(), seen=(), lows={})


def here(standing: Standing, settings: BinSettings) -> BinSettings:
    """The settings with the depth that was measured here."""
    if standing.empty_mm is None:
        return settings
    return replace(settings, empty_mm=standing.empty_mm)


def current(standing: Standing, settings: BinSettings) -> Standing:
    """Without what was learnt before somebody wrote another depth into kiosk.toml."""
    if standing.configured in (0, settings.empty_mm):
        return standing
    return Standing(tilted=standing.tilted, weak=standing.weak, lows=standing.lows)


def moved(standing: Standing, reason: str, settings: BinSettings) -> Standing:
    """As it is when it was moved for *reason*, or put down (without one): nothing measured."""
    return replace(
        standing,
        moved=reason,
        measuring="",
        seen=(),
        empty_mm=None,
        home=None,
        away=(),
        configured=settings.empty_mm,
    )


def located(standing: Standing, at: Located, settings: BinSettings) -> tuple[Standing, float]:
    """Fold in a position; metres by which it was moved, 0: it was not."""
    spot = Spot(at.latitude, at.longitude, at.accuracy)
    if standing.moved:
        return standing, 0.0  # it may still be on its way
    if standing.home is None:
        return replace(standing, home=spot), 0.0
    if not _apart(standing.home, spot, settings):
        return (replace(standing, away=()) if standing.away else standing), 0.0
    if standing.away and _apart(standing.away[-1], spot, settings):
        return replace(standing, away=(spot,)), 0.0
    away = (*standing.away, spot)
    if len(away) < _AWAY:
        return replace(standing, away=away), 0.0
    return standing, metres(standing.home, spot)


def metres(one: Spot, other: Spot) -> float:
    """Between two spots, on a round earth."""
    a, b = math.radians(one.latitude), math.radians(other.latitude)
    across = math.sin(math.radians(other.longitude - one.longitude) / 2) ** 2
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * across
    return 2 * _EARTH_M * math.asin(min(1.0, math.sqrt(half)))


def _apart(one: Spot, other: Spot, settings: BinSettings) -> bool:
    """Whether they are certainly two places."""
    unsure = one.off_m + other.off_m
    return metres(one, other) > max(settings.position_m, unsure)


# -- measured empty again ---------------------------------------------------------------------


class Depth(NamedTuple):
    """What measuring an empty box has come to."""

    standing: Standing
    mm: int | None = None
    """Its depth from now on."""
    refused: str = ""
    """Why it cannot be."""


def measure(standing: Standing, mm: float, at: float, settings: BinSettings) -> Depth:
    """Fold in a distance while somebody says that it stands empty."""
    seen = (*standing.seen, (at, mm))
    if max(one for _, one in seen) - min(one for _, one in seen) > _SPREAD_MM:
        seen = ((at, mm),)  # whoever measures is still in it
    if len(seen) < _READINGS or at - seen[0][0] < settings.settle_s:
        # A sensor that sends ten times a second: the latest ones, and since when
        kept = seen if len(seen) <= 30 else (seen[0], *seen[-29:])
        return Depth(replace(standing, seen=kept))
    depth = round(median(one for _, one in seen))
    if not settings.full_mm + _ABOVE_MM <= depth <= 10_000:
        return Depth(standing, refused=f"it sees {depth} mm, which no empty box can be; empty it")
    settled = moved(standing, "", settings)
    return Depth(replace(settled, empty_mm=depth), depth)


# -- battery and signal -----------------------------------------------------------------------


def weakness(
    standing: Standing, told: Measured, settings: BinSettings
) -> tuple[Standing, Weak | None]:
    """Fold in a battery or a signal strength; what is to be told as low, once."""
    bounds: dict[str, tuple[Weak, float, float]] = {
        "%": ("battery", settings.battery_percent, 10),
        "V": ("battery", settings.battery_volts, 0.2),
        "dBm": ("signal", settings.signal_dbm, 6),
    }
    what, low, margin = bounds.get(told.unit, ("battery", -math.inf, 0))
    if told.value is None or what != told.quantity:
        return standing, None
    if told.value >= low:
        lows = {unit: n for unit, n in standing.lows.items() if unit != told.unit}
        good = told.value >= low + margin
        weak = tuple(unit for unit in standing.weak if unit != told.unit or not good)
        return replace(standing, lows=lows, weak=weak), None
    if told.unit in standing.weak:
        return standing, None
    count = standing.lows.get(told.unit, 0) + 1
    standing = replace(standing, lows={**standing.lows, told.unit: count})
    if count < _IN_A_ROW:
        return standing, None
    return replace(standing, weak=(*standing.weak, told.unit)), what
