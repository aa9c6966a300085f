"""The tables of the store, as migrations: each ran once on every kiosk, so none is ever edited."""

from __future__ import annotations

from sqlite_utils.db import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("linli")


@migrations()
def first(db: Database) -> None:
    """Lanes of records, service states, reminders, commands already seen."""
    db.execute("""
        CREATE TABLE records (
            lane INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            id TEXT NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            data TEXT NOT NULL,
            wall REAL NOT NULL,      -- seconds since 1970, to be believed only when trusted
            boot REAL NOT NULL,      -- boot-time clock, comparable within one boot_id
            boot_id TEXT NOT NULL,
            trusted INTEGER NOT NULL,
            expires REAL,            -- boot-time clock; NULL: never
            fate TEXT,               -- NULL, 'expired' or 'refused': then a tombstone is sent
            reason TEXT,
            PRIMARY KEY (lane, sequence)
        ) WITHOUT ROWID""")
    db.execute("CREATE INDEX expiring ON records(expires) WHERE expires IS NOT NULL")
    db.execute("""
        CREATE TABLE lanes (
            lane INTEGER PRIMARY KEY,
            next INTEGER NOT NULL,   -- sequence that the next record gets; the first is 1
            acked INTEGER NOT NULL   -- upstream has everything up to here
        )""")
    db.execute("INSERT INTO lanes VALUES (0, 1, 0), (1, 1, 0), (2, 1, 0), (3, 1, 0)")
    # Evicted when the disk was full: the range is told upstream, so that nothing vanishes silently.
    db.execute("""
        CREATE TABLE gaps (
            lane INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
            PRIMARY KEY (lane, first)
        ) WITHOUT ROWID""")
    db.execute("CREATE TABLE states (service TEXT PRIMARY KEY, data BLOB NOT NULL)")
    db.execute("""
        CREATE TABLE reminders (
            service TEXT NOT NULL, name TEXT NOT NULL,
            due REAL NOT NULL, boot_id TEXT NOT NULL,
            PRIMARY KEY (service, name)
        ) WITHOUT ROWID""")
    db.execute("CREATE TABLE commands (id TEXT PRIMARY KEY, wall REAL NOT NULL)")
    db.execute("CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)")


@migrations()
def chain(db: Database) -> None:
    """What proves the records, and what tells boots, epochs and rooms apart.

    Software of before reads and writes its own tables as ever, so nothing of them is changed.
    """
    db.execute("""
        CREATE TABLE links (          -- beside the records: a damaged record keeps its proof
            lane INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            turn INTEGER NOT NULL,    -- order of recording over all lanes
            salt BLOB,                -- NULL: erased, and the record with it
            commitment BLOB NOT NULL, -- zeros where the chain begins or an evicted range ends
            chain BLOB NOT NULL,
            PRIMARY KEY (lane, sequence)
        ) WITHOUT ROWID""")
    # Once more what `lanes` says of receipts, with a check: counters that lie are noticed.
    db.execute("""
        CREATE TABLE receipts (
            lane INTEGER PRIMARY KEY, acked INTEGER NOT NULL, chain BLOB, proof BLOB NOT NULL
        )""")
    db.execute("""
        CREATE TABLE boots (
            boot_id TEXT PRIMARY KEY,
            number INTEGER NOT NULL,
            difference REAL,          -- wall minus boot-time clock, once that was trusted
            lived REAL NOT NULL,      -- seconds of running of all boots before this one
            seen REAL NOT NULL        -- boot-time clock of the last proof of life
        ) WITHOUT ROWID""")
    # Pages kept for lane 0 when the disk is full: given back to the file row by row.
    db.execute("CREATE TABLE reserve (number INTEGER PRIMARY KEY, filler BLOB NOT NULL)")
