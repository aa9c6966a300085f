"""Where every signal waits for the kernel: bounded for telemetry, never full for people."""

from __future__ import annotations

import threading
from collections import deque
from time import monotonic

import msgspec

from agent.contract.signals import Signal
from agent.core.clock import Clock
from agent.core.ids import uuid7

_LINGER, _BURST = 0.002, 0.05
"""Seconds to wait for as many signals as came last time, and within which of that time: those
who waited for the last commit come again together, and share the next."""

_TELEMETRY_LIMIT = 2_000
"""Signals waiting above which telemetry is dropped; the kernel takes them all at once."""


class Inbox:
    """A queue that never blocks its emitters. Keys, alarms and replies are never dropped."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: deque[Signal] = deque()
        lock = threading.RLock()
        self._change = threading.Condition(lock)
        self._done = threading.Condition(lock)  # who waits for a commit is not woken by each put
        self._put = 0
        self._handled = 0
        self._in_hand = 0
        self._woken = False
        self._last, self._taken_at = 0, 0.0
        self.dropped = 0
        """Telemetry signals dropped since the start."""

    def put(self, signal: Signal) -> None:
        """Add *signal*, stamped with time and id where it has none. Called from any thread."""
        with self._change:
            if signal.telemetry and len(self._waiting) >= _TELEMETRY_LIMIT:
                self.dropped += 1
                return
            self._waiting.append(
                msgspec.structs.replace(
                    signal, at=signal.at or self._clock.boot(), id=signal.id or uuid7()
                )
            )
            self._put += 1
            self._change.notify_all()

    def take(self, due: float | None, beat: float | None = None) -> list[Signal]:
        """All that waits, after at most *due* and *beat* seconds (see `BootClock.wait`); the
        batch counts as handled at the next call."""
        with self._change:
            self._handled += self._in_hand
            self._in_hand = 0
            self._done.notify_all()
            self._clock.wait_for(
                self._change, lambda: bool(self._waiting) or self._woken, due, beat
            )
            if self._waiting and self._last > 1 and monotonic() - self._taken_at < _BURST:
                self._change.wait_for(lambda: len(self._waiting) >= self._last, _LINGER)
            self._woken = False
            batch = list(self._waiting)
            self._waiting.clear()
            self._in_hand = len(batch)
            if batch:
                self._last, self._taken_at = len(batch), monotonic()
            return batch

    def settle(self, timeout: float) -> bool:
        """Wait until all that was put before this call is committed; False after *timeout* s."""
        with self._done:
            target = self._put
            return self._done.wait_for(lambda: self._handled >= target, timeout)

    def wake(self) -> None:
        """End a `take` early, with an empty batch."""
        with self._change:
            self._woken = True
            self._change.notify_all()
