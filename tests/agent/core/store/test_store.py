"""The store: nothing lost, nothing twice, nothing silently."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.clock import Clock
from agent.core.store.opening import open_store
from agent.core.store.outbox import Outbox
from agent.core.store.store import NotOurs, Store
from agent.effects import Lane, Record
from tests.agent.recording import record

LIFE = record("taxi.requested", {"order": "o"}, "o", Lane.LIFE, expires_in=180.0)
LEVEL = record("bin.level", {"percent": 3}, "north", Lane.TELEMETRY)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "linli.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = open_store(path, Clock()).store
    yield store
    store.close()


@pytest.fixture
def outbox(store: Store, path: Path) -> Iterator[Outbox]:
    outbox = Outbox(path)
    yield outbox
    outbox.close()


def put(store: Store, *records: Record, at: float = 0.0) -> None:
    with store.transaction():
        for record in records:
            store.append(record, at or Clock().boot())


def test_each_lane_counts_for_itself_without_gaps(store: Store, outbox: Outbox) -> None:
    """Sequences begin at 1 in each lane and have no gap."""
    put(store, LIFE, LEVEL, LIFE, LEVEL, LIFE)
    assert [record.sequence for record in outbox.pending(0, 0, 10)] == [1, 2, 3]
    assert [record.sequence for record in outbox.pending(2, 0, 10)] == [1, 2]


def test_rolled_back_batch_leaves_no_gap(store: Store, outbox: Outbox) -> None:
    """A batch that fails takes its sequences back with it."""
    put(store, LIFE)
    with pytest.raises(RuntimeError), store.transaction():
        store.append(LIFE, 0.0)
        raise RuntimeError("half-way")
    put(store, LIFE)
    assert [record.sequence for record in outbox.pending(0, 0, 10)] == [1, 2]


def test_acknowledged_records_wait_no_more(store: Store, outbox: Outbox) -> None:
    """What upstream has is settled once; a repeated acknowledgement is harmless."""
    put(store, LIFE, LIFE, LIFE)
    with store.transaction():
        assert [settled.sequence for settled in store.acknowledge(0, 2)] == [1, 2]
        assert store.acknowledge(0, 2) == []
        assert [settled.sequence for settled in store.acknowledge(0, 3)] == [3]
    assert outbox.pending(0, 0, 10) == []
    put(store, LIFE)
    assert [record.sequence for record in outbox.pending(0, 0, 10)] == [4]


def test_expired_record_becomes_a_tombstone_in_its_place(store: Store, outbox: Outbox) -> None:
    """After its time a record keeps its sequence but is never itself again."""
    now = Clock().boot()
    put(store, LIFE, at=now)
    expiry = store.next_expiry()
    assert expiry is not None and 170 < expiry - now < 190
    with store.transaction():
        assert store.expire(now + 100) == []
        assert [settled.kind for settled in store.expire(now + 181)] == ["taxi.requested"]
        assert store.expire(now + 300) == []
    [tombstone] = outbox.pending(0, 0, 10)
    assert (tombstone.sequence, tombstone.fate) == (1, "expired")
    assert store.next_expiry() is None


def test_after_a_reboot_a_deadline_counts_as_passed(store: Store, path: Path) -> None:
    """How long the machine was off is not known, so an order of before is never sent."""
    put(store, LIFE)
    later = Clock()
    later.boot_id = "another boot"
    other = open_store(path, later).store
    assert other.next_expiry() == 0.0
    with other.transaction():
        assert [settled.kind for settled in other.expire(0.0)] == ["taxi.requested"]
        assert other.last_boot() == ""
        other.note_boot()
        assert other.last_boot() == "another boot"
    other.close()


def test_refused_record_is_set_aside_with_its_reason(store: Store, outbox: Outbox) -> None:
    """A record that upstream will never take does not block those behind it."""
    put(store, LEVEL, LEVEL)
    with store.transaction():
        assert store.set_aside(2, 1, "no such bin") is not None
        assert store.set_aside(2, 1, "no such bin") is None
    assert [record.fate for record in outbox.pending(2, 0, 10)] == ["refused", None]


def test_eviction_leaves_a_gap_that_is_told(store: Store, outbox: Outbox) -> None:
    """The oldest tenth goes, and one tombstone stands for the whole range, again and again."""
    put(store, *[LEVEL] * 100)
    assert store.evict(Lane.TELEMETRY) == 10
    assert store.evict(Lane.TELEMETRY) == 9
    first, second, third = outbox.pending(2, 0, 10)[:3]
    assert (first.sequence, first.last, first.fate) == (1, 10, "evicted")
    assert (second.sequence, second.last) == (11, 19)
    assert (third.sequence, third.fate) == (20, None)
    with store.transaction():
        store.acknowledge(2, 19)
    assert outbox.pending(2, 0, 10)[0].sequence == 20


def test_a_command_is_new_only_once(store: Store) -> None:
    """A command repeated by upstream is recognised, also after a restart."""
    with store.transaction():
        assert store.first_time("c1")
        assert not store.first_time("c1")


def test_reminders_survive_and_those_of_an_earlier_boot_are_due(store: Store, path: Path) -> None:
    """Within a boot a reminder keeps its time; after a reboot it is due at once."""
    with store.transaction():
        store.remind("taxi", "search", 5e9)
        store.remind("taxi", "repeat", 6e9)
        store.remind("taxi", "repeat", None)
    assert [(r.name, r.due) for r in store.reminders()] == [("search", 5e9)]
    later = Clock()
    later.boot_id = "another boot"
    other = open_store(path, later).store
    assert [r.due < 5e9 for r in other.reminders()] == [True]
    other.close()


def test_recent_records_are_listed_in_order(store: Store, outbox: Outbox) -> None:
    """People read the newest records, oldest of them first, and go on from there."""
    put(store, LIFE, LEVEL, LIFE)
    assert [(r.lane, r.sequence) for r in outbox.recent({}, 2)] == [(2, 1), (0, 2)]
    assert outbox.recent({0: 2, 2: 1}, 10) == []


def test_only_the_owner_may_read_it(store: Store, path: Path) -> None:
    """Orders are personal: mode 0600."""
    assert path.stat().st_mode & 0o777 == 0o600


WRITER = """
import sys
from pathlib import Path
from agent.core.clock import Clock
from agent.effects import Lane
from tests.agent.recording import record
from agent.core.store.opening import open_store
clock = Clock()
store = open_store(Path(sys.argv[1]), clock).store
for number in range(100_000):
    with store.transaction():
        store.append(record("n", {"n": number}, lane=Lane.LIFE), clock.boot())
    print(number, flush=True)
