"""How far each lane has come: counted once in memory, twice on the disk, and checked.

`lanes` is the table that software of before knows. That its `next` is right the last of `links`
tells; that its `acked` is right, the table `receipts`, which carries a check of its own.
"""

from __future__ import annotations

import copy
import logging
import sqlite3
from dataclasses import dataclass
from hashlib import sha256

from agent.core.store.connection import VERSION
from agent.core.store.verify import genesis, link
from agent.effects import Lane

log = logging.getLogger(__name__)

NOTHING = bytes(32)
"""Commitment where there is none: the chain begins behind records without one, or a range ended."""


@dataclass
class Counter:
    """One lane."""

    next: int
    """Sequence that the next record gets."""
    acked: int
    """Upstream has everything up to here."""
    head: bytes
    """The chain at the last record."""
    proof: bytes | None
    """The chain at `acked`, as far as it is known."""


class Lanes:
    """The counters of all lanes. What is changed here is on the disk after `write`."""

    def __init__(self) -> None:
        self.of: dict[int, Counter] = {}
        self.turn = 0
        """Order of recording over all lanes: of the next record."""
        self.repaired: list[str] = []
        """What was found to be wrong, and is right now; for a person."""
        self._written: dict[int, tuple[int, int]] = {}

    def load(self, db: sqlite3.Connection) -> None:
        """Read the counters, inside a transaction; those that lie are put right."""
        [version] = db.execute("PRAGMA user_version").fetchone()
        counted = {
            lane: (next_, acked)
            for lane, next_, acked in db.execute("SELECT lane, next, acked FROM lanes")
        }
        self._written = {}
        for lane in Lane:
            next_, acked = counted.get(lane, (0, 0))
            if version < VERSION:
                counter = _adopt(db, lane, max(1, next_), acked)
            else:
                counter = self._checked(db, lane, next_, acked)
            self.of[lane] = counter
        [turn] = db.execute(
            "SELECT max((SELECT turn FROM links WHERE lane = lanes.lane"
            " ORDER BY sequence DESC LIMIT 1)) FROM lanes"
        ).fetchone()
        self.turn = (turn or 0) + 1
        self.write(db)
        if version != VERSION:
            db.execute(f"PRAGMA user_version = {VERSION}")

    def _checked(self, db: sqlite3.Connection, lane: int, next_: int, acked: int) -> Counter:
        last, head = _last_link(db, lane) or (0, genesis(lane))
        [record] = db.execute(
            "SELECT coalesce(max(sequence), 0) FROM records WHERE lane = ?", (lane,)
        ).fetchone()
        if record > last:  # its link was lost: what has none is sent without
            last, head = record, begin(db, lane, record)
        if next_ != last + 1:
            self._say(f"lane {lane}: next was {next_}, {last + 1} is right")
        receipt = db.execute(
            "SELECT acked, chain, proof FROM receipts WHERE lane = ?", (lane,)
        ).fetchone()
        if receipt is not None and receipt[2] == proof_of(lane, *receipt[:2]):
            right, chain = receipt[0], receipt[1]
            self._written[lane] = next_, acked
        else:
            right, chain = min(acked, last), None
        right = max(0, min(right, last))
        if right != acked:
            self._say(f"lane {lane}: acknowledged was {acked}, {right} is right")
        return Counter(last + 1, right, head, chain)

    def _say(self, text: str) -> None:
        log.error("counter was wrong %s", text)
        self.repaired.append(text)

    def write(self, db: sqlite3.Connection) -> None:
        """Put on the disk what has changed, inside the transaction that changed it."""
        for lane, counter in self.of.items():
            now = counter.next, counter.acked
            before = self._written.get(lane)
            if before == now:
                continue
            db.execute("INSERT OR REPLACE INTO lanes VALUES (?, ?, ?)", (lane, *now))
            if before is None or before[1] != counter.acked:
                receipt = lane, counter.acked, counter.proof
                db.execute(
                    "INSERT OR REPLACE INTO receipts VALUES (?, ?, ?, ?)",
                    (*receipt, proof_of(*receipt)),
                )
            self._written[lane] = now

    def saved(self) -> Lanes:
        """A copy, to be put back with `restore` when the transaction is undone."""
        kept = Lanes()
        kept.of = {lane: copy.copy(counter) for lane, counter in self.of.items()}
        kept.turn, kept._written = self.turn, dict(self._written)
        return kept

    def restore(self, kept: Lanes) -> None:
        """Take back everything since `saved`."""
        self.of, self.turn, self._written = kept.of, kept.turn, kept._written


def _last_link(db: sqlite3.Connection, lane: int) -> tuple[int, bytes] | None:
    row = db.execute(
        "SELECT sequence, chain FROM links WHERE lane = ? ORDER BY sequence DESC LIMIT 1", (lane,)
    ).fetchone()
    return None if row is None else (int(row[0]), bytes(row[1]))


def _adopt(db: sqlite3.Connection, lane: int, next_: int, acked: int) -> Counter:
    """Take over a lane as software without a chain has left it: the chain begins behind it."""
    last, head = _last_link(db, lane) or (0, genesis(lane))
    if next_ - 1 > last:
        head = begin(db, lane, next_ - 1)
    return Counter(next_, acked, head, None)


def begin(db: sqlite3.Connection, lane: int, sequence: int) -> bytes:
    """Let the chain go on behind *sequence*, which has no commitment; returns it there."""
    last = _last_link(db, lane)
    head = link(genesis(lane) if last is None else last[1], sequence, NOTHING)
    db.execute(
        "INSERT OR REPLACE INTO links VALUES (?, ?, 0, NULL, ?, ?)", (lane, sequence, NOTHING, head)
    )
    return head


def proof_of(lane: int, acked: int, chain: bytes | None) -> bytes:
    """The check of a row of `receipts`."""
    return sha256(f"{lane}/{acked}/".encode() + (chain or b"")).digest()[:16]
