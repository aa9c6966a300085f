"""What `linli records` tells of all orders together."""

from __future__ import annotations

from agent.core.store.outbox import Outgoing
from agent.technician.records import waits


def timed(data: str) -> Outgoing:
    """A record of how long an order took."""
    return Outgoing(2, 1, "i", "taxi.timed", "o", data, 0.0, 0.0, "b", True, None, None, 1)


def test_median_and_95th_percentile_of_a_car() -> None:
    """Of the orders that found one; how many were measured is said."""
    records = [timed(f'{{"to_car_s": {n}, "to_boarding_s": null}}') for n in range(1, 101)]
    records += [timed('{"to_car_s": null}'), timed("spoiled")]
    told = waits(records)
    assert told.startswith("102 orders") and "to the car: median 50 s, p95 95 s, n 100" in told
    assert "boarding" not in told


def test_nothing_is_told_of_no_orders() -> None:
    """No figure nobody measured."""
    assert waits([]) == ""
