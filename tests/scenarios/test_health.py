"""Health readings before a real kiosk: what reaches its disk."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from hw_mocks.bluetooth import DBUS_DAEMON
from hw_mocks.workbench import Workbench
from tests.waiting import wait_for

pytest.importorskip("bleak")

SETTINGS = {
    "drivers": {"cuff": {"type": "health_meter", "address": "00:11:22:33:44:55"}},
    "health": {"cuff": "cuff", "keep_days": 30},
}


@pytest.mark.skipif(DBUS_DAEMON is None, reason="apt-get install dbus")
def test_no_reading_is_on_the_disk_that_nobody_consented_to_send(tmp_path: Path) -> None:
    """One that was shown, kept for the visit and compared: in no store, log, cache or letter."""
    with Workbench(tmp_path, settings=SETTINGS) as bench:
        bench.start()

        def shows(screen: str) -> bool:
            return bench.page.snapshot is not None and bench.page.snapshot.screen == screen

        def measured(systolic: int) -> None:
            wait_for(lambda: shows("health.waiting"))
            bench.devices["cuff"].set({"systolic": systolic, "diastolic": 83, "pulse": 71})
            wait_for(lambda: shows("health.pressure"), 20)

        wait_for(lambda: bench.page.touch("health.open"))
        measured(137)
        wait_for(lambda: bench.page.touch("health.keep"))
        wait_for(lambda: bench.page.touch("health.keep.visit"))
        wait_for(lambda: bench.page.touch("health.again"))
        measured(139)
        bench.restart()
        assert shows("home")
    secrets = [b"systolic", b"137.0", b"139.0", *(struct.pack(">d", one) for one in (137, 139, 83))]
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert files
    for path in [*files, tmp_path / "daemon.log"]:
        content = path.read_bytes()
        assert not [secret for secret in secrets if secret in content], path
