"""The store in trouble, thousands of times: power cuts, kills, damaged bytes, rollbacks.

    python -m tests.bench.soak_store [--cuts 2000] [--kills 1500] [--bytes 500] [--rollbacks 100]

Counts what had been told to somebody and is lost without a word, which must be nothing, and what
was lost and said. Exit status 1 when anything goes unnoticed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from agent.core.clock import Clock
from agent.core.store.opening import open_store
from agent.core.store.outbox import Outbox, Outgoing
from agent.core.store.store import NotOurs, Store
from agent.effects import Lane
from tests.agent.core.store.test_crash import cut, recorded
from tests.agent.recording import record

_WRITER = """
import sys
from pathlib import Path
from agent.core.clock import Clock
from agent.core.store.opening import open_store
from agent.effects import Lane
from tests.agent.recording import record
store = open_store(Path(sys.argv[1]), Clock()).store
for number in range(int(sys.argv[2]), 10**9):
    with store.transaction():
        store.append(record("n", {"n": number}, "", Lane.LIFE), 1.0)
        if number % 50 == 49:
            store.acknowledge(0, number - 20)
    print(number, flush=True)
"""


def main() -> int:
    """Run all of it, and print what was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=1500)
    parser.add_argument("--bytes", type=int, default=500)
    parser.add_argument("--rollbacks", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    unnoticed = 0
    for trouble, count in (
        (cuts, arguments.cuts),
        (kills, arguments.kills),
        (damaged_bytes, arguments.bytes),
        (rollbacks, arguments.rollbacks),
    ):
        with tempfile.TemporaryDirectory(prefix="linli") as folder:
            found = trouble(Path(folder), count, chance) if count else 0
        unnoticed += found
        print(f"{trouble.__name__}: {count} times, {found} with a loss unnoticed", flush=True)
    return 1 if unnoticed else 0


def cuts(folder: Path, count: int, chance: random.Random) -> int:
    """The power is cut at any point of a life with checkpoints; what was told must be there."""
    life = folder / "life"
    life.mkdir()
    steps, told = recorded(life, 400)
    found = 0
    for number in range(count):
        at, place = chance.randint(told[0].steps, len(steps)), folder / str(number)
        fault = cut(steps, told, at, place, number)
        shutil.rmtree(place)
        if fault:
            found += 1
            print(f"  cut behind step {at}, seed {number}: {fault}")
    return found


def kills(folder: Path, count: int, chance: random.Random) -> int:
    """The process is killed again and again; each told record must be there, in its place."""
    path, written, found = folder / "linli.db", 0, 0
    for _ in range(count):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, path, str(written)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(chance.randint(1, 40))]
        os.kill(writer.pid, signal.SIGKILL)
        said += writer.stdout.readlines()
        writer.stdout.close()
        writer.wait()
        last = int([line for line in said if line.endswith("\n")][-1])
        opened = open_store(path, Clock())
        here = opened.store.last_sequences()[0]
        good = opened.salvaged is None and here >= last + 1 and all(map(whole, waiting(path)))
        found += not good
        written = here
        opened.store.close()
    return found


def damaged_bytes(folder: Path, count: int, chance: random.Random) -> int:
    """One byte anywhere in the file is another; every record is itself, or is said not to be."""
    original, path = folder / "original", folder / "linli.db"
    store = open_store(path, Clock()).store
    fill(store, 600)
    store.close()
    path.rename(original)
    size, found, kept = original.stat().st_size, 0, 0
    for _ in range(count):
        for old in folder.glob("linli.db*"):
            old.unlink()
        shutil.copy(original, path)
        with path.open("r+b") as file:
            at = chance.randrange(size)
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ chance.randint(1, 255)]))
        opened = open_store(path, Clock())
        records = waiting(path)
        wrong = [one for one in records if whole(one) and f'"n":{one.sequence - 1}' not in one.data]
        silent = sum(one.last - one.sequence + 1 for one in records) < 600
        if wrong or (silent and opened.salvaged is None):
            found += 1
            print(f"  byte {at}: wrong {wrong}, silent {silent}")
        kept += sum(map(whole, records))
        opened.store.close()
    print(f"  kept {kept / count / 600:.2%} of the records")
    return found


def rollbacks(folder: Path, count: int, chance: random.Random) -> int:
    """The store is put back from a copy; the next receipt shows it, and all is sent again."""
    path, copy, found = folder / "linli.db", folder / "copy", 0
    for _ in range(count):
        store = open_store(path, Clock()).store
        fill(store, chance.randint(1, 5))
        acked = store.last_sequences()[0]
        with store.transaction():
            store.acknowledge(0, acked)
        store.close()
        shutil.copy(path, copy)
        store = open_store(path, Clock()).store
        fill(store, chance.randint(1, 5))
        upstream, chain = last(store)
        store.close()
        shutil.copy(copy, path)
        store = open_store(path, Clock()).store
        fill(store, chance.randint(1, 9))
        before, mine = store.epoch, len(waiting(path))
        try:
            with store.transaction():
                store.acknowledge(0, upstream, chain)
            found += 1
        except NotOurs as error:
            with store.transaction():
                store.begin_epoch(str(error))
            again = [one for one in waiting(path) if one.kind == "n"]
            found += store.epoch == before or len(again) < mine
            end = store.last_sequences()
            with store.transaction():
                for lane in Lane:
                    store.acknowledge(lane, end[lane])
        store.close()
    return found


def fill(store: Store, count: int) -> None:
    with store.transaction():
        begun = store.last_sequences()[0]
        for number in range(count):
            data = {"n": begun + number, "text": "x" * 100}
            store.append(record("n", data, "o", Lane.LIFE), 1.0)


def last(store: Store) -> tuple[int, bytes]:
    """What upstream has when it has everything: the last sequence of lane 0, its chain."""
    end = waiting(store.path)[-1]
    return end.last, end.chain or b""


def waiting(path: Path) -> list[Outgoing]:
    outbox = Outbox(path)
    try:
        return outbox.pending(Lane.LIFE, 0, 10_000)
    finally:
        outbox.close()


def whole(one: Outgoing) -> bool:
    """Whether it is itself, and not a tombstone."""
    return one.fate is None and one.intact


if __name__ == "__main__":
    sys.exit(main())
