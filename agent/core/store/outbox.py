"""Reading what waits for upstream, on a connection of its own beside the kernel's."""

from __future__ import annotations

import heapq
import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from agent.core.store.connection import read_only
from agent.core.store.epochs import EARLIER, current_epoch
from agent.core.store.verify import canonical, commitment

_COLUMNS = (
    "r.lane, r.sequence, id, kind, subject, data, wall, boot, boot_id, trusted, expires, fate,"
    " r.sequence AS last, turn, salt, commitment, chain"
)


class Replaced(Exception):
    """There is another store in this place, or another epoch: open it anew."""


class Outgoing(NamedTuple):
    """One record as stored, or one tombstone in the place of records that will not be sent."""

    lane: int
    sequence: int
    id: str
    kind: str
    subject: str
    data: str
    """JSON object."""
    wall: float
    boot: float
    boot_id: str
    trusted: bool
    expires: float | None
    """Boot-time clock after which it must not be sent any more; None: never."""
    fate: str | None
    """None, or why a tombstone goes instead: ``expired``, ``withdrawn``, ``refused``,
    ``damaged``; for a range ``evicted``, ``lost`` or ``earlier``."""
    last: int
    """Last sequence that this stands for; above `sequence` only for a range."""
    turn: int | None = None
    """Order of recording over all lanes."""
    salt: bytes | None = None
    """With the record it makes `commitment`; None: erased, or recorded without a chain."""
    commitment: bytes | None = None
    """None: recorded without a chain, or a range."""
    chain: bytes | None = None
    """The chain of the lane at `last`; None: recorded without one."""

    @property
    def erased(self) -> bool:
        """Whether its content was erased, when upstream had it."""
        return self.commitment is not None and self.salt is None

    @property
    def intact(self) -> bool:
        """Whether it is what was recorded, or at least can be sent."""
        if self.fate is not None or self.erased:
            return True
        if self.commitment is not None and self.salt is not None:
            names = self.id, self.kind, self.subject
            if commitment(self.salt, *names, self.data) == self.commitment:
                return True
            return commitment(self.salt, *names, _canonical(self.data)) == self.commitment
        try:
            return isinstance(json.loads(self.data), dict) and bool(UUID(self.id) and self.kind)
        except ValueError:
            return False


class Depth(NamedTuple):
    """How much waits in one lane."""

    lane: int
    acked: int
    waiting: int


