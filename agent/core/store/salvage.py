"""Reading what can be read of a damaged store into a new file.

First by SQLite, from both ends of each lane and bisecting between them; what is still missing
then, out of the raw pages. Sequences and links stay as they were.
"""

from __future__ import annotations

import logging
import re
import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import Any

from agent.core.clock import Clock
from agent.core.store import pages
from agent.core.store.connection import VERSION, read_only
from agent.core.store.epochs import begin_epoch, current_epoch
from agent.core.store.lanes import Lanes, begin, proof_of
from agent.effects import Lane

log = logging.getLogger(__name__)

_Values = tuple[Any, ...]

_SMALL = ("states", "reminders", "commands", "boots", "facts", "gaps", "lanes", "receipts")
_WIDE = ("records", "links")
_DEFAULTS = ("facts", "lanes", "receipts")
"""Tables in which a new store has rows of its own: those of the wreck are better."""

_MOST_TRIES = 20_000
"""Attempts in a lane to read between bad places, before its raw pages are read instead."""

_MOST_LOST = 100_000
"""Records that may be missing at the end of a lane; a counter that says more lies."""

_LETTER = {type(None): "0", int: "i", float: "f", str: "s", bytes: "b"}
_ROWID = (
    ("states", "sb"),
    ("facts", "ss"),
    ("commands", "s[if]"),
    ("lanes", "0ii"),
    ("receipts", "0i[0b]b"),
)
_ROWLESS = (
    ("records", "iissss[if][if]si[0if][0s][0s]"),
    ("links", "iii[0b]bb"),
    ("reminders", "ss[if]s"),
    ("boots", "si[0if][if][if]"),
    ("gaps", "iii"),
)
"""Shapes of the rows of each table: i integer, f float, s text, b bytes, 0 NULL."""


