"""Stores of the software of commit de20305: ours takes them over, and leaves what it can read.

``de20305.db`` was written by that software. What it does to a store (its statements, below) is
done to ours.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from agent.core.clock import Clock
from agent.core.store.opening import open_store
from agent.core.store.outbox import Outbox
from agent.core.store.store import Store
from agent.core.store.verify import verify
from agent.effects import Lane
from agent.technician.records import list_records
from tests.agent.recording import record

OLD = Path(__file__).with_name("de20305.db")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Path(shutil.copy(OLD, tmp_path / "linli.db"))


def put(store: Store, lane: Lane, count: int) -> None:
    with store.transaction():
        for number in range(count):
            store.append(record("new", {"n": number}, "s", lane), Clock().boot())


def pending(path: Path, lane: int) -> list[tuple[int, int, str, str | None]]:
    outbox = Outbox(path)
    try:
        return [(r.sequence, r.last, r.kind, r.fate) for r in outbox.pending(lane, 0, 1_000)]
    finally:
        outbox.close()


def test_an_old_store_goes_on(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything that waited waits, in its place; states, reminders and commands are there."""
    with sqlite3.connect(path) as db:
        [epoch] = db.execute("SELECT value FROM facts WHERE name = 'epoch'").fetchone()
    db.close()
    assert list_records(path.parent, 5, follow=False) == 2
    assert "older software" in capsys.readouterr().err
    opened = open_store(path, Clock())
    store = opened.store
    assert opened.salvaged is None and store.epoch == epoch
    assert store.states()["taxi"] == b"\x81\xa5order\xa2o9"
    assert [(r.service, r.name) for r in store.reminders()] == [("taxi", "search")]
    with store.transaction():
        assert not store.first_time("c1")
    put(store, Lane.LIFE, 2)
    assert [one[:2] for one in pending(path, 0)] == [(n, n) for n in range(10, 15)]
    assert [one[3] for one in pending(path, 1)][:4] == [None, None, "refused", None]
    assert pending(path, 2)[0] == (1, 4, "", "evicted")
    outbox = Outbox(path)
    assert [r.chain is not None for r in outbox.pending(0, 0, 10)] == [
        False,
        False,
        True,
        True,
        True,
    ]
    assert all(r.intact for r in outbox.pending(0, 0, 10))
    outbox.close()
    assert verify([path]) == 0
    with store.transaction():
        assert [one.sequence for one in store.acknowledge(0, 14)] == [10, 11, 12, 13, 14]
    store.close()


def old_software(path: Path) -> None:
    """What it does with a store: opening, a record, a receipt, an eviction, a command."""
    db = sqlite3.connect(path, isolation_level=None)
    assert db.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    assert db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    db.execute("PRAGMA user_version = 1")
    db.execute("BEGIN IMMEDIATE")
    for lane in (0, 0, 2):
        [sequence] = db.execute(
            "UPDATE lanes SET next = next + 1 WHERE lane = ? RETURNING next - 1", (lane,)
        ).fetchone()
        db.execute(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
            (lane, sequence, f"01a229a1-56af-79ee-98b2-{sequence:012}", "old", "o", "{}", 1.0, 1.0,
             "boot", 0, None),
        )  # fmt: skip
    db.execute("UPDATE lanes SET acked = ? WHERE lane = ?", (11, 0))
    db.execute("DELETE FROM records WHERE lane = 2 AND sequence <= 8")
    db.execute("INSERT INTO gaps VALUES (2, 5, 8)")
    db.execute("INSERT OR REPLACE INTO states VALUES (?, ?)", ("taxi", b"old"))
    db.execute("INSERT OR REPLACE INTO facts VALUES ('alive', '1')")
    db.execute("INSERT OR IGNORE INTO commands VALUES (?, ?)", ("c2", 1.0))
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def test_the_old_software_can_come_back_and_go_again(path: Path) -> None:
    """A rollback of the software, and its end: no record is lost, none is taken for damage."""
    store = open_store(path, Clock()).store
    put(store, Lane.LIFE, 3)
    store.maintain()
    store.close()
    old_software(path)
    opened = open_store(path, Clock())
    assert opened.salvaged is None and not opened.store.repaired
    put(opened.store, Lane.LIFE, 1)
    assert [(one[0], one[2]) for one in pending(path, 0)] == [
        (12, "taxi.requested"), (13, "new"), (14, "new"), (15, "new"),
        (16, "old"), (17, "old"), (18, "new"),
    ]  # fmt: skip
    assert [one[:2] for one in pending(path, 2)][:3] == [(1, 4), (5, 8), (9, 9)]
    assert opened.store.states()["taxi"] == b"old"
    opened.store.close()


def test_a_damaged_old_store_is_salvaged(path: Path) -> None:
    """Also one whose tables cannot be read any more."""
    raw = bytearray(path.read_bytes())
    raw[100:108] = b"\xff" * 8
    path.write_bytes(raw)
    opened = open_store(path, Clock())
    assert opened.salvaged == 52
    assert [one[0] for one in pending(path, 0) if one[3] is None] == [10, 11, 12]
    assert opened.store.states()["taxi"] == b"\x81\xa5order\xa2o9"
    opened.store.close()
