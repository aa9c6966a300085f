"""Reading what waits for upstream, on a connection of its own beside the kernel's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_COLUMNS = (
    "lane, sequence, id, kind, subject, data, wall, boot, boot_id, trusted, expires, fate,"
    " sequence AS last"
)


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
    """None, or why a tombstone goes instead: ``expired``, ``refused``, ``evicted``."""
    last: int
    """Last sequence that this stands for; above `sequence` only for an evicted range."""


class Place(NamedTuple):
    """Where a record stands among all that was stored."""

    wall: float = 0.0
    lane: int = 0
    sequence: int = 0


class Depth(NamedTuple):
    """How much waits in one lane."""

    lane: int
    acked: int
    waiting: int


class Outbox:
    """Read-only view of the store for one thread; sees each commit of the kernel at once."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5, isolation_level=None
        )
        epoch = self._db.execute("SELECT value FROM facts WHERE name = 'epoch'").fetchone()
        self.epoch: str = epoch[0]
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
        """
        self._db.execute("BEGIN")  # one view: an eviction in between would look like a hole
        try:
            return list(self._pending(lane, max(after, self._acked(lane)), limit))
        finally:
            self._db.execute("COMMIT")

    def _acked(self, lane: int) -> int:
        row = self._db.execute("SELECT acked FROM lanes WHERE lane = ?", (lane,)).fetchone()
        return int(row[0])

    def _pending(self, lane: int, after: int, limit: int) -> Iterator[Outgoing]:
        gaps = self._db.execute(
            "SELECT first, last FROM gaps WHERE lane = ? AND last > ? ORDER BY first", (lane, after)
        ).fetchall()
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM records WHERE lane = ? AND sequence > ?"
            " ORDER BY sequence LIMIT ?",
            (lane, after, limit),
        )
        for row in rows:
            while gaps and gaps[0][0] < row[1]:
                yield _evicted(lane, *gaps.pop(0))
            yield Outgoing(*row)
        for gap in gaps:
            yield _evicted(lane, *gap)

    def depths(self) -> list[Depth]:
        """How much waits in each lane, lane 0 first."""
        rows = self._db.execute("SELECT lane, acked, next - 1 - acked FROM lanes ORDER BY lane")
        return [Depth(*row) for row in rows]

    def recent(self, behind: Place, limit: int) -> list[Outgoing]:
        """The newest records stored *behind* a place, oldest first; for people to read."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM (SELECT * FROM records"
            " WHERE (wall, lane, sequence) > (?, ?, ?)"
            " ORDER BY wall DESC, lane DESC, sequence DESC LIMIT ?) ORDER BY wall, lane, sequence",
            (*behind, limit),
        )
        return [Outgoing(*row) for row in rows]


def _evicted(lane: int, first: int, last: int) -> Outgoing:
    return Outgoing(lane, first, "", "", "", "{}", 0.0, 0.0, "", False, None, "evicted", last)
