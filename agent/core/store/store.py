"""What must survive a power cut: records in lanes, service states, reminders, commands seen.

SQLite in WAL mode with ``synchronous=FULL``: one fsync for each commit of the kernel, and
nothing that was committed is lost. Only the kernel's thread writes; others read through
`agent.core.store.outbox`.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from agent.core.clock import Clock
from agent.core.store import connection
from agent.core.store.content import encode
from agent.core.store.epochs import begin_epoch, current_epoch, insert
from agent.core.store.erasing import empty_log, erase_old
from agent.core.store.lanes import Lanes
from agent.core.store.room import Room
from agent.effects import Lane, Record
from agent.records import Retention

log = logging.getLogger(__name__)

_KEEP_ACKED = 5_000
"""Records kept per lane after upstream has them, for people at the kiosk to look at."""

_SOON_S = 600.0
"""Of an earlier boot, what was due within this time is due at once."""

_KEEP_COMMANDS = 10_000
"""Commands that are recognised when they are repeated; by count, for no clock can be trusted."""


_SESSION_DAYS = 1 / 24
"""For which the content of a resident's session is kept when upstream has it."""

_ERASE_S = 3600.0
"""Seconds between looks what is to be erased."""


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


class NotOurs(Exception):
    """Upstream has acknowledged what this store has never recorded: it, or the card, was put
    back from a copy, or upstream mixes up its kiosks."""


class Gone(sqlite3.OperationalError):
    """The file was unlinked or replaced under us; what we hold is in no folder any more."""


