"""What is usual in one household: learned from the hours of the last four weeks.

An hour is *busy* when it takes clearly more than the household's idle load (refrigerator, router).
Each hour of the day is busy with some probability. An unusual silence is measured in *missed
hours*: the sum of these probabilities over the hours since the last busy one. So sleep and a
lunch with the neighbours weigh little, a kitchen that stays dark from breakfast to supper much.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

import msgspec

DAYS = 28
"""Days that are remembered: a household changes with the seasons."""

UNKNOWN = -1
"""In place of an hour's watt-hours."""

_IDLE = 0.2
"""Quantile of all hours that is idle load: people sleep or are out for more than a fifth."""
_BUSY_PART, _BUSY_WH = 1.5, 30
"""Busy is more than the idle load by a half and a kettle's boil."""

_FADES = 0.99
"""What a rare long silence counts for a day later: a half after ten weeks."""

Day = tuple[int, ...]
"""Watt-hours of 24 hours."""


class Habit(msgspec.Struct, frozen=True):
    """What is usual."""

    busy_above: float = 0.0
    """Watt-hours above which an hour is busy."""
    chance: tuple[float, ...] = ()
    """Of each hour of the day: how often it is busy."""
    typical: tuple[float, ...] = ()
    """Of each hour of the day: watt-hours, the median."""
    most: tuple[int, ...] = ()
    """Of each hour of the day: watt-hours, the most."""
    longest: float = 0.0
    """The longest silence, in missed hours; of long ago it counts for less."""

    def missed(self, hours: Iterable[int]) -> float:
        """How many usually busy hours are among these hours of the day."""
        return sum(self.chance[hour] for hour in hours)


def learned(days: Sequence[Day], before: Habit | None = None) -> Habit:
    """The habit behind *days*, the oldest first; *before* is what was usual yesterday.

    Raises:
        ValueError: there is no known hour in them.
    """
    known = sorted(use for day in days for use in day if use != UNKNOWN)
    if not known:
        raise ValueError("no hour is known")
    busy = known[int(_IDLE * (len(known) - 1))] * _BUSY_PART + _BUSY_WH
    columns = [[day[hour] for day in days if day[hour] != UNKNOWN] or [0] for hour in range(24)]
    chance = tuple((sum(use > busy for use in one) + 1) / (len(one) + 2) for one in columns)
    missed = longest = 0.0
    for day in days:
        for hour, use in enumerate(day):
            missed = 0.0 if use > busy else missed + chance[hour] * (use != UNKNOWN)
            longest = max(longest, missed)
    return Habit(
        busy,
        chance,
        tuple(float(median(one)) for one in columns),
        tuple(max(one) for one in columns),
        max(longest, before.longest * _FADES if before else 0.0),
    )
