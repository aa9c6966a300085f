"""A technician takes things out of kiosk.toml while a task about them is open."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from agent.services.removed import REASON
from hw_mocks.workbench import Workbench
from tests.waiting import wait_for

REGISTER = {"register": 6, "quantity": "pressure", "unit": "MPa", "scale": 0.001}
READING = {
    "name": "水压", "device": "water", "quantity": "pressure", "below": 0.15, "hold_s": 0,
}  # fmt: skip
SETTINGS: dict[str, Any] = {
    "buses": {"water": {"port": "/dev/none", "baud": 9600}},
    "drivers": {
        "water": {
            "type": "modbus",
            "bus": "water",
            "address": 12,
            "function": 4,
            "interval_s": 1,
            "registers": {"pressure": REGISTER},
        }
    },
    "readings": {"cellar": READING, "attic": READING},
}


def test_its_task_ends_upstream_with_the_reason(tmp_path: Path) -> None:
    """Once, at the next start; the task of the other reading goes on, and ends by its device."""
    with Workbench(tmp_path, settings=SETTINGS) as bench:
        bench.start()
        bench.devices["water"].set({"pressure": 0.1})
        wait_for(lambda: len(_of(bench, "reading.task")) == 2, 20)
    [task] = [one["task"] for one in _of(bench, "reading.task") if one["reading"] == "attic"]
    left = copy.deepcopy(SETTINGS)
    del left["readings"]["attic"]
    with Workbench(tmp_path, settings=left) as bench:
        bench.start()
        wait_for(lambda: _of(bench, "reading.removed"), 20)
        bench.restart()
        bench.devices["water"].set({"pressure": 0.3})
        wait_for(lambda: _of(bench, "reading.done"), 20)
    assert _of(bench, "reading.removed") == [{"reading": "attic", "task": task, "reason": REASON}]
    assert [one["reading"] for one in _of(bench, "reading.done")] == ["cellar"]


def _of(bench: Workbench, kind: str) -> list[dict[str, Any]]:
    """What upstream has of this kind."""
    return [dict(event.data) for event in bench.upstream.received if event.kind == kind]
