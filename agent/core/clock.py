"""Time on a machine without a clock chip: durations from the boot clock, dates with a doubt."""

from __future__ import annotations

import time
from pathlib import Path

from agent.contract.clock import BootClock

_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd makes this file at its first contact with a time server."""

_AGREEMENT = 5.0
"""Seconds by which our wall clock may differ from upstream's and still count as right."""


class Clock(BootClock):
    """The boot-time clock, boot id and wall time; knows whether the wall clock may be trusted."""

    def __init__(self) -> None:
        self.boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        self._agreed = False

    def wall(self) -> float:
        """Seconds since 1970 as the machine believes; may be years off before the first sync."""
        return time.time()

    @property
    def time_of_day(self) -> float | None:
        """`wall`, where it may be trusted."""
        return self.wall() if self.trusted else None

    def compare(self, upstream_wall: float) -> None:
        """Note upstream's time of day, as read in a reply that has just arrived."""
        self._agreed = abs(upstream_wall - self.wall()) <= _AGREEMENT

    @property
    def trusted(self) -> bool:
        """True when a time server or upstream has confirmed the wall clock."""
        return self._agreed or _SYNCHRONISED.exists()
