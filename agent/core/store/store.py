"""What must survive a power cut: records in lanes, service states, reminders, commands seen.

SQLite in WAL mode with ``synchronous=FULL``: one fsync for each commit of the kernel, and
nothing that was committed is lost. Only the kernel's thread writes; others read through
`agent.core.store.outbox`.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from agent.core.clock import Clock
from agent.core.ids import uuid7
from agent.effects import Lane, Record

log = logging.getLogger(__name__)

_encode_json = msgspec.json.Encoder().encode

_KEEP_ACKED = 5_000
"""Records kept per lane after upstream has them, for people at the kiosk to look at."""

_KEEP_WAITING = {Lane.LIFE: 50_000, Lane.TASK: 100_000, Lane.TELEMETRY: 200_000, Lane.BULK: 50_000}
"""Records that may wait per lane before the oldest are evicted (about 150 MB in all)."""

_RESERVE = 1_000_000
"""Bytes kept occupied beside the database, given up when the disk is full."""

_KEEP_COMMANDS = 10_000
"""Commands that are recognised when they are repeated; by count, for no clock can be trusted."""


class Settled(NamedTuple):
    """A record whose fate is known: delivered, expired or refused."""

    lane: int
    sequence: int
    kind: str
    subject: str


class Reminder(NamedTuple):
    """A service's wish to be called at `due` on the boot-time clock."""

    service: str
    name: str
    due: float


