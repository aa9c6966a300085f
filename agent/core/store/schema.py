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
