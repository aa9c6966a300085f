"""Which devices worked, and when."""

from __future__ import annotations

from collections.abc import Sequence

from agent.charts import Chart, Spans
from agent.services.devices.messages import DeviceFound, DeviceLost


def charts(_: object) -> Sequence[Chart]:
    """A row of each device that has failed in the time for which there are records."""
    return (
        Spans(
            "devices that failed",
            None,
            (DeviceLost, DeviceFound),
            lambda record: ((record.device, "down" if isinstance(record, DeviceLost) else "up"),),
            {"up": ("works", "good"), "down": ("down", "bad")},
        ),
    )
