"""The store beside others: fsyncs and bytes a record, rates, a million waiting, bursts of keys.

    pip install -e .[bench-store]; python -m tests.bench.bench_store [--million 1000000]

Everything runs in one process over the same SQLite, whose file methods are counted (see
`tests.agent.core.store.crashing`): every sync and every byte that it writes to its files, the
file system's own journal not included. Where it says "10 ms a sync", each takes that long, as on
an SD card. Rates depend on the machine and its load; counts do not.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from agent.contract.orders import Switch
from agent.core.clock import Clock
from agent.core.inbox import Inbox
from agent.core.store.opening import open_store
from agent.core.store.outbox import Outbox
from agent.core.store.store import Store
from agent.effects import Drive, Lane
from agent.messages import Action, LinkChanged
from tests.agent.core.store.crashing import Recorder, Step, recording
from tests.agent.recording import record

_TEXT = "x" * 120
_RECORD = record("bin.level", {"bin": "north", "percent": 63.5, "text": _TEXT}, "north", Lane.TASK)
_JSON = json.dumps({"bin": "north", "percent": 63.5, "text": _TEXT, "kind": "bin.level"})
"""The same event for everybody: 274 bytes as upstream gets it, less the envelope."""

Write = Callable[[], None]
"""Returns when one record is on the disk."""


class Disk(Recorder):
    """Counts, and takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.syncs = self.bytes = 0
        self.sync_s = 0.0

    def note(self, step: Step) -> int:
        if step.verb == "sync":
            self.syncs += 1
            time.sleep(self.sync_s)
        self.bytes += len(step.data)
        return 0


class Figure(NamedTuple):
    """What writing records costs."""

    syncs: float
    bytes: float
    rate: float


@contextmanager
def ours(folder: Path) -> Iterator[Write]:
    """Inbox, kernel's way to commit, and the store: who puts a record waits for its commit."""
    store = open_store(folder / "linli.db", Clock()).store
    inbox, stop = Inbox(Clock()), threading.Event()

    def commit() -> None:
        while not stop.is_set():
            batch = inbox.take(0.1)
            if batch:
                with store.transaction():
                    for signal in batch:
                        store.append(_RECORD, signal.at)

    def write() -> None:
        inbox.put(LinkChanged(source="bench", online=True))
        inbox.settle(10)

    thread = threading.Thread(target=commit)
    thread.start()
    yield write
    stop.set()
    inbox.wake()
    thread.join()
    store.close()