class Outbox:
    """Read-only view of the store for one thread; sees each commit of the kernel at once."""

    def __init__(self, path: Path) -> None:
        """Open the store at *path*.

        Raises:
            sqlite3.Error: it cannot be read.
        """
        self._path = path
        self._db = read_only(path)
        self._file = _identity(path)
        self.epoch: str = current_epoch(self._db)
        """Names this life of the store: sequences start again only with a new epoch."""

    def close(self) -> None:
        """Give the connection back; harmless when repeated."""
        self._db.close()

    def pending(self, lane: int, after: int, limit: int) -> list[Outgoing]:
        """The next records of *lane* that upstream lacks, gap-free, in sequence.

        Args:
            lane: 0 to 3.
            after: continue behind this sequence (or behind the acknowledged one if higher).
            limit: at most so many.

        Raises:
            Replaced: this is another store, or another epoch by now.
            sqlite3.Error: it cannot be read.
        """
        self._db.execute("BEGIN")  # one view: an eviction in between would look like a hole
        try:
            self._look()
            next_, acked = self._counters()[lane]
            pending = list(self._pending(lane, max(after, acked), limit))
            last = pending[-1].last if pending else max(after, acked)
            if len(pending) < limit and last < next_ - 1:  # the newest could not be read
                pending.append(_range(lane, last + 1, next_ - 1, "lost", None))
            return pending
        finally:
            self._db.execute("COMMIT")

    def _look(self) -> None:
        if _identity(self._path) != self._file or current_epoch(self._db) != self.epoch:
            raise Replaced

    def _counters(self) -> dict[int, tuple[int, int]]:
        """By lane: the next sequence and the acknowledged one, each where both its places agree.

        Raises:
            sqlite3.DatabaseError: they do not; the kernel puts that right at its next look.
        """
        found: dict[int, tuple[int, int]] = {}
        for lane, next_, acked, link, record, receipt in self._db.execute(
            "SELECT lane, next, lanes.acked,"
            " (SELECT max(sequence) FROM links WHERE links.lane = lanes.lane),"
            " (SELECT max(sequence) FROM records WHERE records.lane = lanes.lane), receipts.acked"
            " FROM lanes LEFT JOIN receipts USING (lane)"
        ):
            if next_ - 1 != max(link or 0, record or 0) or acked != (receipt or 0):
                [version] = self._db.execute("PRAGMA user_version").fetchone()
                if version > 1:
                    raise Lying(f"the counters of lane {lane} contradict each other")
            found[lane] = next_, acked
        return found

    def _pending(self, lane: int, after: int, limit: int) -> Iterator[Outgoing]:
        """What follows *after* without a hole: where nothing is found, a tombstone says so."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM records AS r LEFT JOIN links AS l"
            " ON l.lane = r.lane AND l.sequence = r.sequence"
            " WHERE r.lane = ? AND r.sequence > ? ORDER BY r.sequence LIMIT ?",
            (lane, after, limit),
        ).fetchall()
        gaps, differences = list(self._gaps(lane, after)), self._differences()
        if len(rows) == limit:
            gaps = [gap for gap in gaps if gap.sequence <= rows[-1][1]]
        records = (_dated(Outgoing(*row), differences) for row in rows)
        for record in heapq.merge(records, gaps, key=lambda record: record.sequence):
            if record.last <= after:
                continue
            if record.sequence > after + 1:
                yield _range(lane, after + 1, record.sequence - 1, "lost", None)
            after = record.last
            yield record

    def _gaps(self, lane: int, after: int) -> Iterator[Outgoing]:
        row = self._db.execute(
            "SELECT value FROM facts WHERE name = ?", (f"earlier.{lane}",)
        ).fetchone()
        earlier = int(row[0]) if row is not None else 0
        for first, last, chain in self._db.execute(
            "SELECT first, last, chain FROM gaps LEFT JOIN links"
            " ON links.lane = gaps.lane AND links.sequence = gaps.last"
            " WHERE gaps.lane = ? AND last > ? ORDER BY first",
            (lane, after),
        ):
            fate = EARLIER if first == 1 and last == earlier else "evicted"
            yield _range(lane, first, last, fate, chain)

    def _differences(self) -> Mapping[str, float]:
        """By boot id: how much the time of day was ahead of the boot-time clock, where known."""
        return dict(
            self._db.execute("SELECT boot_id, difference FROM boots WHERE difference IS NOT NULL")
        )

    def depths(self) -> list[Depth]:
        """How much waits in each lane, lane 0 first.

        Raises:
            Replaced, sqlite3.Error: as `pending`.
        """
        self._db.execute("BEGIN")
        try:
            self._look()
            return [
                Depth(lane, acked, next_ - 1 - acked)
                for lane, (next_, acked) in sorted(self._counters().items())
            ]
        finally:
            self._db.execute("COMMIT")

    def recent(self, behind: Mapping[int, int], limit: int) -> list[Outgoing]:
        """The newest records, in the order of their recording; for people to read.

        Args:
            behind: by lane, the last sequence that was seen already.
            limit: at most so many.
        """
        differences, found = self._differences(), []
        for lane in range(4):
            found += self._db.execute(
                f"SELECT {_COLUMNS} FROM records AS r LEFT JOIN links AS l"
                " ON l.lane = r.lane AND l.sequence = r.sequence"
                " WHERE r.lane = ? AND r.sequence > ? ORDER BY r.sequence DESC LIMIT ?",
                (lane, behind.get(lane, 0), limit),
            ).fetchall()
        records = [_dated(Outgoing(*row), differences) for row in found]
        # Software of before kept no order over all lanes: then by the clock, such as it was.
        records.sort(
            key=lambda r: (r.turn or 0, r.wall if r.turn is None else 0, r.lane, r.sequence)
        )
        return records[-limit:]

    def of_kinds(self, kinds: Collection[str], most: int) -> list[Outgoing]:
        """The records of these *kinds* among the newest *most* of each lane, in the order of their
        times; for people to look back."""
        differences, found = self._differences(), []
        marks = ", ".join("?" * len(kinds))
        for lane in range(4):
            found += self._db.execute(
                f"SELECT {_COLUMNS} FROM records AS r LEFT JOIN links AS l"
                " ON l.lane = r.lane AND l.sequence = r.sequence"
                f" WHERE r.lane = ? AND kind IN ({marks}) AND r.sequence >"
                " (SELECT next FROM lanes WHERE lanes.lane = r.lane) - ?",
                (lane, *kinds, most),
            ).fetchall()
        records = [_dated(Outgoing(*row), differences) for row in found]
        return sorted(records, key=lambda r: (r.wall, r.turn or 0))

    def boots(self) -> list[Boot]:
        """Each run of the machine that the store remembers, the oldest first."""
        rows = self._db.execute(
            "SELECT boot_id, CASE WHEN difference IS NOT NULL THEN seen + difference END"
            " FROM boots ORDER BY number"
        )
        return [Boot(*row) for row in rows]

    def state(self, service: str) -> bytes | None:
        """What *service* has stored, as msgpack; None: nothing."""
        row = self._db.execute("SELECT data FROM states WHERE service = ?", (service,)).fetchone()
        return None if row is None else bytes(row[0])


class Boot(NamedTuple):
    """One run of the machine."""

    boot_id: str
    lived_until: float | None
    """Time of day of its last proof of life; None: that was never known."""


class Lying(sqlite3.DatabaseError):
    """The counters contradict each other."""


def _dated(record: Outgoing, differences: Mapping[str, float]) -> Outgoing:
    """*record* with its true time, where its boot has learnt it later."""
    difference = differences.get(record.boot_id)
    if record.trusted or difference is None:
        return record
    return record._replace(wall=record.boot + difference, trusted=True)


def _canonical(data: str) -> str:
    try:
        return canonical(json.loads(data))
    except ValueError:
        return data


def _identity(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_dev, status.st_ino


def _range(lane: int, first: int, last: int, fate: str, chain: bytes | None) -> Outgoing:
    return Outgoing(
        lane, first, "", "", "", "{}", 0.0, 0.0, "", False, None, fate, last, chain=chain
    )