class Store:
    """The kernel's side of the database. What writes wants an open transaction, or says so."""

    def __init__(self, db: sqlite3.Connection, path: Path, clock: Clock) -> None:
        self._reserve = path.with_name("reserve")
        self._short = False  # whether it was said that there is no room for it
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

    def acknowledge(self, lane: int, through: int) -> list[Settled]:
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
            "SELECT lane, sequence, kind, subject FROM records"
            " WHERE lane = ? AND sequence > ? AND sequence <= ? AND fate IS NULL",
            (lane, acked, through),
        ).fetchall()
        self._db.execute("UPDATE lanes SET acked = ? WHERE lane = ?", (through, lane))
        self._db.execute("DELETE FROM gaps WHERE lane = ? AND last <= ?", (lane, through))
        self._db.execute(
            "DELETE FROM records WHERE lane = ? AND sequence <= ?", (lane, through - _KEEP_ACKED)
        )
        return [Settled(*row) for row in settled]

    def expire(self, now: float) -> list[Settled]:
        """Turn every unacknowledged record past its deadline into a tombstone.

        A record from before a reboot counts as expired: how long the machine was off is unknown.
        """
        rows = self._db.execute(
            "UPDATE records SET fate = 'expired' WHERE expires IS NOT NULL AND fate IS NULL"
            " AND (expires <= ? OR boot_id <> ?)"
            " AND sequence > (SELECT acked FROM lanes WHERE lanes.lane = records.lane)"
            " RETURNING lane, sequence, kind, subject",
            (now, self._clock.boot_id),
        ).fetchall()
        return [Settled(*row) for row in rows]

    def withdraw(self, kind: str, subject: str, after: int) -> Settled | None:
        """Make a tombstone of the waiting lane-0 record *kind* about *subject*.

        Args:
            kind, subject: of the record.
            after: only behind this sequence; what is before may have been sent.
        """
        row = self._db.execute(
            "UPDATE records SET fate = 'withdrawn' WHERE lane = 0 AND kind = ? AND subject = ?"
            " AND sequence > ? AND fate IS NULL"
            " AND sequence > (SELECT acked FROM lanes WHERE lanes.lane = 0)"
            " RETURNING lane, sequence, kind, subject",
            (kind, subject, after),
        ).fetchone()
        return None if row is None else Settled(*row)

    def next_expiry(self) -> float | None:
        """Boot-time clock of the earliest deadline among waiting records, None without any.

        A deadline of an earlier boot is 0: passed, as `expire` counts it.
        """
        row = self._db.execute(
            "SELECT min(CASE WHEN boot_id = ? THEN expires ELSE 0 END)"
            " FROM records JOIN lanes USING (lane)"
            " WHERE expires IS NOT NULL AND fate IS NULL AND sequence > acked",
            (self._clock.boot_id,),
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def set_aside(self, lane: int, sequence: int, reason: str) -> Settled | None:
        """Upstream refused this record for good: a tombstone goes in its place, the row stays."""
        row = self._db.execute(
            "UPDATE records SET fate = 'refused', reason = ?"
            " WHERE lane = ? AND sequence = ? AND fate IS NULL"
            " RETURNING lane, sequence, kind, subject",
            (reason, lane, sequence),
        ).fetchone()
        return None if row is None else Settled(*row)

    def evict(self, lane: Lane) -> int:
        """Give up the oldest tenth of what waits in *lane*, in a transaction of its own.

        A gap stays in their place, so that upstream learns of it. On a full disk the reserve
        makes the room that this needs; `maintain` takes it back.

        Returns:
            how many records were given up.
        """
        self._reserve.unlink(missing_ok=True)
        with self.transaction():
            evicted = self._evict(lane)
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return evicted

    def _evict(self, lane: Lane) -> int:
        first, count = self._db.execute(
            "SELECT min(sequence), count(*) FROM records JOIN lanes USING (lane)"
            " WHERE lane = ? AND sequence > acked",
            (lane,),
        ).fetchone()
        if not count:
            return 0
        through = first + max(1, count // 10) - 1
        gone = self._db.execute(
            "DELETE FROM records WHERE lane = ? AND sequence <= ?", (lane, through)
        ).rowcount
        self._db.execute("INSERT INTO gaps VALUES (?, ?, ?)", (lane, first, through))
        return gone

    def maintain(self) -> None:
        """Keep what waits within its limits, and the reserve in place. No transaction needed.

        Raises:
            sqlite3.OperationalError: the disk is full.
        """
        rows = self._db.execute("SELECT lane, next - 1 - acked FROM lanes").fetchall()
        for lane, waiting in rows:
            if waiting > _KEEP_WAITING[Lane(lane)]:
                log.warning("lane overfull lane=%d evicted=%d", lane, self.evict(Lane(lane)))
        if not self._reserve.exists():
            self._keep_reserve()

    def _keep_reserve(self) -> None:
        try:
            self._reserve.write_bytes(bytes(_RESERVE))
        except OSError as error:
            self._reserve.unlink(missing_ok=True)
            if not self._short:
                log.warning("no room for a reserve path=%s error=%s", self._reserve, error)
            self._short = True
        else:
            self._short = False

    def last_sequences(self) -> dict[int, int]:
        """The last sequence given in each lane."""
        return dict(self._db.execute("SELECT lane, next - 1 FROM lanes"))

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
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO commands VALUES (?, ?)", (command_id, self._clock.wall())
        )
        if cursor.rowcount != 1:
            return False
        self._db.execute(
            "DELETE FROM commands WHERE rowid <= (SELECT max(rowid) FROM commands) - ?",
            (_KEEP_COMMANDS,),
        )
        return True

    def last_boot(self) -> str:
        """Boot id under which the store was last opened; empty for a new store."""
        row = self._db.execute("SELECT value FROM facts WHERE name = 'boot'").fetchone()
        return "" if row is None else str(row[0])

    def note_alive(self) -> None:
        """A small real write: that it reaches the disk proves that records would."""
        self._db.execute(
            "INSERT OR REPLACE INTO facts VALUES ('alive', ?)", (str(self._clock.wall()),)
        )

    def note_boot(self) -> None:
        """Remember that the store is in use under this boot."""
        self._db.execute("INSERT OR REPLACE INTO facts VALUES ('boot', ?)", (self._clock.boot_id,))