def _plain(folder: Path) -> sqlite3.Connection:
    db = sqlite3.connect(folder / "plain.db", isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE q (id INTEGER PRIMARY KEY AUTOINCREMENT, data TEXT)")
    return db


@contextmanager
def plain(folder: Path) -> Iterator[Write]:
    """sqlite3, WAL and FULL, a commit for each record."""
    db, lock = _plain(folder), threading.Lock()

    def write() -> None:
        with lock:
            db.execute("INSERT INTO q (data) VALUES (?)", (_JSON,))

    yield write
    db.close()


@contextmanager
def grouped(folder: Path) -> Iterator[Write]:
    """The same with group commit: one thread commits whatever waits, without waiting for more."""
    db, change, waiting = _plain(folder), threading.Condition(), list[threading.Event]()
    stop = threading.Event()

    def commit() -> None:
        while not stop.is_set():
            with change:
                change.wait_for(lambda: waiting or stop.is_set(), 0.1)
                batch, waiting[:] = waiting[:], []
            if not batch:
                continue
            db.execute("BEGIN")
            for _ in batch:
                db.execute("INSERT INTO q (data) VALUES (?)", (_JSON,))
            db.execute("COMMIT")
            for done in batch:
                done.set()

    def write() -> None:
        done = threading.Event()
        with change:
            waiting.append(done)
            change.notify()
        done.wait()

    thread = threading.Thread(target=commit)
    thread.start()
    yield write
    stop.set()
    thread.join()
    db.close()


@contextmanager
def persist_queue(folder: Path) -> Iterator[Write]:
    """persist-queue's SQLiteAckQueue with its auto-commit."""
    import persistqueue

    queue = persistqueue.SQLiteAckQueue(str(folder), multithreading=True, auto_commit=True)

    def write() -> None:
        queue.put({"data": _JSON})

    yield write
    queue.close()


@contextmanager
def sqlite_utils(folder: Path) -> Iterator[Write]:
    """sqlite-utils' insert() as it comes."""
    from sqlite_utils.db import Database

    path, lock = folder / "utils.db", threading.Lock()
    db = Database(sqlite3.connect(path, check_same_thread=False))

    def write() -> None:
        with lock:
            db.table("q").insert({"data": _JSON})

    yield write
    db.close()


def measured(
    make: Callable[[Path], Any], producers: int, seconds: float, sync_s: float = 0.0
) -> Figure:
    """What a record costs when so many threads each write one after the other."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        disk = stack.enter_context(recording(Path(name), Disk))
        with make(Path(name)) as write:
            write()
            disk.sync_s, end = sync_s, time.monotonic() + seconds
            counts, syncs, written = [0] * producers, disk.syncs, disk.bytes
            began = time.monotonic()

            def produce(index: int) -> None:
                while time.monotonic() < end:
                    write()
                    counts[index] += 1

            threads = [threading.Thread(target=produce, args=(i,)) for i in range(producers)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            records, took = sum(counts), time.monotonic() - began
            syncs, written = disk.syncs - syncs, disk.bytes - written
            disk.sync_s = 0.0
    return Figure(syncs / records, written / records, records / took)


def peers(seconds: float) -> None:
    print(f"{'store':14} producers  fsyncs/record  bytes/record  records/s at 10 ms a sync")
    for make in (ours, plain, grouped, persist_queue, sqlite_utils):
        for producers in (1, 8):
            try:
                cost = measured(make, producers, seconds)
                slow = measured(make, producers, seconds, sync_s=0.01)
            except ModuleNotFoundError as error:
                print(f"{make.__name__:14} not installed: {error.name}")
                break
            print(
                f"{make.__name__:14} {producers:9}  {cost.syncs:13.2f}  {cost.bytes:12,.0f}"
                f"  {slow.rate:9.0f}",
                flush=True,
            )


_FIRST = """
import json, sys, time
from pathlib import Path
from agent.core.clock import Clock
from agent.core.store.opening import open_store
from agent.core.store.outbox import Outbox
began = time.monotonic()
store = open_store(Path(sys.argv[1]), Clock()).store
outbox = Outbox(Path(sys.argv[1]))
count = len(outbox.pending(2, 0, 100))
took = time.monotonic() - began
[peak] = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(json.dumps({"count": count, "ms": took * 1000, "mb": int(peak.split()[1]) / 1024}))
outbox.close()
store.close()
"""


def million(count: int) -> None:
    """A long backlog: the first batch, cold and warm; then the drain."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "linli.db"
        store = open_store(path, Clock()).store
        level = record("bin.level", {"bin": "north", "text": _TEXT}, "north", Lane.TELEMETRY)
        for _ in range(count // 1000):
            with store.transaction():
                for _ in range(1000):
                    store.append(level, 1.0)
        store.close()
        for temperature in ("cold", "warm"):
            if temperature == "cold":
                forget(path)
            ran = subprocess.run(
                [sys.executable, "-c", _FIRST, path], capture_output=True, text=True, check=True
            )
            first = json.loads(ran.stdout)
            print(
                f"{count:,} waiting, {temperature}: first batch of {first['count']} after"
                f" {first['ms']:.0f} ms, {first['mb']:.0f} MB"
            )
        store = open_store(path, Clock()).store
        drain(store, min(count, 100_000))
        store.close()


def forget(path: Path) -> None:
    """Let the operating system forget what it has read of these files."""
    for suffix in ("", "-wal"):
        file = os.open(f"{path}{suffix}", os.O_RDONLY)
        os.fsync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)


def drain(store: Store, count: int) -> None:
    outbox, done = Outbox(store.path), 0
    began, cpu = time.monotonic(), time.process_time()
    while done < count:
        batch = outbox.pending(2, done, 500)
        assert all(one.intact for one in batch)
        done = batch[-1].last
        with store.transaction():
            store.acknowledge(2, done)
    took, cpu = time.monotonic() - began, time.process_time() - cpu
    outbox.close()
    print(
        f"drain in batches of 500, proven, acknowledged and deleted: {count / took:,.0f}/s,"
        f" {count / cpu:,.0f} a second of CPU"
    )


def keys() -> None:
    """Touches with a record each, through the kernel."""
    from tests.agent.core.test_kernel import TAXI, TOUCH, Daemon, on

    with tempfile.TemporaryDirectory() as name, recording(Path(name), Disk) as disk:
        service = on(Action, TAXI, Drive("lamp", Switch(True)))
        service.listens = (Action,)  # type: ignore[misc]
        daemon = Daemon(Path(name) / "linli.db", service)
        before = disk.syncs
        daemon.put(*[TOUCH] * 200)
        print(f"200 touches in a burst: {(disk.syncs - before) / 200:.2f} fsyncs/record")
        disk.sync_s = 0.01
        daemon.outside.drive = lambda device, order: done.set()  # type: ignore[method-assign]
        done, stop, waits = threading.Event(), threading.Event(), []
        noise = threading.Thread(target=_noise, args=(daemon.inbox, stop))
        noise.start()
        for _ in range(100):
            done.clear()
            began = time.monotonic()
            daemon.inbox.put(TOUCH)
            done.wait(10)
            waits.append((time.monotonic() - began) * 1000)
            time.sleep(0.02)
        stop.set()
        noise.join()
        disk.sync_s = 0.0
        quantiles = statistics.quantiles(waits, n=20)
        print(
            f"touch to effect with 10,000 signals a second and 10 ms a sync:"
            f" median {statistics.median(waits):.0f} ms, p95 {quantiles[-1]:.0f} ms"
        )
        daemon.close()


def _noise(inbox: Inbox, stop: threading.Event) -> None:
    while not stop.is_set():
        began = time.monotonic()
        for _ in range(100):
            inbox.put(LinkChanged(source="noise", online=True))
        time.sleep(max(0.0, began + 0.01 - time.monotonic()))


def idle() -> None:
    """What the proofs of life of one day write."""
    with tempfile.TemporaryDirectory() as name, recording(Path(name), Disk) as disk:
        store = open_store(Path(name) / "linli.db", Clock()).store
        with store.transaction():
            store.note_boot()
        for _ in range(10):
            store.maintain()
        before = disk.bytes
        for _ in range(1440):
            with store.transaction():
                store.note_alive()
            store.maintain()
        print(f"1,440 proofs of life (a day, idle): {(disk.bytes - before) / 1e6:.1f} MB")
        store.close()


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    arguments = parser.parse_args()
    peers(arguments.seconds)
    keys()
    idle()
    million(arguments.million)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"this process at its largest: {peak:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
