"""Time as drivers and the daemon are given it: nobody reads the machine's clock by themselves.

All durations are seconds of the boot-time clock. Who waits says for what: *due* is a moment at
which something happens; *beat* is a mere look around (a retry, a proof of life), and may come
later than asked when time is moved.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

EAST_S = 8 * 3600
"""China has one zone, eight hours ahead of UTC, and no summer time."""


class BootClock:
    """Seconds since boot, and waiting for them to pass."""

    child: tuple[str, ...] = ("-m", "agent.core.child")
    """Arguments with which Python becomes a child process that lives by this clock."""

    def boot(self) -> float:
        """Seconds since boot, suspend included; never steps."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def wait(
        self, event: threading.Event, due: float | None = None, beat: float | None = None
    ) -> bool:
        """Wait until *event* is set, at most *due* and *beat* seconds; whether it is set."""
        return event.wait(_sooner(due, beat))

    def wait_for(
        self,
        condition: threading.Condition,
        holds: Callable[[], bool],
        due: float | None = None,
        beat: float | None = None,
    ) -> bool:
        """Wait until *holds*, under *condition*, at most *due* and *beat* seconds; whether it
        does."""
        return condition.wait_for(holds, _sooner(due, beat))

    def silence(self, limit_s: float) -> Silence:
        """A watch over a device that must be heard at least every *limit_s* seconds."""
        return Silence(self, limit_s)


class Silence:
    """Tells when nothing was heard for too long; begins with having heard."""

    def __init__(self, clock: BootClock, limit_s: float) -> None:
        self.clock = clock
        self.limit_s = limit_s
        self._since = clock.boot()

    def heard(self) -> None:
        """The device has just been heard."""
        self._since = self.clock.boot()

    @property
    def over(self) -> bool:
        """Whether it was silent for too long."""
        return self.clock.boot() - self._since >= self.limit_s


def _sooner(due: float | None, beat: float | None) -> float | None:
    if due is None or beat is None:
        return beat if due is None else due
    return min(due, beat)
