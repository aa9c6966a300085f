"""How long a car took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.charts import Chart, Times
from agent.services.taxi.messages import OrderTimed

AIM_S = 300
"""Seconds to a car that the first taxi screens of the district aimed at."""


def charts(_: object) -> Sequence[Chart]:
    """From the key to the car, and to boarding."""
    names = {"to_car_s": "from the key to a car", "to_boarding_s": "from the key to boarding"}
    return (Times("taxi", names, (OrderTimed,), _times, AIM_S),)


def _times(record: OrderTimed) -> Iterable[tuple[str, float]]:
    if record.to_car_s is not None:
        yield "to_car_s", record.to_car_s
    if record.to_boarding_s is not None:
        yield "to_boarding_s", record.to_boarding_s
