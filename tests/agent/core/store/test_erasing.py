"""What is kept of people ends: its content is gone from the bytes, and the chain still holds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.core.clock import Clock
from agent.core.dead_letters import DeadLetters, Letter, read
from agent.core.store import opening
from agent.core.store.erasing import erase
from agent.core.store.opening import open_store
from agent.core.store.store import Store
from agent.core.store.verify import verify
from agent.effects import Lane
from agent.records import Retention
from agent.technician.records import erase_records, list_records
from tests.agent.recording import record


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "linli.db", Clock()).store
    with store.transaction():
        store.note_boot()
    yield store
    store.close()


def put(store: Store, name: str, count: int = 3, kind: str = "taxi.requested") -> None:
    with store.transaction():
        for _ in range(count):
            entry = record(kind, {"to": f"secret-{name}"}, f"about-{name}", Lane.LIFE)
            store.append(entry, store.clock.boot())


def deliver(store: Store) -> None:
    with store.transaction():
        store.acknowledge(0, store.last_sequences()[0])


def found(folder: Path, word: str) -> list[str]:
    """Files of *folder* with *word* in their bytes."""
    return [file.name for file in folder.iterdir() if word.encode() in file.read_bytes()]


def test_what_was_erased_is_in_no_byte(store: Store, tmp_path: Path) -> None:
    """Beside the running kiosk: not in the file, not in its log; what waits is left alone."""
    put(store, "lin")
    put(store, "wang")
    deliver(store)
    put(store, "chen")
    assert found(tmp_path, "secret-lin")
    erased = erase(store.path, "about-lin")
    assert (erased.records, erased.waiting) == (3, 0)
    assert found(tmp_path, "secret-lin") == [] and found(tmp_path, "about-lin") == []
    assert found(tmp_path, "secret-wang")
    erased = erase(store.path)
    assert (erased.records, erased.waiting) == (3, 3)
    assert found(tmp_path, "secret-wang") == []
    assert found(tmp_path, "secret-chen")
    put(store, "later")  # the kiosk goes on
    deliver(store)
    assert store.repaired == []
    assert verify([store.path]) == 0


def test_damaged_copies_are_erased_too(store: Store, tmp_path: Path) -> None:
    """Once what they held is in the new store."""
    put(store, "lin")
    deliver(store)
    store.close()
    opening._put_aside(store.path, Clock(), "a test")
    assert set(found(tmp_path, "secret-lin")) <= {"linli.db.damaged-1", "linli.db.damaged-1-wal"}
    assert erase(store.path).copies == 1
    assert found(tmp_path, "secret-lin") == []


def test_each_kind_is_kept_as_long_as_it_declares(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its days, once it is delivered; other kinds stay."""
    put(store, "fall", kind="fall.suspected")
    put(store, "bin", kind="bin.full")
    deliver(store)
    put(store, "new", kind="fall.suspected")
    store.retain({"fall.suspected": Retention(days=1), "bin.full": Retention(days=30)})
    store.maintain()
    assert found(tmp_path, "secret-fall")
    now = store.clock.boot()
    monkeypatch.setattr(store.clock, "boot", lambda: now + 2 * 86_400)
    store.maintain()
    assert found(tmp_path, "secret-fall") == []
    assert found(tmp_path, "secret-bin") and found(tmp_path, "secret-new")


def test_what_a_service_forgot_is_in_no_byte(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver's name of an order that is over stands an hour later in no file of the folder."""
    with store.transaction():
        store.save_state("taxi", b"driver: secret-driver, plate: secret-plate")
    with store.transaction():
        store.save_state("taxi", b"nothing")
    assert found(tmp_path, "secret-driver") == ["linli.db-wal"]
    now = store.clock.boot()
    monkeypatch.setattr(store.clock, "boot", lambda: now + 2 * 3600)
    store.maintain()
    assert found(tmp_path, "secret-driver") == [] == found(tmp_path, "secret-plate")


def test_what_was_set_aside_is_not_kept_for_ever(tmp_path: Path) -> None:
    """A dead letter may hold words about a person: it goes after thirty days."""
    letters = DeadLetters(tmp_path)
    for age in (0.0, 29.0, 31.0):
        wall = time.time() - age * 86_400
        letters.put(Letter(wall, "taxi", "command", "bad", f"secret-{age:.0f}"))
    letters.forget()  # while it runs, as at the start
    assert [letter.content for letter in read(tmp_path)] == ["secret-0", "secret-29"]
    assert found(tmp_path, "secret-31") == []


def test_who_erases_erases_what_was_set_aside_too(tmp_path: Path) -> None:
    """All of it, or what names the order."""
    open_store(tmp_path / "linli.db", Clock()).store.close()
    for order in ("order-1", "order-2"):
        DeadLetters(tmp_path).put(Letter(time.time(), "taxi", "command", "bad", f"secret {order}"))
    assert erase_records(tmp_path, "order-1") == 0
    assert found(tmp_path, "order-1") == [] != found(tmp_path, "order-2")
    assert erase_records(tmp_path, None) == 0
    assert found(tmp_path, "secret") == []


def test_records_are_listed_whatever_the_file_is_like(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the order of recording, also over a step of the clock; damage is one sentence."""
    put(store, "one", 1)
    store.clock.wall = lambda: 3.0  # type: ignore[method-assign]
    put(store, "two", 1)
    assert list_records(tmp_path, 20, follow=False) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "secret-one" in lines[0] and "secret-two" in lines[1]
    store.close()
    store.path.write_bytes(b"no database at all" * 1000)
    assert list_records(tmp_path, 20, follow=False) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert list_records(tmp_path / "nowhere", 20, follow=False) == 2
    assert "is not there" in capsys.readouterr().err
