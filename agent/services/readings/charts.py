"""How each number was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent.charts import Chart, Curve
from agent.services.readings.messages import ReadingValue
from agent.services.readings.settings import ReadingSettings


def charts(readings: Mapping[str, ReadingSettings]) -> Sequence[Chart]:
    """A curve of each, with its limits."""
    if not readings:
        return ()
    return (
        Curve(
            "readings",
            {name: one.name for name, one in readings.items()},
            (ReadingValue,),
            lambda record: ((record.reading, record.value),),
            lambda record: record.unit,
            {name: one.every_h * 3600 * 1.25 for name, one in readings.items()},
            marks={
                name: tuple(
                    (limit, "a task is made")
                    for limit in (one.above, one.below)
                    if limit is not None
                )
                for name, one in readings.items()
            },
        ),
    )