"""


def test_kill_loses_nothing_that_was_said(path: Path) -> None:
    """SIGKILL in the middle of writing: everything that was reported as stored is there."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    said = [writer.stdout.readline() for _ in range(200)]
    os.kill(writer.pid, signal.SIGKILL)
    said += writer.stdout.readlines()
    writer.stdout.close()
    writer.wait()
    last = int([line for line in said if line.endswith("\n")][-1])
    opened = open_store(path, Clock())
    assert opened.salvaged is None
    outbox = Outbox(path)
    assert outbox.depths()[0].waiting >= last + 1
    outbox.close()
    opened.store.close()


def test_damaged_store_is_salvaged_into_a_new_epoch(path: Path) -> None:
    """A torn page: the kiosk starts, what can be read is kept, the damaged file stays aside."""
    store = open_store(path, Clock()).store
    put(store, LIFE)
    with store.transaction():
        store.save_state("taxi", b"state")
    put(store, *[record("bin.level", {"text": "x" * 300}, lane=Lane.TELEMETRY)] * 500)
    store.close()
    before = Outbox(path)
    epoch = before.epoch
    before.close()
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 9000] = b"\xa5" * 9000
    path.write_bytes(raw)

    opened = open_store(path, Clock())
    after = Outbox(path)
    assert opened.salvaged is not None and opened.salvaged > 0
    assert after.epoch != epoch
    assert [record.kind for record in after.pending(0, 0, 10)] == ["taxi.requested"]
    assert opened.store.states()["taxi"] == b"state"
    assert list(path.parent.glob("linli.db.damaged-*"))
    after.close()
    opened.store.close()


