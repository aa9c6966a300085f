"""What a household used in each hour of this day: no more than its watch keeps in the kiosk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from agent.charts import Chart, Hours
from agent.services.power.habit import UNKNOWN
from agent.services.power.service import Power, PowerState
from agent.services.power.settings import PowerSettings


def charts(households: Mapping[str, PowerSettings]) -> Sequence[Chart]:
    """The hours of each household."""
    if not households:
        return ()
    names = {name: one.name for name, one in households.items()}
    return (Hours("electricity of this day, beside the usual", Power.name, names, _hours, "W.h"),)


def _hours(
    stored: bytes,
) -> Iterable[tuple[str, int, Sequence[float | None], Sequence[float]]]:
    state = msgspec.msgpack.decode(stored, type=PowerState)
    for name, watch in state.households.items():
        if watch.hour is not None:
            hours = [None if use == UNKNOWN else float(use) for use in watch.today]
            yield name, watch.hour // 24, hours, watch.habit.typical if watch.habit else ()
