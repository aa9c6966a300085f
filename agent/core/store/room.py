"""Room on the disk: a reserve of pages for lane 0, and what is given up when there is no more."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from agent.core.store.connection import preallocate
from agent.core.store.lanes import NOTHING, Counter
from agent.core.store.pages import PAGE
from agent.effects import Lane

_KEEP_WAITING = {Lane.TASK: 100_000, Lane.TELEMETRY: 200_000, Lane.BULK: 50_000}
"""Records that may wait per lane while upstream takes none or the disk is short. Lane 0 is
never given up."""

_RESERVE, _CHUNK = 256, 16_000
"""Rows of the reserve, and bytes in each: four pages. A record of lane 0 takes a fifth of one."""

_REFILL = 32
"""Rows that are put back at a time: half a megabyte."""

_LEAST_FREE = 64 << 20
"""Bytes of free disk below which it counts as short, and the reserve is not refilled."""

_AHEAD = 256 * PAGE
"""Bytes by which the file is made longer at a time."""

_TAKES = 600.0
"""Seconds since the last receipt (or the start) during which upstream counts as taking."""


class Room:
    """What one store may use of the disk."""

    def __init__(self, db: sqlite3.Connection, path: Path, writable: bool) -> None:
        self._db = db
        self._path = path
        self.short = False
        """The disk is full: what is left of the file is for lane 0."""
        self._taken_at: float | None = None
        # Never closed before the connection: to close a file gives up SQLite's locks on it.
        self._file = os.open(path, os.O_RDWR) if writable else -1

    def close(self) -> None:
        """Harmless when repeated. The connection must have been closed."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

    def grow(self) -> None:
        """Before a commit: see that the file has room for it. Else the log takes it, which has
        room, and cannot be written back.

        Raises:
            sqlite3.OperationalError: the disk is full.
        """
        [pages] = self._db.execute("PRAGMA page_count").fetchone()
        if pages * PAGE <= os.fstat(self._file).st_size:
            return
        try:
            os.posix_fallocate(self._file, 0, pages * PAGE + (0 if self.short else _AHEAD))
        except OSError as error:
            raise sqlite3.OperationalError(f"database or disk is full: {error}") from error

    def upstream_takes(self, now: float) -> None:
        """A receipt has come, at *now* of the boot-time clock."""
        self._taken_at = now

    def overfull(self, lanes: Mapping[int, Counter], now: float) -> list[Lane]:
        """Lanes over their size, least urgent first; none while disk and upstream are well."""
        if self._taken_at is None:
            self._taken_at = now
        if now - self._taken_at < _TAKES and self._free() > _LEAST_FREE:
            return []
        return [
            lane
            for lane in self.givable
            if lanes[lane].next - 1 - lanes[lane].acked > _KEEP_WAITING[lane]
        ]

    def _free(self) -> int:
        try:
            return shutil.disk_usage(self._path.parent).free
        except OSError:
            return 0

    @property
    def givable(self) -> list[Lane]:
        """Lanes whose oldest records may be given up, least urgent first."""
        return sorted(_KEEP_WAITING, reverse=True)

    def free_log(self) -> None:
        """See that the log begins anew, over what it held."""
        self._db.execute("PRAGMA wal_checkpoint(RESTART)")

    def spend(self) -> int:
        """Give up a part of the reserve: from here on room is for lane 0. Returns how many rows."""
        return self._db.execute(
            "DELETE FROM reserve WHERE number IN (SELECT number FROM reserve LIMIT 8)"
        ).rowcount

    def evict(self, lane: int, counter: Counter) -> int:
        """Give up the oldest tenth of what waits in *lane*; returns how many that is."""
        row = self._db.execute(
            "SELECT min(sequence), count(*) FROM records WHERE lane = ? AND sequence > ?",
            (lane, counter.acked),
        ).fetchone()
        first, count = row
        if not count:
            return 0
        through = first + max(1, count // 10) - 1
        gone = self._db.execute(
            "DELETE FROM records WHERE lane = ? AND sequence > ? AND sequence <= ?",
            (lane, counter.acked, through),
        ).rowcount
        # The chain goes on behind the range: of its links only the last is kept.
        self._db.execute(
            "DELETE FROM links WHERE lane = ? AND sequence > ? AND sequence < ?",
            (lane, counter.acked, through),
        )
        self._db.execute(
            "UPDATE links SET salt = NULL, commitment = ? WHERE lane = ? AND sequence = ?",
            (NOTHING, lane, through),
        )
        self._db.execute("INSERT INTO gaps VALUES (?, ?, ?)", (lane, first, through))
        return gone

    def give_up(self, lane: int, sequence: int) -> None:
        """The record that has just got its link is not kept: a gap tells of it."""
        self._db.execute(
            "DELETE FROM links WHERE lane = ? AND sequence = ? AND commitment = ?",
            (lane, sequence - 1, NOTHING),
        )
        self._db.execute("INSERT INTO gaps VALUES (?, ?, ?)", (lane, sequence, sequence))

    def refill(self) -> None:
        """Put back some of the reserve where the disk has room, in an open transaction."""
        if self._free() < _LEAST_FREE:
            return
        if not preallocate(self._path):
            return
        self.short = False
        [here] = self._db.execute("SELECT count(*) FROM reserve").fetchone()
        for _ in range(min(_REFILL, _RESERVE - here)):
            self._db.execute("INSERT INTO reserve (filler) VALUES (zeroblob(?))", (_CHUNK,))
        if here >= _RESERVE:
            # Software of before kept a file for this.
            self._path.with_name("reserve").unlink(missing_ok=True)