def test_file_that_is_no_database_is_put_aside(path: Path) -> None:
    """Rubbish in place of the store does not keep the kiosk from starting."""
    path.write_bytes(b"this is not a database, it only lies here" * 100)
    opened = open_store(path, Clock())
    assert opened.salvaged == 0
    opened.store.close()


def test_full_disk_is_an_error_and_loses_nothing(store: Store, outbox: Outbox) -> None:
    """When nothing more fits, the batch fails as a whole; after an eviction it fits."""
    put(store, *[record("bin.level", {"text": "x" * 3000}, lane=Lane.TELEMETRY)] * 200)
    limit = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {limit}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        put(store, *[record("big", {"text": "y" * 3000}, lane=Lane.LIFE)] * 10)
    assert outbox.depths()[0].waiting == 0
    store.evict(Lane.TELEMETRY)
    put(store, *[record("big", {"text": "y" * 3000}, lane=Lane.LIFE)] * 10)
    assert outbox.depths()[0].waiting == 10


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["put", "ack", "evict", "refuse", "epoch"]), st.integers(1, 30)),
        max_size=30,
    )
)
def test_pending_is_always_gap_free(steps: list[tuple[str, int]]) -> None:
    """Whatever is appended, acknowledged, evicted, refused, begun anew: there is no hole in it."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "linli.db"
        store = open_store(path, Clock()).store
        outbox = Outbox(path)
        for verb, number in steps:
            if verb == "put":
                put(store, *[LEVEL] * number)
            elif verb == "evict":
                store.evict(Lane.TELEMETRY)
            elif verb == "epoch":
                with store.transaction():
                    store.begin_epoch("a test")
                outbox.close()
                outbox = Outbox(path)
            else:
                with contextlib.suppress(NotOurs), store.transaction():
                    if verb == "ack":
                        store.acknowledge(2, number)
                    else:
                        store.set_aside(2, number, "no")
            depth = outbox.depths()[2]
            at = depth.acked
            for record in outbox.pending(2, 0, 10_000):
                assert record.sequence <= at + 1 <= record.last or record.sequence == at + 1
                at = record.last
            assert at == depth.acked + depth.waiting
        outbox.close()
        store.close()


class OtherBoot(Clock):
    """A boot of its own; the boot-time clock stands at *now*, the wall clock is *ahead* of it."""

    def __init__(self, boot_id: str, now: float, ahead: float, trusted: bool) -> None:
        super().__init__()
        self.boot_id, self.now, self.ahead = boot_id, now, ahead
        self._agreed = trusted

    def boot(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now + self.ahead

    @property
    def trusted(self) -> bool:
        return self._agreed


@pytest.mark.parametrize(
    ("trusted", "expected"),
    [
        # Seen alive at 5000, boots 1000 s later
        (True, {"soon": 10.0, "over": 10.0, "hours": 6210.0}),
        (False, {"soon": 10.0, "over": 10.0, "hours": 7210.0}),
    ],
)
def test_a_reboot_makes_no_reminder_hours_early(
    path: Path, trusted: bool, expected: dict[str, float]
) -> None:
    """What was due soon is due at once; the rest when it was to come, where the time is known, else
    with what was left of it. A second boot before it comes shortens it no more, nor puts it off."""
    first = open_store(path, OtherBoot("b1", 4990.0, 1e9, True)).store
    with first.transaction():
        first.note_boot()
        for name, due in (("soon", 5300.0), ("over", 4999.0), ("hours", 12_200.0)):
            first.remind("bins", name, due)
    first.clock.now = 5000.0  # type: ignore[attr-defined]
    with first.transaction():
        first.note_alive()
    first.close()
    second = open_store(path, OtherBoot("b2", 10.0, 1e9 + 5990, trusted)).store
    assert {one.name: one.due for one in second.reminders()} == expected
    with second.transaction():
        second.note_boot()
        second.note_alive()
    second.close()
    third = open_store(path, OtherBoot("b3", 0.0, 1e9 + 6000, False)).store
    left = {one.name: one.due for one in third.reminders()}
    assert left["hours"] == expected["hours"] - 10
    third.close()
