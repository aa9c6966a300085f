"""How full each bin was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from agent.charts import Chart, Curve
from agent.services.bins.messages import BinEmptied, BinFault, BinFull, BinLevel, BinRecord
from agent.services.bins.settings import BinSettings


def charts(bins: Mapping[str, BinSettings]) -> Sequence[Chart]:
    """A curve of each bin, with the levels at which its task begins and ends."""
    if not bins:
        return ()
    return (
        Curve(
            "bin level",
            {name: one.name for name, one in bins.items()},
            (BinLevel, BinFull, BinEmptied, BinFault),
            _level,
            "%",
            # A reminder late by a quarter is no gap: it waits for a restart, say
            {name: one.level_every_h * 3600 * 1.25 for name, one in bins.items()},
            low=0,
            high=100,
            marks={
                name: (
                    (one.raise_percent, "a task is made"),
                    (one.clear_percent, "counts as emptied"),
                )
                for name, one in bins.items()
            },
        ),
    )


def _level(record: BinRecord) -> Iterable[tuple[str, float | None]]:
    match record:
        case BinEmptied(by="crew"):
            return ()  # the last that was known before the sensor failed
        case BinLevel(percent=percent) | BinFull(percent=percent) | BinEmptied(percent=percent):
            return ((record.bin, percent),)
    return ((record.bin, None),)
