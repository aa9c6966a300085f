"""Opening the store, also when it is damaged: what can be read is kept, and somebody is told."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from agent.core.clock import Clock
from agent.core.ids import uuid7
from agent.core.store.store import Store

log = logging.getLogger(__name__)

_VERSION = 1
"""Number of migrations in `agent.core.store.schema`."""

_KEEP_DAMAGED = 2
"""Damaged databases kept beside the new one for a technician to look at."""


class Opened(NamedTuple):
    """A store ready for use, and what happened to its predecessor."""

    store: Store
    salvaged: int | None
    """None when all was well; else how many records were saved out of a damaged file."""


def open_store(path: Path, clock: Clock) -> Opened:
    """Open or create the store at *path*; a damaged one is renamed aside and salvaged.

    Raises:
        OSError: the folder cannot be written.
        sqlite3.OperationalError: the disk is full, or another daemon holds the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return Opened(Store(_connect(path), path, clock), salvaged=None)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        log.error("store damaged path=%s error=%s", path, error)
    aside = _put_aside(path, clock)
    db = _connect(path)
    salvaged = _salvage(aside, db)
    log.warning("store salvaged records=%d from=%s", salvaged, aside)
    return Opened(Store(db, path, clock), salvaged)


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    try:
        # FULL: in WAL mode each commit is fsynced, so what a resident was told survives.
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        [verdict] = db.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        _migrate(db)
    except BaseException:
        db.close()
        raise
    path.chmod(0o600)
    return db


def _migrate(db: sqlite3.Connection) -> None:
    [version] = db.execute("PRAGMA user_version").fetchone()
    if version == _VERSION:
        return
    # Imported late: sqlite-utils costs a fifth of a second that only a change of tables needs.
    from sqlite_utils import Database

    from agent.core.store.schema import migrations

    migrations.apply(Database(db))
    db.execute("INSERT OR IGNORE INTO facts VALUES ('epoch', ?)", (uuid7(),))
    db.execute(f"PRAGMA user_version = {_VERSION}")


def _put_aside(path: Path, clock: Clock) -> Path:
    stem = f"{path.name}.damaged-"
    aside = path.with_name(f"{stem}{int(clock.wall() * 1000)}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    damaged = sorted(p for p in path.parent.glob(f"{stem}*") if p.name[len(stem) :].isdigit())
    for old in damaged[:-_KEEP_DAMAGED]:
        for suffix in ("", "-wal", "-shm"):
            old.with_name(old.name + suffix).unlink(missing_ok=True)
    return aside


def _salvage(aside: Path, db: sqlite3.Connection) -> int:
    """Copy what can be read into the new epoch: states, reminders, waiting records renumbered."""
    old = sqlite3.connect(f"{aside.absolute().as_uri()}?mode=ro", uri=True)
    saved = 0
    db.execute("BEGIN IMMEDIATE")
    try:
        for table in ("states", "reminders", "commands"):
            for row in _readable(old, f"SELECT * FROM {table}"):
                marks = ", ".join("?" * len(row))
                db.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)
        acked = {lane: upto for lane, _, upto in _readable(old, "SELECT * FROM lanes")}
        for row in _readable(old, "SELECT * FROM records ORDER BY lane, sequence"):
            lane, sequence = row[0], row[1]
            if sequence <= acked.get(lane, 0):
                continue
            [renumbered] = db.execute(
                "UPDATE lanes SET next = next + 1 WHERE lane = ? RETURNING next - 1", (lane,)
            ).fetchone()
            marks = ", ".join("?" * len(row))
            db.execute(f"INSERT INTO records VALUES ({marks})", (lane, renumbered, *row[2:]))
            saved += 1
    finally:
        db.execute("COMMIT")
        old.close()
    return saved


def _readable(db: sqlite3.Connection, query: str) -> Iterator[tuple[Any, ...]]:
    """Rows up to the first one that cannot be read."""
    try:
        yield from db.execute(query)
    except sqlite3.DatabaseError as error:
        log.warning("store partly unreadable query=%r error=%s", query, error)