class Store:
    """The kernel's side of the database. What writes wants an open transaction, or says so."""

    def __init__(self, db: sqlite3.Connection, path: Path, clock: Clock, writable: bool) -> None:
        """Take over an open connection; `agent.core.store.opening` makes them.

        Args:
            writable: False: it can only be read; every transaction is refused.

        Raises:
            sqlite3.Error: it cannot be read.
        """
        self._db = db
        self.path = path
        self.clock = clock
        self.writable = writable
        self.epoch = current_epoch(db)
        """Names this life of the store: sequences start again only with a new epoch."""
        self.commits = 0
        """Counts the commits that wrote something."""
        self._lanes = Lanes()
        self._keeps: dict[str, float] = {}
        self._erased_at = float("-inf")
        self._replaced = True
        self._expiry: float | None = None
        self._room = Room(db, path, writable)
        self._files = self._look()
        self._version = -1
        self.unclean = False
        """Whether it was left without `close`: a power cut, a kill."""
        if not writable:
            return
        try:
            with self.transaction():
                ended = db.execute("DELETE FROM facts WHERE name = 'ended'").rowcount
            self.unclean = not ended and bool(self.last_boot())
            self._expiry = self._earliest_expiry()
        except BaseException:
            self._room.close()
            raise

    def take_over(self, other: Store) -> None:
        """Become *other*, which was opened in the place of what this one was."""
        self.__dict__.update(other.__dict__ | {"_keeps": self._keeps})

    def retain(self, kinds: Mapping[str, Retention]) -> None:
        """From now on `maintain` erases what upstream has had for as long as its kind is kept."""
        self._keeps = {
            kind: _SESSION_DAYS if retention.session else retention.days
            for kind, retention in kinds.items()
        }

    def copy_to(self, other: sqlite3.Connection) -> None:
        """Write everything that is committed into the empty database *other*."""
        self._db.backup(other)

    @property
    def repaired(self) -> list[str]:
        """What was found to be wrong and was put right, since the last look; for a person."""
        found, self._lanes.repaired = self._lanes.repaired, []
        return found

    def close(self) -> None:
        """Write the log back into the database and close; harmless when repeated."""
        with contextlib.suppress(sqlite3.ProgrammingError):
            self._db.execute("SELECT 1")
            with contextlib.suppress(sqlite3.Error), self.transaction():
                self._db.execute("INSERT OR REPLACE INTO facts VALUES ('ended', '')")
            connection.close(self._db, self.path, keep_log=self.writable and self.in_place())
        self._room.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: on the disk when the block has ended, undone when it raised.

        Raises:
            sqlite3.Error: the disk refuses, or the file is damaged; nothing was written.
            Gone: the file is not in its folder any more.
        """
        if not self.writable:
            raise sqlite3.OperationalError("the store can only be read")
        if self._db.in_transaction:
            with self._part():
                yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        kept, expiry = self._lanes.saved(), self._expiry
        epoch, before = self.epoch, self._db.total_changes
        try:
            self._look_for_others()
            yield
            self._lanes.write(self._db)
            changed = self._db.total_changes != before
            if changed:
                if not self.in_place():
                    raise Gone(f"{self.path} is not in its folder any more")
                self._room.grow()
            self._db.execute("COMMIT")
        except BaseException:
            self._lanes.restore(kept)
            self._expiry, self.epoch, self._version = expiry, epoch, -1
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self.commits += changed

    @contextmanager
    def _part(self) -> Iterator[None]:
        """A transaction within one: undone alone when it raises."""
        kept, expiry, epoch = self._lanes.saved(), self._expiry, self.epoch
        self._db.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self._lanes.restore(kept)
            self._expiry, self.epoch = expiry, epoch
            if self._db.in_transaction:
                self._db.execute("ROLLBACK TO part")
                self._db.execute("RELEASE part")
            raise
        self._db.execute("RELEASE part")

    def in_place(self) -> bool:
        """Whether the files in the folder are those that we write to."""
        return self._look() == self._files

    def _look(self) -> list[tuple[int, int] | None]:
        found: list[tuple[int, int] | None] = []
        for suffix in ("", "-wal"):
            try:
                status = self.path.with_name(self.path.name + suffix).stat()
            except OSError:
                found.append(None)
            else:
                found.append((status.st_dev, status.st_ino))
        return found

    def _look_for_others(self) -> None:
        """Read the counters again where another process may have changed them."""
        [version] = self._db.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._lanes.load(self._db)
            self._version = version

    # -- records ---------------------------------------------------------------------------

    def append(self, record: Record, at: float) -> str:
        """Put *record* at the end of its lane and return its new id.

        Args:
            record: what upstream must learn.
            at: when it happened, boot-time clock in seconds.
        """
        wall = self.clock.wall() - (self.clock.boot() - at)
        expires = None if record.expires_in is None else at + record.expires_in
        # What is left of a full disk is for lane 0. Upstream learns that there was something.
        room = record.lane == Lane.LIFE or not self._room.short
        identity, sequence = insert(
            self._db, self._lanes, int(record.lane), record.kind, record.subject,
            encode(record.data), wall, at, expires, self.clock, room,
        )  # fmt: skip
        if not room:
            self._room.give_up(record.lane, sequence)
        elif expires is not None:
            self._expiry = expires if self._expiry is None else min(expires, self._expiry)
        return identity

    def acknowledge(self, lane: int, through: int, chain: bytes = b"") -> list[Settled]:
        """Upstream has *lane* up to *through*; returns the records that this settles.

        Args:
            chain: what upstream has computed for *through*; empty: it knows no chain.

        Raises:
            NotOurs: it is beyond our last record, or another history than ours.
        """
        counter = self._lanes.of[lane]
        if through >= counter.next:
            raise NotOurs(f"lane {lane}: {through} acknowledged, {counter.next - 1} recorded")
        ours = self._chain(lane, through)
        if chain and ours is not None and ours != chain:
            raise NotOurs(f"lane {lane}: {through} is another record upstream than here")
        if through <= counter.acked:
            return []
        settled = self._db.execute(
            "SELECT lane, sequence, kind, subject FROM records"
            " WHERE lane = ? AND sequence > ? AND sequence <= ? AND fate IS NULL",
            (lane, counter.acked, through),
        ).fetchall()
        counter.acked, counter.proof = through, ours
        self._db.execute("DELETE FROM gaps WHERE lane = ? AND last <= ?", (lane, through))
        old = lane, min(through - _KEEP_ACKED, counter.next - 2)  # the last link tells `next`
        self._db.execute("DELETE FROM records WHERE lane = ? AND sequence <= ?", old)
        self._db.execute("DELETE FROM links WHERE lane = ? AND sequence <= ?", old)
        self._room.upstream_takes(self.clock.boot())
        return [Settled(*row) for row in settled]

    def _chain(self, lane: int, sequence: int) -> bytes | None:
        row = self._db.execute(
            "SELECT chain FROM links WHERE lane = ? AND sequence = ?", (lane, sequence)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def begin_epoch(self, reason: str) -> None:
        """Give this store a new name: what upstream has not proven to have is sent again."""
        self.epoch = begin_epoch(self._db, self._lanes, self.epoch, reason, self.clock)
        self._expiry = 0.0

    @property
    def confirmed(self) -> bool:
        """Whether upstream has ever acknowledged anything of this epoch."""
        return any(counter.acked for counter in self._lanes.of.values())

    def expire(self, now: float) -> list[Settled]:
        """Turn every unacknowledged record past its deadline into a tombstone.

        A record from before a reboot counts as expired: how long the machine was off is unknown.
        """
        settled: list[Settled] = []
        for lane, counter in self._lanes.of.items():
            rows = self._db.execute(
                "UPDATE records INDEXED BY expiring SET fate = 'expired'"
                " WHERE expires IS NOT NULL AND fate IS NULL AND (expires <= ? OR boot_id <> ?)"
                " AND lane = ? AND sequence > ?"
                " RETURNING lane, sequence, kind, subject",
                (now, self.clock.boot_id, lane, counter.acked),
            )
            settled += [Settled(*row) for row in rows]
        self._expiry = self._earliest_expiry()
        return settled

    def withdraw(self, kind: str, subject: str, after: int) -> Settled | None:
        """Make a tombstone of the waiting lane-0 record *kind* about *subject*.

        Args:
            kind, subject: of the record.
            after: only behind this sequence; what is before may have been sent.
        """
        row = self._db.execute(
            "UPDATE records SET fate = 'withdrawn' WHERE lane = 0 AND kind = ? AND subject = ?"
            " AND sequence > ? AND fate IS NULL RETURNING lane, sequence, kind, subject",
            (kind, subject, max(after, self._lanes.of[Lane.LIFE].acked)),
        ).fetchone()
        return None if row is None else Settled(*row)

    def next_expiry(self) -> float | None:
        """Boot-time clock before which no waiting record expires; None: none ever does."""
        return self._expiry

    def _earliest_expiry(self) -> float | None:
        row = self._db.execute(
            "SELECT min(CASE WHEN boot_id = ? THEN expires ELSE 0 END)"
            " FROM records INDEXED BY expiring JOIN lanes USING (lane)"
            " WHERE expires IS NOT NULL AND fate IS NULL AND sequence > acked",
            (self.clock.boot_id,),
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def set_aside(
        self, lane: int, sequence: int, reason: str, fate: str = "refused"
    ) -> Settled | None:
        """A tombstone goes in the place of this record, the row stays.

        Args:
            reason: why; upstream's words where it refused.
            fate: ``refused``, or ``damaged`` where the record does not match its proof.
        """
        row = self._db.execute(
            "UPDATE records SET fate = ?, reason = ?"
            " WHERE lane = ? AND sequence = ? AND fate IS NULL"
            " RETURNING lane, sequence, kind, subject",
            (fate, reason, lane, sequence),
        ).fetchone()
        return None if row is None else Settled(*row)

    def make_room(self) -> bool:
        """The disk is full: give up what is least urgent. False when there is nothing left.

        In a transaction of its own.

        Raises:
            sqlite3.Error: not even that can be written.
        """
        self._room.free_log()
        if self.forget_history():
            return True
        for lane in self._room.givable:
            evicted = self.evict(lane)
            if evicted:
                log.error("store full evicted=%d lane=%d", evicted, lane)
                return True
        self._room.short = True
        with self.transaction():
            gone = self._room.spend()
        log.error("store full reserve_given_up=%d", gone)
        return gone > 0

    def forget_history(self) -> int:
        """Give up what upstream has and only people look at; returns how many records.

        In a transaction of its own.
        """
        gone = 0
        with self.transaction():
            for lane, counter in self._lanes.of.items():
                through = min(counter.acked, counter.next - 2)
                for table in ("records", "links"):
                    gone += self._db.execute(
                        f"DELETE FROM {table} WHERE lane = ? AND sequence <= ?", (lane, through)
                    ).rowcount
        return gone

    def evict(self, lane: Lane) -> int:
        """Give up the oldest tenth of what waits in *lane*, in a transaction of its own.

        A gap stays in their place, so that upstream learns of it.

        Returns:
            how many records were given up.
        """
        with self.transaction():
            return self._room.evict(lane, self._lanes.of[lane])

    def maintain(self) -> None:
        """Keep what waits within its limits, and the reserve in place. No transaction needed.

        Raises:
            sqlite3.Error: the disk refuses.
        """
        for lane in self._room.overfull(self._lanes.of, self.clock.boot()):
            log.warning("lane overfull lane=%d evicted=%d", lane, self.evict(lane))
        with self.transaction():
            self._room.refill()
        self._erase_old()

    def _erase_old(self) -> None:
        now = self.clock.boot()
        if now - self._erased_at < _ERASE_S:
            return
        self._erased_at = now
        with self.transaction():
            [lived] = self._db.execute(
                "SELECT coalesce(max(lived), 0) FROM boots WHERE boot_id = ?", (self.clock.boot_id,)
            ).fetchone()
            erased = erase_old(self._db, self._keeps, lived + now)
        if erased:
            log.info("records erased count=%d", erased)
        if erased or self._replaced:
            # What a service has forgotten (a driver's name) still stands in the log
            self._replaced = not empty_log(self._db, self.path)

    def last_sequences(self) -> dict[int, int]:
        """The last sequence given in each lane."""
        return dict(self._db.execute("SELECT lane, next - 1 FROM lanes"))

    # -- states, reminders, commands -------------------------------------------------------

    def states(self) -> Mapping[str, bytes]:
        """The stored state of each service, as msgpack."""
        return dict(self._db.execute("SELECT service, data FROM states"))

    def save_state(self, service: str, data: bytes) -> None:
        """Replace the state of *service*; within `_ERASE_S` nothing is left of the one before."""
        self._replaced = True
        self._db.execute("INSERT OR REPLACE INTO states VALUES (?, ?)", (service, data))

    def reminders(self) -> list[Reminder]:
        """All reminders, in this boot's time.

        Those of an earlier boot come when they were to come by the time of day, where that is
        known of both boots. Else those that had less than `_SOON_S` left are due now, as somebody
        may be waiting; the others have left what they had when the machine was last seen alive.
        """
        rows = self._db.execute(
            "SELECT service, name, due, boot_id, seen, difference"
            " FROM reminders LEFT JOIN boots USING (boot_id)"
        )
        return [
            Reminder(
                service,
                name,
                due if boot_id == self.clock.boot_id else self._carried(due, seen, difference),
            )
            for service, name, due, boot_id, seen, difference in rows
        ]

    def _carried(self, due: float, seen: float | None, difference: float | None) -> float:
        """When a reminder of an earlier boot is due in this one."""
        now = self.clock.boot()
        if seen is None or due - seen <= 0:
            return now
        if difference is not None and self.clock.trusted:
            return max(now, due + difference - (self.clock.wall() - now))
        return now if due - seen < _SOON_S else now + due - seen

    def remind(self, service: str, name: str, due: float | None) -> None:
        """Set, move or (with None) forget a reminder; *due* on the boot-time clock."""
        if due is None:
            self._db.execute(
                "DELETE FROM reminders WHERE service = ? AND name = ?", (service, name)
            )
        else:
            self._db.execute(
                "INSERT OR REPLACE INTO reminders VALUES (?, ?, ?, ?)",
                (service, name, due, self.clock.boot_id),
            )

    def first_time(self, command_id: str) -> bool:
        """Remember a command; False when it was seen before."""
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO commands VALUES (?, ?)", (command_id, self.clock.wall())
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
        """A small real write: that it reaches the disk proves that records would.

        It also keeps how long this boot has lasted, and by how much its clock differs from the
        time of day, so that times are right when they are read.
        """
        now, difference = self.clock.boot(), None
        if self.clock.trusted:
            difference = self.clock.wall() - now
        self._db.execute(
            "UPDATE boots SET seen = ?, difference = coalesce(?, difference) WHERE boot_id = ?",
            (now, difference, self.clock.boot_id),
        )

    def note_boot(self) -> None:
        """Remember that the store is in use under this boot; reminders go over into it."""
        for service, name, due in self.reminders():
            self._db.execute(
                "UPDATE reminders SET due = ?, boot_id = ?"
                " WHERE service = ? AND name = ? AND boot_id <> ?",
                (due, self.clock.boot_id, service, name, self.clock.boot_id),
            )
        self._db.execute("INSERT OR REPLACE INTO facts VALUES ('boot', ?)", (self.clock.boot_id,))
        self._db.execute(
            "INSERT OR IGNORE INTO boots SELECT ?, coalesce(max(number), 0) + 1, NULL,"
            " coalesce((SELECT lived + seen FROM boots ORDER BY number DESC LIMIT 1), 0), 0"
            " FROM boots",
            (self.clock.boot_id,),
        )
