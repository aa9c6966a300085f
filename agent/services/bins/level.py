"""From single readings to a level that can be believed: geometry, air, disturbances, time."""

from __future__ import annotations

import math
from statistics import median
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from agent.services.bins.settings import BinSettings

WINDOW = 5
"""Readings per median: single echoes from a rope or a drop count for nothing."""

_SAMPLES = 15
"""Medians kept over the time in which a change settles; the level reported is theirs."""

_LEAST = 3
"""Readings that a change needs, however seldom they come: a wireless sensor's, say."""

_BEYOND = 0.1
"""Part of the bin's depth by which a reading may pass the marks and be one of the bin."""

_EQUAL = 100
"""Equal readings that a stuck sensor has sent at the least."""

_LONGEST_GAP_S = 3600.0
"""A silence counts for no more than this: what was not measured did not last."""


def corrected(mm: float, settings: BinSettings, celsius: float | None) -> float:
    """Distance in mm for what a sensor says that reckons with another temperature of the air."""
    if celsius is None:
        return mm
    return mm * math.sqrt((273.15 + celsius) / (273.15 + settings.sensor_celsius))


def percent(mm: float, settings: BinSettings) -> int:
    """Filling for a distance in mm, 0 to 100: linear between its two marks."""
    filled = (settings.empty_mm - mm) / (settings.empty_mm - settings.full_mm)
    return round(100 * min(1.0, max(0.0, filled)))


def patience(mm: float, settings: BinSettings) -> float:
    """Seconds that a reading must have held: long for what is hardly waste in the bin."""
    beyond = _BEYOND * (settings.empty_mm - settings.full_mm)
    inside = settings.full_mm - beyond <= mm <= settings.empty_mm + beyond
    return settings.settle_s * (1 if inside and mm > 0 else 3)


class Wish(msgspec.Struct, frozen=True):
    """A change that readings ask for: granted when it has been asked for long enough.

    Time in which they ask for it counts once, time in which they do not counts double against
    it: so a bird that comes and goes never changes anything, and one reading does not end it.
    """

    to: int = 0
    """What is asked for; 0: nothing."""
    seconds: float = 0.0
    readings: int = 0
    at: float = 0.0
    """When it was last counted."""
    asked: bool = False
    """The reading at `at` asked for it."""

    def after(self, to: int, at: float, patience: float) -> Wish:
        """With one reading at *at* seconds that asks for *to*."""
        passed = min(max(0.0, at - self.at), patience / (_LEAST - 1))
        seconds = self.seconds + (passed if self.asked else -2 * passed)
        seconds = min(max(0.0, seconds), patience)
        if to and to == self.to:
            return Wish(to, seconds, self.readings + 1, at, True)
        if seconds > 0:  # something else is asked for: what was asked for wears off first
            return Wish(self.to, seconds, self.readings, at)
        return Wish(to, 0.0, abs(to), at, bool(to))

    def granted(self, patience: float) -> bool:
        """Whether it has been asked for long enough."""
        return self.asked and self.readings >= _LEAST and self.seconds >= patience


class Sight(msgspec.Struct, frozen=True):
    """What the sensor has seen lately; begins anew after a restart."""

    readings: tuple[float, ...] = ()
    """Latest distances in mm, at most `WINDOW`."""
    task: Wish = Wish()
    """1: full, -1: emptied."""
    level: Wish = Wish()
    """1: higher than reported, -1: lower."""
    samples: tuple[float, ...] = ()
    sampled_at: float = 0.0
    at: float = -1.0
    """Of the latest reading or missing echo."""
    echoless_s: float = 0.0
    """Seconds without an echo, less those with one."""
    echoless: int = 0
    raw: float = 0.0
    """The latest reading as the sensor gave it."""
    equal: int = 0
    """Equal readings in a row…"""
    equal_s: float = 0.0
    """…and for how many seconds."""


class Seen(NamedTuple):
    """What one reading comes to."""

    sight: Sight
    mm: float
    percent: int
    task: int
    """1: it is full, -1: it was emptied, 0: nothing new."""
    level: int | None
    """The level to report, in percent; None: none."""


