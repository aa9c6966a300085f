"""Erasing what was recorded of people: content and salt go, the links stay, the chain holds.

SQLite overwrites what it deletes (``secure_delete``); the log is emptied, and so are the damaged
copies. That nothing is left can be proven by looking for it in the bytes of the folder.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from agent.core.store.connection import SUFFIXES, connect, preallocate

_DELIVERED = "sequence <= (SELECT acked FROM lanes WHERE lanes.lane = records.lane)"


class Erased(NamedTuple):
    """What was erased."""

    records: int
    copies: int
    """Damaged copies of the store."""
    waiting: int
    """Records that upstream has not got yet; they were left alone."""


def erase(path: Path, subject: str | None = None) -> Erased:
    """Erase, beside a running kiosk or without one, the content of all that upstream has.

    Args:
        subject: only records about this; None: all.

    Raises:
        OSError, sqlite3.Error: it cannot be done.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    about, values = ("", ()) if subject is None else (" AND subject = ?", (subject,))
    with closing(connect(path)) as db:
        db.execute("PRAGMA busy_timeout = 5000")
        db.execute("BEGIN IMMEDIATE")
        records = _blank(
            db,
            f"sequence <= (SELECT acked FROM lanes WHERE lanes.lane = records.lane){about}",
            values,
        )
        [waiting] = db.execute(
            "SELECT count(*) FROM records JOIN lanes USING (lane)"
            f" WHERE sequence > acked AND fate IS NULL{about}",
            values,
        ).fetchone()
        db.execute("COMMIT")
        empty_log(db, path)
    copies = 0
    if not path.with_name(path.name + ".salvage").exists():  # else they still hold what is owed
        for copy in path.parent.glob(f"{path.name}.damaged-*"):
            copies += not copy.name.endswith((*SUFFIXES[1:], ".header"))
            copy.unlink()
    return Erased(records, copies, waiting)


def erase_old(db: sqlite3.Connection, days: Mapping[str, float], lived: float) -> int:
    """Erase, in an open transaction, what upstream has had for longer than its kind is kept.

    Args:
        days: by kind of record, after how many days; kinds that are not named stay.
        lived: seconds for which the kiosk has been running in all, see the table `boots`.

    Returns:
        how many records were erased. Their bytes are gone from the log after `empty_log`.
    """
    erased = 0
    for kind, after in days.items():
        erased += _blank(
            db,
            f"{_DELIVERED} AND kind = ? AND coalesce((SELECT lived FROM boots"
            " WHERE boots.boot_id = records.boot_id), 0) + boot <= ?",
            (kind, lived - after * 86_400.0),
        )
    return erased


def _blank(db: sqlite3.Connection, which: str, values: tuple[object, ...]) -> int:
    rows = db.execute(
        "UPDATE records SET data = '{}', subject = '', reason = NULL"
        f" WHERE {which} AND (data <> '{{}}' OR subject <> '') RETURNING lane, sequence",
        values,
    ).fetchall()
    db.executemany("UPDATE links SET salt = NULL WHERE lane = ? AND sequence = ?", rows)
    return len(rows)


def empty_log(db: sqlite3.Connection, path: Path) -> bool:
    """Write the log back and cut it off, so that nothing of what it held is left.

    Returns:
        False: somebody reads at this very moment; try again.
    """
    [busy, *_] = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    preallocate(path)
    return not busy
