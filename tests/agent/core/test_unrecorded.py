"""A store that refuses: who is in need is helped all the same, and nothing is promised."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from agent.contract.orders import Switch
from agent.contract.signals import Key, PersonDown, Signal
from agent.core.clock import Clock
from agent.core.store import connection, opening
from agent.core.store import salvage as salvaging
from agent.core.store.outbox import Outbox, Outgoing
from agent.effects import Drive, Effect, Lane, Remind, Say, Show
from agent.messages import Action, Command, Delivered, DeviceDown, Due
from agent.services.service import AnyService
from tests.agent.core.test_kernel import TAXI, TOUCH, Daemon, Script
from tests.agent.recording import record
from tests.waiting import wait_for

FALL = record("fall.suspected", {"track": 1}, "fall", Lane.LIFE)
SIREN = Drive("siren", Switch(True))


class Vital(Script):
    """A service that helps while nothing is recorded."""

    name: ClassVar[str] = "vital"
    vital: ClassVar[bool] = True


def fall() -> Vital:
    def answer(signal: Signal) -> list[Effect]:
        match signal:
            case PersonDown():
                return [FALL, Show("fall.question"), SIREN, Remind("again", 0.05)]
            case Due():
                return [Drive("buzzer", Switch(True))]
        return []

    return Vital(answer)


def taxi() -> Script:
    return Script(lambda signal: [TAXI, Say("taxi.stay")] if isinstance(signal, Action) else [])


class Refusing:
    """Makes the store of a daemon refuse, in the words of SQLite, until it is told otherwise."""

    def __init__(self, daemon: Daemon, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
        self._refuses = threading.Event()
        self._refuses.set()
        real = daemon.store.transaction

        def transaction() -> Any:
            if self._refuses.is_set():
                raise sqlite3.OperationalError(words)
            return real()

        monkeypatch.setattr(daemon.store, "transaction", transaction)
        monkeypatch.setattr("agent.core.backlog._AGAIN", 0.05)
        monkeypatch.setattr("agent.core.backlog._PAUSES", (0.0, 0.001))

    def end(self) -> None:
        self._refuses.clear()


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Callable[..., Daemon]]:
    running: list[Daemon] = []

    def start(*services: AnyService) -> Daemon:
        running.append(Daemon(tmp_path / "linli.db", *services))
        return running[-1]

    yield start
    for one in running:
        one.close()


def life(path: Path) -> list[Outgoing]:
    outbox = Outbox(path)
    try:
        return outbox.pending(Lane.LIFE, 0, 100)
    finally:
        outbox.close()


WORDS = [
    "database or disk is full",
    "attempt to write a readonly database",
    "disk I/O error",
    "unable to open database file",
    "database is locked",
]


@pytest.mark.parametrize("words", WORDS)
def test_a_fall_is_answered_while_nothing_can_be_recorded(
    daemon: Callable[..., Daemon], monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """Question and siren at once, the reminder in time; nothing of a taxi; then all is written."""
    kiosk = daemon(fall(), taxi())
    refusing = Refusing(kiosk, monkeypatch, words)
    kiosk.put(PersonDown(track=1, confidence=0.9, reason="drop"))
    assert ("drive", "siren", Switch(True)) in kiosk.outside.log
    assert ("show", "fall.question") in kiosk.outside.log
    wait_for(lambda: ("drive", "buzzer", Switch(True)) in kiosk.outside.log)
    assert life(kiosk.store.path) == []
    refusing.end()
    wait_for(lambda: [one.kind for one in life(kiosk.store.path)] == ["fall.suspected"])
    assert "vital" in kiosk.store.states()


def test_no_taxi_is_promised_and_none_comes_later(
    daemon: Callable[..., Daemon], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A touch is answered by what to do instead; the key works; the order is not made up later."""
    service = taxi()
    kiosk = daemon(service)
    refusing = Refusing(kiosk, monkeypatch, "disk I/O error")
    kiosk.put(TOUCH, Key(key="down"))
    said = [entry[1] for entry in kiosk.outside.log if entry[0] == "Speak"]
    assert any("电话" in text or "记" in text for text in said), said
    assert not [signal for signal in service.heard if isinstance(signal, Action)]
    refusing.end()
    wait_for(lambda: kiosk.kernel.recording)
    kiosk.put()
    assert life(kiosk.store.path) == []
    kiosk.put(TOUCH)
    assert [one.kind for one in life(kiosk.store.path)] == ["taxi.requested"]


