"""What must survive a power cut: records in lanes, service states, reminders, commands seen.

SQLite in WAL mode with ``synchronous=FULL``: one fsync for each commit of the kernel, and
nothing that was committed is lost. Only the kernel's thread writes; others read through
`agent.outbox`.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from agent.clock import Clock
from agent.effects import Lane, Record
from agent.ids import uuid7

log = logging.getLogger(__name__)

_encode_json = msgspec.json.Encoder().encode

_KEEP_ACKED = 5_000
"""Records kept per lane after upstream has them, for people at the kiosk to look at."""

_KEEP_WAITING = {Lane.LIFE: 50_000, Lane.TASK: 100_000, Lane.TELEMETRY: 200_000, Lane.BULK: 50_000}
"""Records that may wait per lane before the oldest are evicted (about 150 MB in all)."""

_KEEP_COMMANDS = 86_400.0 * 7
"""Seconds during which a repeated command is recognised."""


class Undelivered(NamedTuple):
    """A record that will not reach upstream any more as itself."""

    kind: str
    subject: str
    boot: float


class Reminder(NamedTuple):
    """A service's wish to be called at `due` on the boot-time clock."""

    service: str
    name: str
    due: float


class Store:
    """The kernel's side of the database. Every method but `open` wants an open transaction."""

    def __init__(self, db: sqlite3.Connection, path: Path, clock: Clock) -> None:
        self.path = path
        self._db = db
        self._clock = clock

    def close(self) -> None:
        """Write the log back into the database and close; harmless when repeated."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: on the disk when the block has ended, undone when it raised."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # -- records ---------------------------------------------------------------------------

    def append(self, record: Record, at: float) -> str:
        """Put *record* at the end of its lane and return its new id.

        Args:
            record: what upstream must learn.
            at: when it happened, boot-time clock in seconds.
        """
        now, wall = self._clock.boot(), self._clock.wall()
        [sequence] = self._db.execute(
            "UPDATE lanes SET next = next + 1 WHERE lane = ? RETURNING next - 1", (record.lane,)
        ).fetchone()
        identity = uuid7()
        expires = None if record.expires_in is None else at + record.expires_in
        self._db.execute(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
            (
                int(record.lane),
                sequence,
                identity,
                record.kind,
                record.subject,
                _encode_json(record.data).decode(),
                wall - (now - at),
                at,
                self._clock.boot_id,
                self._clock.trusted,
                expires,
            ),
        )
        return identity

    def acknowledge(self, lane: int, through: int) -> list[Undelivered]:
        """Upstream has *lane* up to *through*; returns the records that this settles.

        A sequence beyond our last one (an upstream that mixed up its kiosks) counts as our last.
        """
        acked, last = self._db.execute(
            "SELECT acked, next - 1 FROM lanes WHERE lane = ?", (lane,)
        ).fetchone()
        through = min(through, last)
        if through <= acked:
            return []
        settled = self._db.execute(
            "SELECT kind, subject, boot FROM records"
            " WHERE lane = ? AND sequence > ? AND sequence <= ? AND fate IS NULL",
            (lane, acked, through),
        ).fetchall()
        self._db.execute("UPDATE lanes SET acked = ? WHERE lane = ?", (through, lane))
        self._db.execute("DELETE FROM gaps WHERE lane = ? AND last <= ?", (lane, through))
        self._db.execute(
            "DELETE FROM records WHERE lane = ? AND sequence <= ?", (lane, through - _KEEP_ACKED)
        )
        return [Undelivered(*row) for row in settled]

    def expire(self, now: float) -> list[Undelivered]:
        """Turn every unacknowledged record past its deadline into a tombstone.

        A record from before a reboot counts as expired: how long the machine was off is unknown.
        """
        rows = self._db.execute(
            "UPDATE records SET fate = 'expired' WHERE expires IS NOT NULL AND fate IS NULL"
            " AND (expires <= ? OR boot_id <> ?)"
            " AND sequence > (SELECT acked FROM lanes WHERE lanes.lane = records.lane)"
            " RETURNING kind, subject, boot",
            (now, self._clock.boot_id),
        ).fetchall()
        return [Undelivered(*row) for row in rows]

    def next_expiry(self) -> float | None:
        """Boot-time clock of the earliest deadline among waiting records, None without any."""
        row = self._db.execute(
            "SELECT min(expires) FROM records JOIN lanes USING (lane)"
            " WHERE expires IS NOT NULL AND fate IS NULL AND sequence > acked"
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def set_aside(self, lane: int, sequence: int, reason: str) -> Undelivered | None:
        """Upstream refused this record for good: a tombstone goes in its place, the row stays."""
        row = self._db.execute(
            "UPDATE records SET fate = 'refused', reason = ?"
            " WHERE lane = ? AND sequence = ? AND fate IS NULL RETURNING kind, subject, boot",
            (reason, lane, sequence),
        ).fetchone()
        return None if row is None else Undelivered(*row)

    def make_room(self, lane: Lane, share: float = 0.1) -> int:
        """Evict the oldest waiting records of *lane* and leave a gap that upstream is told.

        Args:
            lane: TELEMETRY or BULK when the disk is full; others only above their limit.
            share: fraction of the waiting records to evict, at least one.

        Returns:
            how many were evicted.
        """
        acked, last = self._db.execute(
            "SELECT acked, next - 1 FROM lanes WHERE lane = ?", (lane,)
        ).fetchone()
        through = acked + max(1, int((last - acked) * share))
        row = self._db.execute(
            "SELECT min(sequence), max(sequence), count(*) FROM records"
            " WHERE lane = ? AND sequence > ? AND sequence <= ?",
            (lane, acked, through),
        ).fetchone()
        first, final, count = row
        self._db.execute("DELETE FROM records WHERE lane = ? AND sequence <= ?", (lane, through))
        if count:
            self._db.execute("INSERT INTO gaps VALUES (?, ?, ?)", (lane, first, final))
        return int(count)

    def overfull(self) -> list[Lane]:
        """Lanes in which more waits than the kiosk is ready to keep."""
        rows = self._db.execute("SELECT lane, next - 1 - acked FROM lanes")
        return [Lane(lane) for lane, waiting in rows if waiting > _KEEP_WAITING[Lane(lane)]]

    # -- states, reminders, commands -------------------------------------------------------

    def states(self) -> Mapping[str, bytes]:
        """The stored state of each service, as msgpack."""
        return dict(self._db.execute("SELECT service, data FROM states"))

    def save_state(self, service: str, data: bytes) -> None:
        """Replace the state of *service*."""
        self._db.execute("INSERT OR REPLACE INTO states VALUES (?, ?)", (service, data))

    def reminders(self) -> list[Reminder]:
        """All reminders; those of an earlier boot are due now, since their rest is unknown."""
        rows = self._db.execute("SELECT service, name, due, boot_id FROM reminders")
        now = self._clock.boot()
        return [
            Reminder(service, name, due if boot_id == self._clock.boot_id else now)
            for service, name, due, boot_id in rows
        ]

    def remind(self, service: str, name: str, due: float | None) -> None:
        """Set, move or (with None) forget a reminder; *due* on the boot-time clock."""
        if due is None:
            self._db.execute(
                "DELETE FROM reminders WHERE service = ? AND name = ?", (service, name)
            )
        else:
            self._db.execute(
                "INSERT OR REPLACE INTO reminders VALUES (?, ?, ?, ?)",
                (service, name, due, self._clock.boot_id),
            )

    def first_time(self, command_id: str) -> bool:
        """Remember a command; False when it was seen before."""
        wall = self._clock.wall()
        self._db.execute("DELETE FROM commands WHERE wall < ?", (wall - _KEEP_COMMANDS,))
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO commands VALUES (?, ?)", (command_id, wall)
        )
        return cursor.rowcount == 1

    def last_boot(self) -> str:
        """Boot id under which the store was last opened; empty for a new store."""
        row = self._db.execute("SELECT value FROM facts WHERE name = 'boot'").fetchone()
        return "" if row is None else str(row[0])

    def note_boot(self) -> None:
        """Remember that the store is in use under this boot."""
        self._db.execute("INSERT OR REPLACE INTO facts VALUES ('boot', ?)", (self._clock.boot_id,))
