"""Damage: what is spoiled costs itself and nothing else, whoever else is damaged or when."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.core.clock import Clock
from agent.core.store import opening
from agent.core.store.opening import Opened, open_store, repair
from agent.core.store.outbox import Outbox, Outgoing
from agent.core.store.store import Gone, Store
from agent.effects import Lane
from tests.agent.recording import record

PAGE = 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "linli.db"


def put(store: Store, lane: Lane, count: int, size: int = 200, mark: str = "m") -> None:
    with store.transaction():
        for number in range(count):
            data = {"mark": f"{mark}{number}", "text": "x" * size}
            store.append(record("bin.level", data, "north", lane), Clock().boot())


def fill(path: Path, count: int) -> str:
    """A store with *count* records of telemetry and some of everything; returns its epoch."""
    store = open_store(path, Clock()).store
    put(store, Lane.LIFE, 20)
    put(store, Lane.TELEMETRY, count)
    with store.transaction():
        store.save_state("taxi", b"state")
        store.remind("taxi", "search", 5e9)
        store.first_time("c1")
        store.acknowledge(0, 5)
    store.close()
    return store.epoch


def waiting(path: Path) -> list[Outgoing]:
    outbox = Outbox(path)
    try:
        return [one for lane in Lane for one in outbox.pending(lane, 0, 100_000)]
    finally:
        outbox.close()


def kept(path: Path) -> int:
    """Records of `fill` that are still themselves."""
    return sum(one.fate is None and one.kind == "bin.level" for one in waiting(path))


def spoil(path: Path, at: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


def reopened(path: Path) -> Opened:
    opened = open_store(path, Clock())
    opened.store.close()
    return opened


@pytest.mark.timeout(240)
def test_one_bad_page_costs_its_own_rows(path: Path, tmp_path: Path) -> None:
    """Whichever page it is: on average 98 of 100 rows are kept, and 85 in the worst case."""
    fill(path, 1_200)
    pages = path.stat().st_size // PAGE
    original = path.read_bytes()
    shares = []
    for page in range(1, pages, max(1, pages // 12)):
        folder = tmp_path / str(page)
        folder.mkdir()
        copy = folder / "linli.db"
        copy.write_bytes(original)
        spoil(copy, page * PAGE, os.urandom(PAGE))
        opened = reopened(copy)
        assert opened.salvaged is not None or kept(copy) == 1_215, page
        shares.append(kept(copy) / 1_215)
        shutil.rmtree(folder)
    assert sum(shares) / len(shares) >= 0.98, shares
    assert min(shares) >= 0.85, shares


@pytest.mark.parametrize("at", [0, 16, 18, 20, 21, 28, 44, 47, 56, 59, 60, 92, 96])
def test_a_damaged_header_loses_nothing(path: Path, at: int) -> None:
    """Every field of the first hundred bytes."""
    fill(path, 50)
    spoil(path, at, bytes([path.read_bytes()[at] ^ 0xFF]))
    opened = reopened(path)
    assert kept(path) == 65
    assert opened.store.epoch and opened.trouble == ""


@pytest.mark.timeout(240)
@settings(max_examples=25, deadline=None)
@given(at=st.integers(0, 10**9), flip=st.integers(1, 255), wal=st.booleans())
@example(at=1132, flip=128, wal=False)  # SQLite quotes a byte of its schema that is no text
def test_no_damaged_byte_goes_unnoticed(
    tmp_path_factory: pytest.TempPathFactory, at: int, flip: int, wal: bool
) -> None:
    """Anywhere in file and log: each record is kept as it was, or said not to be; it starts."""
    path = tmp_path_factory.mktemp("byte") / "linli.db"
    store = open_store(path, Clock()).store
    put(store, Lane.LIFE, 60)
    target = path
    if wal:  # a power cut: what was committed is only in the log
        copy = path.parent / "copy" / "linli.db"
        copy.parent.mkdir()
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
        target = copy.with_name("linli.db-wal")
    store.close()
    victim = copy if wal else path
    spoil(target, at % min(target.stat().st_size, 80 * PAGE), b"")
    raw = target.read_bytes()
    at %= min(len(raw), 80 * PAGE)
    spoil(target, at, bytes([raw[at] ^ flip]))
    opened = open_store(victim, Clock())
    found = waiting(victim)
    for one in found:
        if one.fate is None and one.intact and one.kind == "bin.level":
            assert f'"mark":"m{one.sequence - 1}"' in one.data, (at, one)
    life = [one for one in found if one.lane == 0]
    if not wal:  # a spoiled log ends where it is spoiled, as after a power cut
        assert (life and life[-1].last >= 60) or opened.salvaged is not None, (at, life[-1:])
    opened.store.close()
    shutil.rmtree(victim.parent)


STEPS = [
    ("sync_folder", 1),  # the marker is there
    ("_resume", 1),
    ("sync_folder", 2),  # the files are renamed
    ("_build", 1),
    ("mend_header", 1),
    ("salvage", 1),
    ("_finish", 1),
    ("_put_in_place", 1),
    ("sync_folder", 3),
    ("sync_folder", 4),
]


@pytest.mark.parametrize(("state", "nth"), STEPS)
def test_salvage_killed_anywhere_is_resumed(
    path: Path, state: str, nth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before the nth call of each of its steps, the next start goes on and loses nothing."""
    fill(path, 300)
    spoil(path, 47, b"\xff")

    class Killed(BaseException):
        pass

    calls = 0
    real = getattr(opening, state)

    def killing(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == nth:
            raise Killed
        return real(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(opening, state, killing)
        with pytest.raises(Killed):
            open_store(path, Clock())
    reopened(path)
    assert kept(path) == 315
    assert list(path.parent.glob("linli.db.damaged-*"))
    assert not path.with_name("linli.db.salvage").exists()


def test_salvage_on_a_full_disk_is_tried_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While there is no room the kiosk starts without a store; with room everything is back."""
    fill(path, 300)
    spoil(path, 47, b"\xff")

    def full(*arguments: object) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(opening, "salvage", full)
        opened = open_store(path, Clock())
        assert "full" in opened.trouble and not opened.store.writable
        opened.store.close()
    assert reopened(path).salvaged is not None
    assert kept(path) == 315


def test_copies_are_counted_not_dated(path: Path) -> None:
    """Whatever the clock says, the newest copies are kept: those of before count as older."""
    path.with_name("linli.db.damaged-99999999999999").write_bytes(b"of before")
    for _ in range(3):
        fill(path, 10)
        spoil(path, 47, b"\xff")
        reopened(path)
    names = sorted(file.name for file in path.parent.glob("linli.db.damaged-?"))
    assert names == ["linli.db.damaged-2", "linli.db.damaged-3"]


def test_one_damaged_waiting_row_stops_nobody(path: Path) -> None:
    """Text that is no UTF-8, an altered letter: that record is not itself, its neighbours are."""
    fill(path, 10)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE records SET data = CAST(x'7bff7d' AS TEXT) WHERE lane=0 AND sequence=7")
        db.execute("UPDATE records SET subject = 'south' WHERE lane = 0 AND sequence = 9")
    db.close()
    life = [one for one in waiting(path) if one.lane == 0]
    assert [one.sequence for one in life if not one.intact] == [7, 9]
    assert len(life) == 15


def test_a_deleted_row_is_a_tombstone(path: Path) -> None:
    """A row that vanished is told as lost, in its place."""
    fill(path, 10)
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM records WHERE lane = 0 AND sequence BETWEEN 7 AND 9")
    db.close()
    [hole] = [one for one in waiting(path) if one.fate == "lost"]
    assert (hole.sequence, hole.last) == (7, 9)


@pytest.mark.parametrize(
    "lie", ["acked = acked + 16", "acked = acked - 3", "next = next - 1", "next = next + 64"]
)
@pytest.mark.parametrize("running", [False, True])
def test_counters_that_lie_are_put_right(path: Path, lie: str, running: bool) -> None:
    """At the start and while it runs: no record is skipped, none has another's number."""
    fill(path, 10)
    if not running:
        with sqlite3.connect(path) as db:
            db.execute(f"UPDATE lanes SET {lie} WHERE lane = 0")
        db.close()
    store = open_store(path, Clock()).store
    if running:
        with sqlite3.connect(path) as db:
            db.execute(f"UPDATE lanes SET {lie} WHERE lane = 0")
        db.close()
    put(store, Lane.LIFE, 1)
    assert store.repaired
    life = [one for one in waiting(path) if one.lane == 0]
    assert [one.sequence for one in life] == list(range(6, 22))
    store.close()


@pytest.mark.parametrize("gone", ["", "-wal"])
def test_a_file_unlinked_under_us_is_noticed(path: Path, gone: str) -> None:
    """Before the commit counts; and everything that was told is in the new file."""
    fill(path, 10)
    store = open_store(path, Clock()).store
    put(store, Lane.LIFE, 5)
    epoch = store.epoch
    Path(f"{path}{gone}").unlink()
    with pytest.raises(Gone) as error:
        put(store, Lane.LIFE, 1)
    assert repair(store, error.value)
    put(store, Lane.LIFE, 1)
    assert store.epoch != epoch
    assert kept(path) == 31
    store.close()
    assert reopened(path).salvaged is None
    assert kept(path) == 31


def test_a_store_that_cannot_be_written_is_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is opened for reading, says why, and refuses transactions; then it can be written."""
    fill(path, 10)

    def refuse(path: Path) -> sqlite3.Connection:
        raise sqlite3.OperationalError("attempt to write a readonly database")

    with monkeypatch.context() as patched:
        patched.setattr(opening, "connect", refuse)
        opened = open_store(path, Clock())
    assert "readonly" in opened.trouble
    assert opened.store.states()["taxi"] == b"state"
    with pytest.raises(sqlite3.OperationalError), opened.store.transaction():
        pass
    opening.reopen(opened.store)
    put(opened.store, Lane.LIFE, 1)
    opened.store.close()
    assert kept(path) == 26


def test_a_log_left_beside_a_copy_is_not_taken_for_its_own(path: Path) -> None:
    """Only ``linli.db`` was put back: the empty log of the newer store does no harm."""
    fill(path, 10)
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    store = open_store(path, Clock()).store
    put(store, Lane.LIFE, 2)
    store.close()
    shutil.copy(copy, path)
    assert reopened(path).salvaged is None
    assert kept(path) == 25
