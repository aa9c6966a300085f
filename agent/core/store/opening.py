"""Opening the store, also when it is damaged: what can be read is kept, and somebody is told.

Salvage is a sequence of states, each of which a power cut may end and the next start resumes:

1. a file ``linli.db.salvage`` names the number of the copy and the reason;
2. the damaged files are renamed to ``linli.db.damaged-<number>``, the log first;
3. what they hold is written into ``linli.db.building``, which is synced;
4. that is renamed to ``linli.db``;
5. ``linli.db.salvage`` goes, and with it the oldest of the copies.

Until 4 nothing of the copy is deleted, so that it can be tried again at each start.
"""

from __future__ import annotations

import logging
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from agent.core.clock import Clock
from agent.core.store.connection import (
    SUFFIXES,
    check,
    connect,
    damaged,
    in_memory,
    read_only,
    sync_folder,
)
from agent.core.store.epochs import begin_epoch, current_epoch
from agent.core.store.lanes import Lanes
from agent.core.store.salvage import mend_header, salvage
from agent.core.store.store import Gone, Store

log = logging.getLogger(__name__)

_KEEP_DAMAGED = 2
"""Damaged databases kept beside the new one for a technician to look at."""


_SMALL = 16 << 20
"""Bytes up to which a file is looked through before it is used: some 50 ms. A larger one is
checked beside the work, see `agent.core.store.checking`."""


class Opened(NamedTuple):
    """A store ready for use, and what happened to its predecessor."""

    store: Store
    salvaged: int | None
    """None when all was well; else how many records were saved out of a damaged file."""
    trouble: str = ""
    """Why nothing can be written, where that is so; for a person."""


def open_store(path: Path, clock: Clock) -> Opened:
    """Open or create the store at *path*; a damaged one is renamed aside and salvaged.

    One that cannot be written is opened for reading, and where that fails too, one in memory
    takes its place, which refuses every transaction: `reopen` tries again.
    """
    try:
        return _open(path, clock, patient=False)
    except (OSError, sqlite3.Error) as error:
        trouble = f"{path} cannot be written: {error}"
    log.error("store cannot be written error=%s", trouble)
    try:
        return Opened(Store(read_only(path), path, clock, writable=False), None, trouble)
    except (OSError, sqlite3.Error) as error:
        log.error("store cannot be read either error=%s", error)
    return Opened(Store(in_memory(), path, clock, writable=False), None, trouble)