def seen(
    sight: Sight,
    raw: float,
    at: float,
    settings: BinSettings,
    celsius: float | None,
    *,
    full: bool,
    reported: int,
) -> Seen:
    """Fold in a reading.

    Args:
        raw: distance in mm as the sensor gave it; 0: too near to be measured.
        at: when, in seconds.
        celsius: temperature of the air in °C; None: not known.
        full: there is a task.
        reported: level last reported in percent; below 0: none yet.
    """
    passed = min(max(0.0, at - sight.at), _LONGEST_GAP_S) if sight.at >= 0 else 0.0
    same = raw > 0 and raw == sight.raw
    readings = (*sight.readings, corrected(raw, settings, celsius))[-WINDOW:]
    echoless = max(0.0, sight.echoless_s - passed)
    sight = replace(
        sight,
        readings=readings,
        at=at,
        echoless_s=echoless,
        echoless=sight.echoless if echoless else 0,
        raw=raw,
        equal=sight.equal + 1 if same else 1,
        equal_s=sight.equal_s + passed if same else 0.0,
    )
    if len(readings) < WINDOW:
        return Seen(sight, readings[-1], 0, 0, None)
    middle = median(readings)
    filled, wait = percent(middle, settings), patience(middle, settings)
    asks = 0
    if not full and filled >= settings.raise_percent:
        asks = 1
    elif full and filled <= settings.clear_percent:
        asks = -1
    task = sight.task.after(asks, at, wait)
    differs = abs(filled - reported) >= settings.level_percent
    level = sight.level.after(((filled > reported) or -1) * differs, at, wait)
    samples, sampled_at = sight.samples, sight.sampled_at
    if not level.asked or level.to != sight.level.to:
        samples, sampled_at = (), 0.0
    if at - sampled_at >= wait / _SAMPLES or not samples:
        samples, sampled_at = (*samples, middle)[-_SAMPLES:], at
    changed = asks if task.granted(wait) else 0
    told: int | None = None
    if reported < 0:
        told = filled
    elif level.granted(wait):
        told = percent(median(samples), settings)
    sight = replace(
        sight,
        task=Wish(at=at) if changed else task,
        level=level if told is None else Wish(at=at),
        samples=samples,
        sampled_at=sampled_at,
    )
    return Seen(sight, middle, filled, changed, told)


def unseen(sight: Sight, at: float, settings: BinSettings) -> Sight:
    """Fold in that no echo came back."""
    passed = min(max(0.0, at - sight.at), settings.settle_s / 2) if sight.at >= 0 else 0.0
    return replace(
        sight,
        at=at,
        echoless=sight.echoless + 1,
        echoless_s=min(sight.echoless_s + passed, settings.settle_s),
    )


def blind(sight: Sight, settings: BinSettings) -> bool:
    """No echo has come back for so long that it is a fault."""
    return sight.echoless >= 20 and sight.echoless_s >= settings.settle_s


def stuck(sight: Sight, settings: BinSettings) -> bool:
    """The reading has not moved by a millimetre for too long."""
    hours = settings.stuck_h
    return hours > 0 and sight.equal >= _EQUAL and sight.equal_s >= hours * 3600


class Point(msgspec.Struct, frozen=True):
    """The level at some time."""

    at: float
    percent: int


def full_in(points: tuple[Point, ...], goal: int) -> float | None:
    """Hours until *goal* percent, by the median slope of *points* (Theil and Sen).

    None while it does not fill, while there are fewer than three points, or where it would take
    longer than a month.
    """
    slopes = [
        (b.percent - a.percent) / (b.at - a.at)
        for i, a in enumerate(points)
        for b in points[i + 1 :]
        if b.at > a.at
    ]
    if len(points) < 3 or not slopes or (slope := median(slopes)) <= 0:
        return None
    hours = max(0.0, goal - points[-1].percent) / slope / 3600
    return round(hours, 1) if hours <= 720 else None
