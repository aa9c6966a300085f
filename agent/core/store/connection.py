"""One way to open the file: every connection has the same settings, and one word for damage."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from hashlib import sha256
from pathlib import Path
from typing import Any

from agent.core.ids import uuid7

VERSION = 2
"""Number of migrations in `agent.core.store.schema`. Software of before leaves 1 behind."""

SCHEMA = "a8b5e676c0b96daa"
"""`schema_digest` of a store that all migrations have made. SQLite believes whatever its schema
says: a column with one letter changed is no damage to it."""

SUFFIXES = ("", "-wal", "-shm")
"""The files of a database."""

WAL_SIZE = 6 << 20
"""Bytes of log that are there before they are needed: a full disk does not stop the next commit.
SQLite writes the log back at about 4 MB, and begins again at its start."""

_BUSY_S = 1.0
"""Seconds to wait for `linli records --erase`, the only other writer."""

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_DAMAGED_WORDS = (
    "malformed",
    "not a database",
    "unsupported file format",
    "no such table",
    "no such column",
    "values were supplied",
    "Could not decode",
)
"""Other ways in which SQLite says that bytes of the file are not what it once wrote."""

_SHORT_READ = 522
"""SQLITE_IOERR_SHORT_READ: the file ends too early."""


class _Connection(sqlite3.Connection):
    """Says of a spoiled schema that it is spoiled, also where SQLite quotes bytes of it that are no
    text: `sqlite3` cannot read such a message."""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        try:
            return super().execute(sql, parameters)
        except UnicodeDecodeError as error:
            raise sqlite3.DatabaseError("malformed: the names of its tables") from error


def damaged(error: sqlite3.Error) -> bool:
    """Whether *error* says that the file itself is spoiled, and not that it cannot be used now."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and (code & 0xFF in _DAMAGED or code == _SHORT_READ):
        return True
    return any(word in str(error) for word in _DAMAGED_WORDS)


def full(error: sqlite3.Error) -> bool:
    """Whether *error* says that there is no room."""
    code = getattr(error, "sqlite_errorcode", None)
    return (code is not None and code & 0xFF == sqlite3.SQLITE_FULL) or "is full" in str(error)


def in_memory() -> sqlite3.Connection:
    """A store of nothing, for as long as there is none on the disk."""
    db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _migrate(db)
    return db


def connect(path: Path) -> sqlite3.Connection:
    """Open or create the file at *path* for writing.

    Raises:
        sqlite3.Error: it cannot be opened, or it is damaged.
    """
    db = sqlite3.connect(
        path,
        isolation_level=None,
        check_same_thread=False,
        timeout=_BUSY_S,
        factory=_Connection,
    )
    try:
        # FULL: in WAL mode each commit is fsynced, so what a resident was told survives.
        [mode] = db.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise sqlite3.OperationalError(f"journal mode is {mode}; no write-ahead log here")
        db.execute("PRAGMA synchronous = FULL")
        # What is deleted is overwritten; a cell that makes no sense is an error, not a crash.
        db.execute("PRAGMA secure_delete = ON")
        db.execute("PRAGMA cell_size_check = ON")
        _migrate(db)
        if schema_digest(db) != SCHEMA:
            raise sqlite3.DatabaseError("malformed: its tables are not those of a store")
        path.chmod(0o600)
        preallocate(path)
    except BaseException:
        db.close()
        raise
    return db


def schema_digest(db: sqlite3.Connection) -> str:
    """Tells the declarations of the store's own tables and indices from any others."""
    rows = db.execute(
        "SELECT name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE '%sqlite%' ORDER BY name"
    )
    return sha256(repr(rows.fetchall()).encode("utf-8", "replace")).hexdigest()[:16]


def check(db: sqlite3.Connection) -> None:
    """Look through the whole file; about 4 ms a megabyte.

    Raises:
        sqlite3.DatabaseError: something in it makes no sense.
    """
    [verdict] = db.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(f"malformed: {verdict}")


def read_only(path: Path) -> sqlite3.Connection:
    """Open the file at *path* for reading, also on a disk that cannot be written.

    Text that is no UTF-8 is read with marks in its place: its record does not match its proof.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    uri = path.absolute().as_uri()
    for flags in ("mode=ro", "mode=ro&immutable=1"):
        db = sqlite3.connect(
            f"{uri}?{flags}",
            uri=True,
            timeout=5,
            isolation_level=None,
            check_same_thread=False,
            factory=_Connection,
        )
        db.text_factory = lambda raw: raw.decode("utf-8", "replace")
        try:
            db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except sqlite3.OperationalError as error:
            db.close()
            # A read-only folder has no room for the index of the log: then as it stands.
            if "immutable" in flags or damaged(error) or os.access(path.parent, os.W_OK):
                raise
        except BaseException:
            db.close()
            raise
        else:
            return db
    raise AssertionError("unreachable")


def close(db: sqlite3.Connection, path: Path, keep_log: bool) -> None:
    """Write the log back and close; with *keep_log* the log stays there, long and empty.

    SQLite would delete it, and on a full disk there would be none at the next start.
    """
    keeper = None
    with contextlib.suppress(sqlite3.Error):
        busy, frames, written = db.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
        if keep_log and not busy and frames == written:
            keeper = read_only(path)
    db.close()
    if keeper is None:
        return
    keeper.close()  # the last to close; it may not delete the log, for it may only read
    # A log with frames in it, beside a store put back from a copy, would be taken for its own.
    with contextlib.suppress(OSError), path.with_name(path.name + "-wal").open("r+b") as log:
        log.write(bytes(32))
        log.flush()
        os.fsync(log.fileno())


def preallocate(path: Path) -> bool:
    """Give the log its full length; False when the disk has no room for it."""
    log = path.with_name(path.name + "-wal")
    try:
        file = os.open(log, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(file, 0, WAL_SIZE)  # never touches what is there already
        finally:
            os.close(file)
    except OSError:
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Make renames and new files in *folder* survive a power cut."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _migrate(db: sqlite3.Connection) -> None:
    """Bring the tables up to date; that the counters fit them is seen to by `Lanes`."""
    [version] = db.execute("PRAGMA user_version").fetchone()
    if version == VERSION:
        return
    # Imported late: sqlite-utils costs a fifth of a second that only a change of tables needs.
    from sqlite_utils import Database

    from agent.core.store.schema import migrations

    db.execute("BEGIN IMMEDIATE")  # all or nothing: a power cut leaves no half of a migration
    try:
        migrations.apply(Database(db))
        db.execute("INSERT OR IGNORE INTO facts VALUES ('epoch', ?)", (uuid7(),))
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