def _open(path: Path, clock: Clock, patient: bool) -> Opened:
    """As `open_store`, for writing or not at all.

    Args:
        patient: also salvage a large file, which takes minutes; else the next call does.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    salvaged = None
    if _marker(path).exists():
        if not patient and _size(path) > _SMALL:
            raise sqlite3.OperationalError("the store is being salvaged")
        salvaged = _resume(path, clock)
    try:
        return Opened(_writable(path, clock), salvaged)
    except sqlite3.Error as error:
        if not (damaged(error) or _wrong_version(path)):
            raise
        log.error("store damaged path=%s error=%s", path, error)
        if not patient and path.stat().st_size > _SMALL:
            _mark(path, f"the file was damaged: {error}")
            raise sqlite3.OperationalError("the store is being salvaged") from error
        salvaged = _put_aside(path, clock, f"the file was damaged: {error}")
    return Opened(_writable(path, clock), salvaged)


def _wrong_version(path: Path) -> bool:
    """Whether the header asks for another SQLite than has written it: such a file counts as
    read-only, and not as damaged."""
    try:
        with path.open("rb") as file:
            return not set(file.read(20)[18:]) <= {1, 2}
    except OSError:
        return False


def _writable(path: Path, clock: Clock) -> Store:
    db = connect(path)
    try:
        if path.stat().st_size <= _SMALL:
            check(db)
        return Store(db, path, clock, writable=True)
    except BaseException:
        db.close()
        raise


def _put_aside(path: Path, clock: Clock, reason: str) -> int:
    """Salvage the damaged store at *path*; returns how many waiting records were saved.

    Raises:
        OSError, sqlite3.Error: it cannot be done now; the next call goes on where this ended.
    """
    _mark(path, reason)
    return _resume(path, clock)


def _mark(path: Path, reason: str) -> None:
    if not _marker(path).exists():
        numbers = [number for number, _ in _copies(path)]
        _write(_marker(path), f"{max(numbers, default=0) + 1}\n{reason}")
        sync_folder(path.parent)


def _resume(path: Path, clock: Clock) -> int:
    number, _, reason = _marker(path).read_text("utf-8").partition("\n")
    aside = path.with_name(f"{path.name}.damaged-{int(number or 1)}")
    if path.exists() and not aside.exists():
        # The log first: a log that is left over would be taken for that of the new store.
        for suffix in reversed(SUFFIXES):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))
        sync_folder(path.parent)
    saved = 0
    if not path.exists():
        saved = _build(path, aside, reason, clock)
    for _, old in _copies(path)[:-_KEEP_DAMAGED]:
        for suffix in (*SUFFIXES, ".header"):
            old.with_name(old.name + suffix).unlink(missing_ok=True)
    _marker(path).unlink()
    sync_folder(path.parent)
    log.warning("store salvaged records=%d from=%s", saved, aside)
    return saved


def _build(path: Path, aside: Path, reason: str, clock: Clock) -> int:
    """Make a new store out of *aside*, and put it in its place when it is whole."""
    building = path.with_name(f"{path.name}.building")
    for suffix in SUFFIXES:
        building.with_name(building.name + suffix).unlink(missing_ok=True)
    saved = 0
    with closing(connect(building)) as db:
        if aside.exists():
            mend_header(aside)
            saved = salvage(aside, db, reason, clock)
        _finish(db)
    _put_in_place(building, path)
    return saved


def _finish(db: sqlite3.Connection) -> None:
    """Write the log back: a file that is renamed leaves its log behind.

    Raises:
        sqlite3.OperationalError: it cannot be written back.
    """
    busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise sqlite3.OperationalError("the new store is in use")


def _put_in_place(building: Path, path: Path) -> None:
    building.rename(path)
    sync_folder(path.parent)


def repair(store: Store, error: sqlite3.Error) -> str:
    """Bring *store* back after *error*, where the file is damaged or gone; it may be used again.

    Returns:
        what was done, for a person; empty when *error* was about something else.

    Raises:
        OSError, sqlite3.Error: it cannot be done now.
    """
    path, clock = store.path, store.clock
    if isinstance(error, Gone):
        _move(store, str(error))
        done = "the store's file had gone from its folder; what it held is there again"
    elif damaged(error):
        store.close()
        saved = _put_aside(path, clock, f"the file was damaged: {error}")
        done = f"the store was damaged; {saved} waiting records were saved"
    else:
        return ""
    store.take_over(_writable(path, clock))
    log.warning("store repaired done=%r", done)
    return done


def reopen(store: Store) -> str:
    """Try again to open *store* for writing, when it could not be; returns as `repair`.

    Raises:
        OSError, sqlite3.Error: it still cannot be written.
    """
    opened = _open(store.path, store.clock, patient=True)
    store.close()
    store.take_over(opened.store)
    if opened.salvaged is None:
        return ""
    return f"the store was damaged; {opened.salvaged} waiting records were saved"


def _move(store: Store, reason: str) -> None:
    """Write all that the open store still has into a new file in its place, in a new epoch.
    What lies there now is kept as a damaged copy."""
    path, clock = store.path, store.clock
    building = path.with_name(f"{path.name}.building")
    for suffix in SUFFIXES:
        building.with_name(building.name + suffix).unlink(missing_ok=True)
    with closing(sqlite3.connect(building, isolation_level=None)) as new:
        store.copy_to(new)
    with closing(connect(building)) as new:
        new.execute("BEGIN IMMEDIATE")
        lanes, before = Lanes(), current_epoch(new)
        lanes.load(new)
        begin_epoch(new, lanes, before, reason, clock)
        lanes.write(new)
        new.execute("COMMIT")
        _finish(new)
    store.close()
    number = max((number for number, _ in _copies(path)), default=0) + 1
    aside = path.with_name(f"{path.name}.damaged-{number}")
    for suffix in reversed(SUFFIXES):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    _put_in_place(building, path)


def _size(path: Path) -> int:
    """Bytes of what is to be salvaged."""
    files = [path, *(copy for _, copy in _copies(path)[-1:])]
    return max((file.stat().st_size for file in files if file.exists()), default=0)


def _marker(path: Path) -> Path:
    return path.with_name(f"{path.name}.salvage")


def _copies(path: Path) -> list[tuple[int, Path]]:
    """Damaged copies with their numbers, the oldest first. Software of before named them by the
    clock, in milliseconds: those count as older than ours."""
    pattern = re.compile(re.escape(path.name) + r"\.damaged-(\d+)")
    found = [
        (int(match[1]), file)
        for file in path.parent.glob(f"{path.name}.damaged-*")
        if (match := pattern.fullmatch(file.name))
    ]
    return sorted((0 if number >= 10**9 else number, file) for number, file in found)


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