def mend_header(path: Path) -> None:
    """Put right what in the first 100 bytes of a store is always the same; the original is kept
    beside it.

    Raises:
        OSError: it cannot be written.
    """
    with path.open("r+b") as file:
        header = file.read(100)
        if len(header) < 100:
            return
        right = bytearray(header)
        right[:24] = b"SQLite format 3\x00" + struct.pack(">H", pages.PAGE) + b"\2\2\0\x40\x20\x20"
        right[44:48] = struct.pack(">I", 4)
        right[52:60] = struct.pack(">II", 0, 1)
        right[64:68] = bytes(4)
        right[72:92] = bytes(20)
        if right == header:
            return
        # Of what is not always the same, only the size is known.
        right[28:32] = struct.pack(">I", path.stat().st_size // pages.PAGE)
        right[92:96] = right[24:28]
        path.with_name(path.name + ".header").write_bytes(header)
        file.seek(0)
        file.write(right)


def salvage(wreck: Path, db: sqlite3.Connection, reason: str, clock: Clock) -> int:
    """Copy what *wreck* holds into the new store *db*, under a new epoch, in one transaction.

    Returns:
        how many waiting records were saved.

    Raises:
        sqlite3.Error: *db* cannot be written.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        fresh = current_epoch(db)
        _copy(wreck, db)
        before = current_epoch(db)
        waiting, lost = _close_holes(db)
        lanes = Lanes()
        lanes.load(db)
        begin_epoch(db, lanes, "" if before == fresh else before, reason, clock, lost)
        lanes.write(db)
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
    return sum(waiting.values())


def _copy(wreck: Path, db: sqlite3.Connection) -> None:
    """All tables, as far as they can be read; what SQLite cannot read, out of the pages."""
    unread = {*_SMALL, *_WIDE}
    try:
        source = read_only(wreck)
    except sqlite3.Error as error:
        log.warning("store cannot be read by tables path=%s error=%s", wreck, error)
    else:
        with closing(source):
            for table in _SMALL:
                if _copy_small(source, db, table):
                    unread.discard(table)
            for table in _WIDE:
                whole = [_copy_lane(source, db, table, lane) for lane in Lane]
                if all(whole):
                    unread.discard(table)
    if not unread:
        return
    acked = {lane: _acked(db, lane) for lane in Lane}
    for row in pages.rows(wreck):
        table = _table_of(row)
        if table in unread and not (
            table in _WIDE and row.values[1] <= acked.get(row.values[0], 0)
        ):
            key = (row.rowid,) if row.values[0] is None else row.values[:1]
            _put(db, table, (*key, *row.values[1:]), again=table in _DEFAULTS)


def _copy_small(source: sqlite3.Connection, db: sqlite3.Connection, table: str) -> bool:
    """Copy a table without lanes of thousands of rows; False when some of it is unreadable."""
    try:
        for row in source.execute(f"SELECT * FROM {table}"):
            _put(db, table, row, again=True)
    except sqlite3.Error as error:
        if "no such table" in str(error) and table in ("boots", "receipts"):
            return True  # software of before knew none
        log.warning("store partly unreadable table=%s error=%s", table, error)
        return False
    return True


def _copy_lane(source: sqlite3.Connection, db: sqlite3.Connection, table: str, lane: int) -> bool:
    """Copy what waits in a lane, around what cannot be read; False when there was any."""
    [last] = db.execute(
        "SELECT coalesce(max(next), 1) FROM lanes WHERE lane = ?", (lane,)
    ).fetchone()
    for name in _WIDE:
        try:
            [highest] = source.execute(
                f"SELECT max(sequence) FROM {name} WHERE lane = ?", (lane,)
            ).fetchone()
            last = max(last, highest or 0)
        except sqlite3.Error:
            continue
    todo, whole, tries = [(_acked(db, lane) + 1, last)], True, 0
    while todo and tries < _MOST_TRIES:
        low, high = todo.pop()
        if low > high:
            continue
        tries += 1
        for order, arrow in (("ASC", 1), ("DESC", -1)):
            query = (
                f"SELECT * FROM {table} WHERE lane = ? AND sequence BETWEEN ? AND ?"
                f" ORDER BY sequence {order}"
            )
            try:
                for row in source.execute(query, (lane, low, high)):
                    _put(db, table, row)
                    if arrow > 0:
                        low = row[1] + 1
                    else:
                        high = row[1] - 1
            except sqlite3.Error as error:
                if "no such table" in str(error):
                    return table == "links"
                whole = False
            else:
                break
        else:
            if low < high:
                middle = (low + high) // 2
                todo += [(low, middle), (middle + 1, high)]
    return whole and not todo


def _acked(db: sqlite3.Connection, lane: int) -> int:
    """Where upstream was, by what has been copied; never more than is certain."""
    receipt = db.execute(
        "SELECT acked, chain, proof FROM receipts WHERE lane = ?", (lane,)
    ).fetchone()
    if receipt is not None and receipt[2] == proof_of(lane, *receipt[:2]):
        return int(receipt[0])
    [acked] = db.execute(
        "SELECT coalesce(max(acked), 0) FROM lanes WHERE lane = ? AND acked < next", (lane,)
    ).fetchone()
    return int(acked)


def _close_holes(db: sqlite3.Connection) -> tuple[dict[int, int], dict[int, int]]:
    """Let the counters fit what was copied; by lane, what waits and how much of it is lost."""
    waiting, lost = {}, {}
    for lane in Lane:
        acked = _acked(db, lane)
        [next_] = db.execute(
            "SELECT coalesce(max(next), 1) FROM lanes WHERE lane = ?", (lane,)
        ).fetchone()
        [record, count] = db.execute(
            "SELECT coalesce(max(sequence), 0), count(*) FROM records"
            " WHERE lane = ? AND sequence > ?",
            (lane, acked),
        ).fetchone()
        [linked] = db.execute(
            "SELECT coalesce(max(sequence), 0) FROM links WHERE lane = ?", (lane,)
        ).fetchone()
        last = max(record, linked, acked)
        if last < next_ - 1 <= last + _MOST_LOST:
            last = next_ - 1
        if last > linked:
            begin(db, lane, last)
        db.execute("INSERT OR REPLACE INTO lanes VALUES (?, ?, ?)", (lane, last + 1, acked))
        db.execute(
            "INSERT OR REPLACE INTO receipts VALUES (?, ?, NULL, ?)",
            (lane, acked, proof_of(lane, acked, None)),
        )
        [given_up] = db.execute(
            "SELECT coalesce(sum(last - max(first - 1, ?)), 0) FROM gaps"
            " WHERE lane = ? AND last > ?",
            (acked, lane, acked),
        ).fetchone()
        waiting[int(lane)] = count
        lost[int(lane)] = max(0, last - acked - count - given_up)
    db.execute(f"PRAGMA user_version = {VERSION}")
    return waiting, lost


def _put(db: sqlite3.Connection, table: str, row: _Values, again: bool = False) -> None:
    marks = ", ".join("?" * len(row))
    verb = "REPLACE" if again else "IGNORE"
    try:
        db.execute(f"INSERT OR {verb} INTO {table} VALUES ({marks})", row)
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError, OverflowError) as error:
        log.debug("row makes no sense table=%s error=%s", table, error)


def _table_of(row: pages.Row) -> str:
    """The table to which a row of a raw page belongs, by its shape; empty: none that we need."""
    shape = "".join(_LETTER.get(type(value), "n") for value in row.values)
    if row.rowid is not None:
        name = next((name for name, pattern in _ROWID if re.fullmatch(pattern, shape)), "")
        return name if name not in _DEFAULTS or row.rowid in range(4) or name == "facts" else ""
    name = next((name for name, pattern in _ROWLESS if re.fullmatch(pattern, shape)), "")
    laned = name in ("records", "links", "gaps")
    return "" if laned and row.values[0] not in range(4) else name
