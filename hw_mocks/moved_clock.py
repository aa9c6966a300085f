"""A clock that can be moved, for the daemon under `hw_mocks.daemon` and its child processes.

`advance` goes from one moment at which something is due to the next: each finds the clock at
its own moment, and all that comes of it is done before the clock goes on. Mere beats (retries,
proofs of life) that fall into a long quiet stretch happen a few times, not thousands of times.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable

import msgspec

from agent.contract.clock import Silence
from agent.core.clock import Clock

_STRIDES = 16
"""An advance without anything due goes in so many steps."""
_SHORTEST = 1.0
"""Seconds: no step is made shorter for the sake of beats."""
_LOOK = 0.001
"""Real seconds between looks whether all is quiet."""
_PATIENCE = 3.0
"""Real seconds for which a busy thread is waited for: it may hang on an upstream that is slow."""
_AGAIN = 20
"""Looks before a step that find somebody woken just then; who never waits again is let be."""
_GRACE = 3.0
"""Real seconds that a device gets after each move to make itself heard: a stand-in whose line was
written to pauses for two."""


class Moved(msgspec.Struct):
    """How far a clock is from the machine's own."""

    boot: float = 0.0
    """Seconds that the boot-time clock is ahead."""
    wall: float = 0.0
    """Seconds that the wall clock is ahead."""
    network_time: bool | None = None
    """Whether a time server is to have been asked; None: as on this machine."""


class _Wait:
    """One thread that waits."""

    def __init__(
        self,
        condition: threading.Condition,
        ready: Callable[[], bool],
        due: float | None,
        beat: float | None,
    ) -> None:
        self.thread = threading.current_thread()
        self.condition = condition
        self.ready = ready
        self.due = due
        self.until = min((t for t in (due, beat) if t is not None), default=None)


class MovedClock(Clock):
    """The machine's clocks and *moved*; knows who waits, and wakes them when it is moved."""

    def __init__(self, moved: Moved) -> None:
        super().__init__()
        self.moved = moved
        self._lock = threading.RLock()
        self._waits: set[_Wait] = set()
        self._busy: dict[threading.Thread, float] = {}
        """Threads that were woken and do not wait again yet → since when, in real time."""
        self._silences: weakref.WeakSet[_MovedSilence] = weakref.WeakSet()
        self.moved_at = float("-inf")
        """Real boot-time clock of the last move."""

    # -- the clock -------------------------------------------------------------------------

    def boot(self) -> float:
        return super().boot() + self.moved.boot

    def wall(self) -> float:
        return super().wall() + self.moved.wall

    @property
    def trusted(self) -> bool:
        return super().trusted if self.moved.network_time is None else self.moved.network_time

    def wait(
        self, event: threading.Event, due: float | None = None, beat: float | None = None
    ) -> bool:
        # An event can be waited for by its own condition only, which it does not show.
        condition: threading.Condition = event._cond  # type: ignore[attr-defined]
        with condition:
            return self.wait_for(condition, event.is_set, due, beat)

    def wait_for(
        self,
        condition: threading.Condition,
        holds: Callable[[], bool],
        due: float | None = None,
        beat: float | None = None,
    ) -> bool:
        now = self.boot()
        wait = _Wait(condition, holds, _after(now, due), _after(now, beat))
        with self._lock:
            self._waits.add(wait)
            self._busy.pop(wait.thread, None)
        try:
            while not holds():
                left = None if wait.until is None else wait.until - self.boot()
                if left is not None and left <= 0:
                    return False
                condition.wait(left)
            return True
        finally:
            with self._lock:
                self._waits.discard(wait)
                # After a mere beat, too: what is due next is not known before they wait again.
                self._busy[wait.thread] = time.monotonic()

    def silence(self, limit_s: float) -> Silence:
        silence = _MovedSilence(self, limit_s)
        with self._lock:
            self._silences.add(silence)
        return silence

    # -- moving it -------------------------------------------------------------------------

    def advance(
        self,
        seconds: float,
        moving: Callable[[float], None] = lambda seconds: None,
        moved: Callable[[], None] = lambda: None,
    ) -> None:
        """Let *seconds* pass, and return when all that came due is done.

        Args:
            moving: called before each step, with its length.
            moved: called after each.
        """
        stride = max(_SHORTEST, seconds / _STRIDES)
        left, again = seconds, _AGAIN
        while left > 0:
            self._settle()
            with self._lock:
                busy = self._anybody_busy()
                due = self._next_due()
            if busy and again:  # woken in this very moment: what is due is not known
                again -= 1
                continue
            again = _AGAIN
            step = min(left, stride)
            if due is not None:
                step = min(step, max(_LOOK, due - self.boot()))
            left -= step
            moving(step)
            self.set(Moved(self.moved.boot + step, self.moved.wall + step, self.moved.network_time))
            moved()
        self.settle()

    def set(self, moved: Moved) -> None:
        """Be as far from the machine's clock as *moved* says, and wake who waits."""
        if moved.boot != self.moved.boot:
            self.moved_at = super().boot()
        self.moved = moved
        with self._lock:
            waits = list(self._waits)
        for wait in waits:
            with wait.condition:
                wait.condition.notify_all()

    def settle(self) -> None:
        """Wait until all that is due is done, and each device that was silent has been heard or
        given up."""
        self._settle()
        give_up = time.monotonic() + _GRACE + _PATIENCE
        while any(s.pending for s in self._overheard()) and time.monotonic() < give_up:
            time.sleep(_LOOK)
        self._settle()

    def _overheard(self) -> list[_MovedSilence]:
        with self._lock:
            return list(self._silences)

    def _settle(self) -> None:
        """Wait until nobody is busy: twice in a row, for one may hand on to another."""
        quiet = 0
        give_up = time.monotonic() + _PATIENCE
        while quiet < 2 and time.monotonic() < give_up:
            quiet = 0 if self._anybody_busy() else quiet + 1
            time.sleep(_LOOK)

    def _anybody_busy(self) -> bool:
        now = time.monotonic()
        with self._lock:
            self._busy = {thread: at for thread, at in self._busy.items() if thread.is_alive()}
            if any(now - at < _PATIENCE for at in self._busy.values()):
                return True
            return any(wait.ready() or self._overdue(wait) for wait in self._waits)

    def _overdue(self, wait: _Wait) -> bool:
        return wait.due is not None and wait.due <= self.boot()

    def _next_due(self) -> float | None:
        with self._lock:
            return min((wait.due for wait in self._waits if wait.due is not None), default=None)


class _MovedSilence(Silence):
    """A move proves nothing about a device that sends in real time: it gets a moment."""

    clock: MovedClock

    def __init__(self, clock: MovedClock, limit_s: float) -> None:
        super().__init__(clock, limit_s)
        self._told = False

    def heard(self) -> None:
        super().heard()
        self._told = False

    @property
    def over(self) -> bool:
        since_move = time.clock_gettime(time.CLOCK_BOOTTIME) - self.clock.moved_at
        self._told = super().over and since_move >= min(_GRACE, self.limit_s)
        return self._told

    @property
    def pending(self) -> bool:
        """Whether it would be over but for the moment that the device gets."""
        return super().over and not self._told


def _after(now: float, seconds: float | None) -> float | None:
    return None if seconds is None else now + seconds