def test_the_watchdog_lives_and_commands_wait(
    daemon: Callable[..., Daemon], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service manager has no reason to restart; a command is obeyed once, when it is kept."""
    service = taxi()
    kiosk = daemon(service)
    refusing = Refusing(kiosk, monkeypatch, "disk I/O error")
    kiosk.put(DeviceDown(source="lamp", reason="out"))
    kiosk.kernel._prove_alive()
    assert ("alive",) in kiosk.outside.log
    assert not kiosk.kernel.recording
    kiosk.put(Delivered(lane=0, sequence=0), *[Command(command_id="c", data=None)] * 2)  # type: ignore[arg-type]
    assert not [signal for signal in service.heard if isinstance(signal, Command)]
    refusing.end()
    wait_for(lambda: [signal for signal in service.heard if isinstance(signal, Command)])
    assert len([signal for signal in service.heard if isinstance(signal, Command)]) == 1


def test_one_transient_error_is_no_trouble(
    daemon: Callable[..., Daemon], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same batch is tried again; nobody is told of anything."""
    kiosk = daemon(taxi())
    real = kiosk.store.append
    errors = [sqlite3.OperationalError("disk I/O error")]

    def append(*arguments: Any) -> str:
        if errors:
            raise errors.pop()
        return real(*arguments)

    monkeypatch.setattr(kiosk.store, "append", append)
    kiosk.put(TOUCH)
    assert len(life(kiosk.store.path)) == 1
    assert kiosk.kernel.recording


def test_a_card_that_cannot_be_written_at_the_start(
    tmp_path: Path, daemon: Callable[..., Daemon], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It starts, says so, helps; and records as soon as the card can be written."""
    real, refuses = connection.connect, threading.Event()
    opening.open_store(tmp_path / "linli.db", Clock()).store.close()
    refuses.set()

    def connect(path: Path) -> sqlite3.Connection:
        if refuses.is_set():
            raise sqlite3.OperationalError("attempt to write a readonly database")
        return real(path)

    monkeypatch.setattr(opening, "connect", connect)
    monkeypatch.setattr("agent.core.backlog._AGAIN", 0.05)
    kiosk = daemon(fall(), taxi())
    kiosk.put(PersonDown(track=1, confidence=0.9, reason="drop"))
    assert ("drive", "siren", Switch(True)) in kiosk.outside.log
    refuses.clear()
    wait_for(lambda: kiosk.kernel.recording)
    kiosk.put(PersonDown(track=2, confidence=0.9, reason="drop"))
    assert [one.kind for one in life(kiosk.store.path)] == ["fall.suspected"] * 2


@pytest.mark.parametrize("gone", ["", "-wal"])
def test_a_file_that_vanishes_costs_nothing(daemon: Callable[..., Daemon], gone: str) -> None:
    """Unlinked while it runs: before the next effect goes out, the record is in a new file."""
    kiosk = daemon(taxi())
    kiosk.put(TOUCH)
    Path(f"{kiosk.store.path}{gone}").unlink()
    kiosk.put(TOUCH)
    assert [one.kind for one in life(kiosk.store.path)] == ["taxi.requested"] * 2
    assert [one.fate for one in life(kiosk.store.path)] == [None, None]


def test_a_receipt_ahead_of_ours_begins_an_epoch(daemon: Callable[..., Daemon]) -> None:
    """A store put back from a copy: everything not proven is sent again; a second such receipt
    in an epoch that upstream never confirmed is upstream's own confusion."""
    kiosk = daemon(taxi())
    kiosk.put(TOUCH)
    before = kiosk.store.epoch
    kiosk.put(Delivered(lane=0, sequence=3))
    epoch = kiosk.store.epoch
    assert epoch != before
    kiosk.put(Delivered(lane=0, sequence=1, epoch=before))  # of the old one, on its way
    kiosk.put(Delivered(lane=0, sequence=9, epoch=epoch))
    assert kiosk.store.epoch == epoch
    assert [one.kind for one in life(kiosk.store.path)] == ["taxi.requested"]


def test_a_receipt_of_another_history_begins_an_epoch(daemon: Callable[..., Daemon]) -> None:
    """A cloned card: upstream has the number, but the chain there is another one."""
    kiosk = daemon(taxi())
    kiosk.put(TOUCH, TOUCH)
    before = kiosk.store.epoch
    kiosk.put(Delivered(lane=0, sequence=1, chain="00" * 32))
    assert kiosk.store.epoch != before
    assert len(life(kiosk.store.path)) == 2


def test_a_long_salvage_keeps_nobody_waiting(
    tmp_path: Path, daemon: Callable[..., Daemon], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large damaged store is salvaged beside the kernel: a fall is answered meanwhile, and what
    waited before and what was said meanwhile is in the store when it is done."""
    path = tmp_path / "linli.db"
    store = opening.open_store(path, Clock()).store
    with store.transaction():
        store.append(FALL, 1.0)
    store.close()
    with path.open("r+b") as file:
        file.seek(47)
        file.write(b"\xff")
    goes_on, real = threading.Event(), salvaging.salvage
    monkeypatch.setattr(opening, "_SMALL", 1)
    monkeypatch.setattr("agent.core.backlog._PATIENCE", 0.05)
    monkeypatch.setattr("agent.core.backlog._AGAIN", 0.05)

    def salvage(*arguments: Any) -> int:
        assert goes_on.wait(20)
        return real(*arguments)

    monkeypatch.setattr(opening, "salvage", salvage)
    started: list[Daemon] = []
    # `Outside` of the tests looks into the store, which is not there yet: then nothing waits.
    monkeypatch.setattr("tests.agent.core.test_kernel.Outside.drive", drive)
    started.append(daemon(fall(), taxi()))
    [kiosk] = started
    kiosk.put(PersonDown(track=1, confidence=0.9, reason="drop"))
    assert ("drive", "siren", Switch(True)) in kiosk.outside.log
    goes_on.set()
    wait_for(lambda: kiosk.kernel.recording)
    assert [one.kind for one in life(path)] == ["fall.suspected"] * 2


def drive(self: Any, device: str, order: Any) -> None:
    self.log.append(("drive", device, order))
