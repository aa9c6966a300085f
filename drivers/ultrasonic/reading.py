"""What distance sensors have in common: a reading is millimetres, or why there are none."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection

from agent.contract.signals import Measured, Missing

Reading = int | Missing


def bounded(mm: int, least: int, most: int) -> Reading:
    """The reading of *mm*: too near at or below *least*, no echo at or beyond *most*."""
    if mm <= least:
        return "too_near"
    return mm if mm < most else "no_echo"


def median(window: Collection[Reading]) -> Reading:
    """The middle one of the echoes in *window*, where at least half are echoes.

    What is too near is an echo, nearer than all others. With fewer echoes: what most of the
    others say.
    """
    echoes = [0 if reading == "too_near" else reading for reading in window]
    heard = [mm for mm in echoes if isinstance(mm, int)]
    if len(heard) * 2 < len(window):
        rest = [reading for reading in window if isinstance(reading, str)]
        return Counter(one for one in rest if one != "too_near").most_common(1)[0][0]
    return statistics.median_low(heard) or "too_near"


def distance(source: str, reading: Reading) -> Measured:
    """The signal of *reading*."""
    if isinstance(reading, int):
        return Measured(source=source, quantity="distance", value=reading, unit="mm")
    return Measured(source=source, quantity="distance", value=None, unit="mm", missing=reading)
