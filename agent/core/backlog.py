"""A store that refuses: what is tried before it counts as refusing, and what is kept until it
takes records again.

While nothing can be recorded, only services that say so (`vital`) go on: somebody who lies there
is asked and help is called, whatever the card does. Nothing is promised that could be forgotten.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable

from agent.contract.signals import Heard, Key, Scanned, Signal, Unreadable
from agent.core.clock import Clock
from agent.core.guard import of_store
from agent.core.store.connection import damaged, full
from agent.core.store.content import encode
from agent.core.store.opening import reopen, repair
from agent.core.store.store import Gone, Settled, Store
from agent.effects import Record
from agent.messages import Action, Due

log = logging.getLogger(__name__)

_PAUSES = (0.0, 0.02, 0.1, 0.3)
"""Seconds before each attempt: one transient error is no trouble, and nobody waits for long."""

_AGAIN = 1.0
"""Seconds between looks whether a store that refused takes records again."""

_PATIENCE = 2.0
"""Seconds for which a repair is waited for before the kernel goes on unrecorded."""

_MOST = 10_000
"""Records, and signals, kept in memory; beyond that the oldest go."""


def refuses(error: Exception) -> bool:
    """Whether *error* is the store's, rather than about what it was given."""
    return of_store(error) or isinstance(error, OSError)


class Mending(sqlite3.OperationalError):
    """A repair is under way."""


class _Repair:
    """A repair on a thread of its own: with a long backlog it takes minutes on a card, and
    somebody may be lying on the floor."""

    def __init__(self, work: Callable[[], str]) -> None:
        self._work = work
        self.done = ""
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="store-repair", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.done = self._work()
        except Exception as error:  # raised again where it is waited for
            self.error = error

    def ended(self, timeout: float) -> bool:
        self._thread.join(timeout)
        return not self._thread.is_alive()


class Backlog:
    """What could not be recorded, and when to try again."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.refusing = ""
        """Why the store takes nothing now; empty: it does."""
        self.done: list[str] = []
        """What was repaired, for a person; whoever tells it takes it off."""
        self.anew = False
        """The store is another one: everything that is in memory has to be written to it."""
        self.retry_at = 0.0
        """Boot-time clock of the next look, while it refuses."""
        self._repair: _Repair | None = None
        self._records: deque[tuple[Record, float]] = deque(maxlen=_MOST)
        self._parked: deque[Signal] = deque(maxlen=_MOST)

    def attempt(self, work: Callable[[], None], stop: threading.Event) -> bool:
        """Do *work*, which is one transaction; with repairs and repetitions where it fails.

        Returns:
            False: the store refuses; *work* has left nothing behind.
        """
        error: Exception | None = None
        for pause in _PAUSES:
            if pause and self._clock.wait(stop, beat=pause):
                break
            try:
                if self._repair is not None or not self._store.writable:
                    self._mend(lambda: reopen(self._store))
                work()
            except Mending as mending:
                error = mending
                break
            except Exception as refusal:
                if not refuses(refusal):
                    raise
                if error is None:
                    log.warning("store refuses error=%s", refusal)
                error = refusal
                self._remedy(refusal)
            else:
                self.refusing = ""
                return True
        self.refusing = str(error) or type(error).__name__
        self.retry_at = self._clock.boot() + _AGAIN
        return False

    def mend(self, reason: str) -> None:
        """Somebody who reads the store has found that it is damaged: *reason* is SQLite's."""
        if self._store.writable:
            self._remedy(sqlite3.DatabaseError(reason))

    def _remedy(self, error: Exception) -> None:
        try:
            if not isinstance(error, sqlite3.Error):
                return
            if full(error):
                self._store.make_room()
            elif isinstance(error, Gone) or damaged(error):
                self._mend(lambda: repair(self._store, error))
        except Exception as another:
            if not refuses(another):
                raise
            log.warning("store cannot be helped now error=%s", another)

    def _mend(self, work: Callable[[], str]) -> None:
        """Begin *work*, unless a repair is under way, and wait for it for a while.

        Raises:
            Mending: it is not done yet; the next call asks again.
            OSError, sqlite3.Error: it has failed.
        """
        if self._repair is None:
            self._repair = _Repair(work)
        if not self._repair.ended(_PATIENCE if not self.refusing else 0.0):
            raise Mending("the store is being salvaged")
        repair, self._repair = self._repair, None
        if repair.error is not None:
            raise repair.error
        self.done += [repair.done] if repair.done else []
        self.anew = True

    # -- in place of the store, while it refuses -------------------------------------------

    def append(self, record: Record, at: float) -> None:
        """Keep *record* until it can be written.

        Raises:
            TypeError, ValueError: no store will ever take it.
        """
        if not isinstance(record.subject, str):
            raise TypeError(f"{record.subject!r} is no subject")
        encode(record.data)
        self._records.append((record, at))

    def withdraw(self, kind: str, subject: str, after: int) -> Settled | None:
        """Take back a record that has not been written; what has been may be on its way."""
        for kept in self._records:
            if (kept[0].kind, kept[0].subject) == (kind, subject):
                self._records.remove(kept)
                break
        return None

    def park(self, signal: Signal) -> None:
        """Keep *signal* for the services that cannot act now. A key or a touch is not kept: who
        pressed it has gone by then; nor is a measurement, which comes again."""
        gone = isinstance(signal, Key | Action | Heard | Scanned | Unreadable | Due)
        if not signal.telemetry and not gone:
            self._parked.append(signal)

    def write(self) -> None:
        """Write all that was kept, in an open transaction."""
        for record, at in self._records:
            self._store.append(record, at)

    def written(self) -> list[Signal]:
        """The transaction of `write` is on the disk; returns what was parked."""
        log.warning("store takes records again kept=%d", len(self._records))
        parked = list(self._parked)
        self._records.clear()
        self._parked.clear()
        return parked
