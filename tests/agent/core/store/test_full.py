"""A full disk: lane 0 is taken for hours, the rest gives way, nothing goes without a word."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.core.clock import Clock
from agent.core.store import room
from agent.core.store.opening import open_store
from agent.core.store.outbox import Outbox, Outgoing
from agent.core.store.store import Store
from agent.effects import Lane
from tests.agent.core.store.crashing import Recorder, recording
from tests.agent.recording import record

ORDER = {"order": "01a229a1-56af-79ee-98b2-a9354f1bb35d", "place": "三村东门", "to": "同仁医院"}


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    real = os.posix_fallocate
    with recording(tmp_path, Recorder) as recorder:

        def fallocate(file: int, at: int, size: int) -> None:
            if recorder.full and at + size > os.fstat(file).st_size:
                raise OSError(errno.ENOSPC, "No space left on device")
            real(file, at, size)

        monkeypatch.setattr(os, "posix_fallocate", fallocate)
        yield recorder


@pytest.fixture
def store(tmp_path: Path, disk: Recorder) -> Iterator[Store]:
    store = open_store(tmp_path / "linli.db", Clock()).store
    for _ in range(10):
        store.maintain()
    yield store
    disk.full = False
    store.close()


def put(store: Store, lane: Lane, count: int = 1) -> bool:
    """As the kernel does it: with room made where it is asked for; False: refused for good."""
    for _ in range(40):
        try:
            with store.transaction():
                for number in range(count):
                    store.append(record("n", {"n": number, **ORDER}, "o", lane), Clock().boot())
        except sqlite3.OperationalError:
            try:
                if not store.make_room():
                    return False
            except sqlite3.OperationalError:
                return False
        else:
            return True
    return False


def pending(store: Store, lane: Lane) -> list[Outgoing]:
    outbox = Outbox(store.path)
    try:
        return outbox.pending(lane, 0, 1_000_000)
    finally:
        outbox.close()


@pytest.mark.timeout(240)
def test_lane_0_is_taken_for_hours(store: Store, disk: Recorder) -> None:
    """An order every five seconds, and a level with each: the reserve lasts for three hours."""
    put(store, Lane.TELEMETRY, 100)
    disk.full = True
    orders = 400
    for _ in range(orders):
        assert put(store, Lane.LIFE)
        assert put(store, Lane.TELEMETRY)
    [left] = store._db.execute("SELECT count(*) FROM reserve").fetchone()
    assert orders / (room._RESERVE - left) * room._RESERVE >= 3 * 3600 / 5
    assert [one.fate for one in pending(store, Lane.LIFE)] == [None] * orders
    levels = pending(store, Lane.TELEMETRY)
    assert sum(one.last - one.sequence + 1 for one in levels) == 100 + orders
    assert {one.fate for one in levels} <= {None, "evicted"}


def test_room_that_returns_is_used(store: Store, disk: Recorder) -> None:
    """What is less urgent is recorded again, and the reserve is put back."""
    disk.full = True
    for _ in range(400):
        assert put(store, Lane.LIFE)
    disk.full = False
    for _ in range(10):
        store.maintain()
    assert put(store, Lane.TELEMETRY)
    assert pending(store, Lane.TELEMETRY)[-1].fate is None
    [rows] = store._db.execute("SELECT count(*) FROM reserve").fetchone()
    assert rows == room._RESERVE


def test_it_starts_on_a_full_disk(store: Store, disk: Recorder) -> None:
    """After a stop, with not one block left: the log is still there, and so is the reserve."""
    put(store, Lane.LIFE, 5)
    store.close()
    disk.full = True
    opened = open_store(store.path, Clock())
    assert opened.trouble == "" and opened.salvaged is None
    assert put(opened.store, Lane.LIFE)
    assert len(pending(opened.store, Lane.LIFE)) == 6
    disk.full = False
    opened.store.close()


def test_nothing_is_given_up_while_disk_and_upstream_are_well(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over its size a lane is cut only when upstream takes nothing; lane 0 never is."""
    monkeypatch.setattr(room, "_KEEP_WAITING", {Lane.TASK: 5, Lane.TELEMETRY: 5, Lane.BULK: 5})
    put(store, Lane.LIFE, 50)
    put(store, Lane.TELEMETRY, 50)
    store.maintain()
    assert len(pending(store, Lane.TELEMETRY)) == 50
    monkeypatch.setattr(room, "_TAKES", -1.0)
    store.maintain()
    assert pending(store, Lane.TELEMETRY)[0].fate == "evicted"
    assert [one.fate for one in pending(store, Lane.LIFE)] == [None] * 50
