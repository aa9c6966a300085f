"""Epochs: the lives of a store. A new one says what became of the one before.

What waits keeps its sequence and its link, so that a million records cost nothing here; one
tombstone stands for all that upstream has had in the epoch before, and the chain goes on behind it.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Mapping

from agent.core.clock import Clock
from agent.core.ids import uuid7
from agent.core.store.content import encode
from agent.core.store.lanes import NOTHING, Lanes
from agent.core.store.verify import commitment, link
from agent.records import LONGEST_TEXT, LaneBefore, NewEpoch, shortened

log = logging.getLogger(__name__)

EARLIER = "earlier"
"""Reason of the tombstone for what upstream has had in an epoch before."""


def current_epoch(db: sqlite3.Connection) -> str:
    """The epoch under which records are sent.

    Raises:
        sqlite3.DatabaseError: there is none, which no software has ever written.
    """
    row = db.execute("SELECT value FROM facts WHERE name = 'epoch'").fetchone()
    if row is None or not isinstance(row[0], str):
        raise sqlite3.DatabaseError("malformed: the store has no epoch")
    return row[0]


def begin_epoch(
    db: sqlite3.Connection,
    lanes: Lanes,
    before: str,
    reason: str,
    clock: Clock,
    lost: Mapping[int, int] | None = None,
) -> str:
    """Begin a new epoch in an open transaction; returns its name.

    All that upstream has not proven to have is sent again, under its own id.

    Args:
        before: name of the old one.
        reason: for who reads the record.
        lost: by lane, how many waiting records could not be read.
    """
    epoch = uuid7()
    was = []
    for lane, counter in lanes.of.items():
        earlier, last = counter.acked, counter.next - 1
        missing = (lost or {}).get(lane, 0)
        again = last - earlier - missing
        was.append(LaneBefore(lane, last, earlier, counter.head.hex(), again, missing))
        if earlier:
            _bury(db, lane, earlier)
        counter.acked, counter.proof = 0, None
    db.execute("INSERT OR REPLACE INTO facts VALUES ('epoch', ?)", (epoch,))
    db.execute("INSERT OR REPLACE INTO facts VALUES ('epoch.before', ?)", (before,))
    begun = NewEpoch(before=before, reason=shortened(reason, LONGEST_TEXT), lanes=tuple(was))
    now, at = clock.wall(), clock.boot()
    insert(db, lanes, begun.lane, begun.kind, "", encode(begun), now, at, None, clock)
    log.error("new epoch epoch=%s before=%s reason=%r", epoch, before, reason)
    return epoch


def _bury(db: sqlite3.Connection, lane: int, earlier: int) -> None:
    """Put one tombstone in the place of everything up to *earlier*."""
    for table in ("records", "gaps", "links"):
        column = "last" if table == "gaps" else "sequence"
        kept = " AND sequence <> ?" if table == "links" else ""
        db.execute(
            f"DELETE FROM {table} WHERE lane = ? AND {column} <= ?{kept}",
            (lane, earlier, *([earlier] if kept else [])),
        )
    db.execute(
        "UPDATE links SET salt = NULL, commitment = ? WHERE lane = ? AND sequence = ?",
        (NOTHING, lane, earlier),
    )
    # A range that upstream had heard of only in part begins where that ended.
    db.execute(
        "UPDATE gaps SET first = ? WHERE lane = ? AND first <= ?", (earlier + 1, lane, earlier)
    )
    db.execute("INSERT INTO gaps VALUES (?, 1, ?)", (lane, earlier))
    db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (f"earlier.{lane}", str(earlier)))


def insert(
    db: sqlite3.Connection,
    lanes: Lanes,
    lane: int,
    kind: str,
    subject: str,
    data: str,
    wall: float,
    at: float,
    expires: float | None,
    clock: Clock,
    room: bool = True,
) -> tuple[str, int]:
    """Put a record with its link at the end of *lane*; returns its id and its sequence.

    Args:
        room: False: only its link; the record itself is given up.
    """
    counter, id, salt = lanes.of[lane], uuid7(), os.urandom(16)
    sequence = counter.next
    proof = commitment(salt, id, kind, subject, data)
    chain = link(counter.head, sequence, proof)
    if room:  # first, for it may be refused: then nothing has changed
        db.execute(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
            (lane, sequence, id, kind, subject, data, wall, at, clock.boot_id, clock.trusted,
             expires),
        )  # fmt: skip
    db.execute(
        "INSERT INTO links VALUES (?, ?, ?, ?, ?, ?)",
        (lane, sequence, lanes.turn, *((salt, proof) if room else (None, NOTHING)), chain),
    )
    counter.next, counter.head = sequence + 1, chain
    lanes.turn += 1
    return id, sequence
