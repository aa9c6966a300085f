"""Power cuts, full disks and I/O errors, at every point of what SQLite does to the disk."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path
from typing import NamedTuple

import pytest

from agent.core.clock import Clock
from agent.core.store.opening import open_store
from agent.core.store.outbox import Outbox
from agent.core.store.store import Store
from agent.effects import Lane
from tests.agent.core.store.crashing import Recorder, Step, crash, recording
from tests.agent.recording import record

CUTS = 60
"""Power cuts here; ``tests/bench/soak_store.py`` makes thousands."""


class Told(NamedTuple):
    """What had been acknowledged when so many steps were done."""

    steps: int
    records: int
    state: int


def work(store: Store, told: list[Told], steps: list[Step], commits: int) -> None:
    """Commits of one to three records, with states and receipts, as the kernel makes them."""
    chance, written = random.Random(1), 0
    for number in range(commits):
        with store.transaction():
            for _ in range(chance.randint(1, 3)):
                data = {"n": written, "text": "x" * chance.randint(0, 900)}
                store.append(record("n", data, "order", Lane.LIFE), Clock().boot())
                written += 1
            store.save_state("taxi", str(number).encode())
            if number % 7 == 6:
                store.acknowledge(0, written - 5)
        told.append(Told(len(steps), written, number))


def recorded(folder: Path, commits: int) -> tuple[list[Step], list[Told]]:
    """The steps of a life of a store, and what was told when."""
    told: list[Told] = []
    with recording(folder, Recorder) as recorder:
        store = open_store(folder / "linli.db", Clock()).store
        begun = len(recorder.steps)
        work(store, told, recorder.steps, commits)
        store.close()
    assert begun < told[0].steps
    return recorder.steps, told


def lost(path: Path, before: Told) -> str:
    """What of *before* is not there any more; empty: nothing."""
    opened = open_store(path, Clock())
    outbox = Outbox(path)
    try:
        if opened.salvaged is not None:
            return "salvaged"
        here = outbox.pending(Lane.LIFE, 0, 100_000)
        faults = [f"{one.sequence} {one.fate}" for one in here if one.fate or not one.intact]
        last = here[-1].last if here else outbox.depths()[0].acked
        if last < before.records:
            faults.append(f"{last} of {before.records} records")
        state = int(opened.store.states().get("taxi", b"-1"))
        if state < before.state:
            faults.append(f"state {state} of {before.state}")
        return ", ".join(faults)
    finally:
        outbox.close()
        opened.store.close()


def cut(steps: list[Step], told: list[Told], at: int, folder: Path, seed: int) -> str:
    """Cut the power behind step *at*; what was lost of what had been told."""
    folder.mkdir(parents=True)
    crash(steps[:at], folder, random.Random(seed))
    before = [one for one in told if one.steps <= at]
    return lost(folder / "linli.db", before[-1] if before else Told(0, 0, -1))


@pytest.mark.timeout(240)
def test_a_power_cut_loses_nothing_that_was_told(tmp_path: Path) -> None:
    """Whatever was dropped, torn or reordered of what was not synced; also in a checkpoint."""
    folder = tmp_path / "life"
    folder.mkdir()
    steps, told = recorded(folder, 250)
    assert any(step.file == "linli.db" for step in steps[told[0].steps :])  # a checkpoint
    chance = random.Random(2)
    for number in range(CUTS):
        at = chance.randint(told[0].steps, len(steps))
        assert not cut(steps, told, at, tmp_path / f"cut{number}", number), (at, number)


def test_a_power_cut_at_the_very_beginning(tmp_path: Path) -> None:
    """While the tables are being made: the next start makes them."""
    folder = tmp_path / "life"
    folder.mkdir()
    steps, told = recorded(folder, 2)
    for at in range(0, told[0].steps, max(1, told[0].steps // 25)):
        assert not cut(steps, told, at, tmp_path / f"cut{at}", at), at


@pytest.mark.parametrize("code", [13, 778, 1034])  # FULL, IOERR_WRITE, IOERR_FSYNC
def test_an_error_at_any_step_costs_its_commit_only(tmp_path: Path, code: int) -> None:
    """The disk fails once, at each of the steps in turn: the commit is refused as a whole and
    can be done again; nothing told before or after is lost."""
    with recording(tmp_path, Recorder) as recorder:
        path = tmp_path / "linli.db"
        store = open_store(path, Clock()).store
        told = refused = 0
        for number in range(60):
            recorder.fails = {len(recorder.steps) + number % 6: code}
            for _ in range(3):
                try:
                    with store.transaction():
                        store.append(record("n", {"n": number}, "", Lane.LIFE), Clock().boot())
                        store.save_state("taxi", str(number).encode())
                except sqlite3.OperationalError:
                    refused += 1
                else:
                    told += 1
                    break
        recorder.fails = {}
        assert told == 60 and refused >= 20
        outbox = Outbox(path)
        here = outbox.pending(Lane.LIFE, 0, 1_000)
        assert [one.data for one in here] == [f'{{"n":{number}}}' for number in range(60)]
        assert all(one.intact for one in here)
        outbox.close()
        store.close()
