"""The kernel: commit first, then effects; a restart resumes; trouble stays where it is."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from agent.contract.orders import Order, Switch
from agent.contract.signals import Key, Signal
from agent.core.clock import Clock
from agent.core.inbox import Inbox
from agent.core.kernel import Kernel
from agent.core.store.opening import open_store
from agent.core.store.outbox import Outbox
from agent.dialogue.conversation import Conversation
from agent.dialogue.dialogue import Dialogue
from agent.dialogue.grammar import Grammar
from agent.dialogue.session import WayIn
from agent.dialogue.settings import SpeechSettings
from agent.dialogue.snapshot import Phone, Snapshot
from agent.dialogue.stage import Stage
from agent.effects import Choice, Drive, Effect, Hide, Lane, Record, Remind, Say, Show, Withdraw
from agent.messages import (
    Action,
    Attempted,
    Command,
    CommandRejected,
    Delivered,
    Due,
    RecordDelivered,
    RecordUndelivered,
    Refused,
    Started,
)
from agent.records import CommandData
from agent.services.service import AnyService
from kiosk_ui.phrases import Catalogue
from tests.agent.recording import record
from tests.waiting import wait_for

WORDS = Catalogue()


class Call(CommandData, frozen=True):
    kind: ClassVar[str] = "call"


class Count(msgspec.Struct, frozen=True):
    signals: int = 0


class Script:
    """A service that does what the test says, and counts what it hears."""

    name: ClassVar[str] = "script"
    vital: ClassVar[bool] = False
    listens: ClassVar[tuple[type[Signal], ...]] = (Signal,)

    def __init__(self, answer: Callable[[Signal], list[Effect]]) -> None:
        self._answer = answer
        self.heard: list[Signal] = []

    def initial(self) -> Count:
        return Count()

    def durable(self, state: Count) -> Count:
        return state

    def step(self, state: Count, signal: Signal) -> tuple[Count, list[Effect]]:
        self.heard.append(signal)
        return Count(state.signals + 1), self._answer(signal)


class Outside:
    """Writes down what the kernel does to the world."""

    def __init__(self, outbox: Callable[[], Outbox]) -> None:
        self.log: list[Any] = []
        self.waiting_at_drive: list[int] = []
        self._outbox = outbox

    def drive(self, device: str, order: Order) -> None:
        outbox = self._outbox()
        self.waiting_at_drive.append(outbox.depths()[0].waiting)
        outbox.close()
        self.log.append(("drive", device, order))

    def show(self, snapshot: Snapshot) -> None:
        self.log.append(("show", snapshot.screen))

    def tell(self, role: str, order: Order) -> None:
        self.log.append((type(order).__name__, getattr(order, "text", None)))

    def send(self) -> None:
        self.log.append(("send",))

    def alive(self) -> None:
        self.log.append(("alive",))


class Daemon:
    """A kernel on its thread, over a store that outlives it."""

    def __init__(self, path: Path, *services: AnyService) -> None:
        self.clock = Clock()
        self.inbox = Inbox(self.clock)
        self.store = open_store(path, self.clock).store
        self.outside = Outside(lambda: Outbox(path))
        dialogue = Dialogue(
            Stage(
                WORDS,
                place="三村",
                language="zh-CN",
                home=[WayIn("script", (Choice("taxi.call"),))],
                phones={tag: (Phone("110", "报警"),) for tag in WORDS.languages},
            ),
            Conversation(WORDS, Grammar(WORDS), SpeechSettings(), "speaker"),
            idle_s=60.0,
            microphone="",
        )
        self.kernel = Kernel(
            services, dialogue, self.store, self.inbox, self.clock, self.outside, path.parent
        )
        self.stop = threading.Event()
        ready = threading.Event()
        self.thread = threading.Thread(target=self.kernel.run, args=(self.stop, ready.set))
        self.thread.start()
        assert ready.wait(5)

    def put(self, *signals: Signal) -> None:
        for signal in signals:
            self.inbox.put(signal)
        assert self.inbox.settle(5)

    def close(self) -> None:
        self.stop.set()
        self.inbox.wake()
        self.thread.join(5)
        assert not self.thread.is_alive()
        self.store.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "linli.db"


@pytest.fixture
def daemon(path: Path) -> Iterator[Callable[..., Daemon]]:
    running: list[Daemon] = []

    def start(*services: AnyService) -> Daemon:
        running.append(Daemon(path, *services))
        return running[-1]

    yield start
    for daemon in running:
        if daemon.thread.is_alive():
            daemon.close()


def on(kind: type[Signal], *effects: Effect) -> Script:
    """A service that answers signals of one kind."""
    return Script(lambda signal: list(effects) if isinstance(signal, kind) else [])


TAXI = record("taxi.requested", {}, "order", Lane.LIFE, expires_in=180.0)
TOUCH = Action(action="taxi.call")


def test_nothing_is_done_before_it_is_on_the_disk(daemon: Callable[..., Daemon]) -> None:
    """When the lamp goes on, the record can already be read by another connection."""
    kiosk = daemon(on(Action, Drive("lamp", Switch(True)), TAXI))
    kiosk.put(TOUCH)
    assert kiosk.outside.waiting_at_drive == [1]
    assert kiosk.outside.log.index(("send",)) < kiosk.outside.log.index(
        ("drive", "lamp", Switch(True))
    )


def test_a_key_goes_all_the_way(daemon: Callable[..., Daemon]) -> None:
    """A key becomes the action of the focused choice, a record, a screen and speech."""
    kiosk = daemon(on(Action, TAXI, Show("taxi.requesting", {}, (Choice("taxi.cancel"),))))
    kiosk.put(Key(source="key_enter", key="enter", at=kiosk.clock.boot() + 1))
    assert ("show", "taxi.requesting") in kiosk.outside.log
    assert any(entry[0] == "Speak" for entry in kiosk.outside.log)


def test_two_keys_in_one_batch_are_two_steps(daemon: Callable[..., Daemon]) -> None:
    """The second of two touches is judged by the screen that the first leads to."""
    script = on(Action, Show("taxi.requesting", {}, (Choice("taxi.cancel"),)))
    kiosk = daemon(script)
    kiosk.put(TOUCH, TOUCH)
    assert len([signal for signal in script.heard if isinstance(signal, Action)]) == 1


def test_state_and_reminders_survive_a_restart(daemon: Callable[..., Daemon], path: Path) -> None:
    """The next daemon on the same disk goes on where this one ended."""
    first = daemon(on(Action, Remind("later", 3600.0)))
    first.put(TOUCH, TOUCH)
    first.close()
    script = Script(lambda signal: [])
    second = daemon(script)
    assert isinstance(script.heard[0], Started) and not script.heard[0].rebooted
    assert [(r.service, r.name) for r in second.store.reminders()] == [("script", "later")]
    assert msgspec.msgpack.decode(second.store.states()["script"], type=Count).signals >= 4


def test_a_reminder_comes_once_and_to_its_own_service(daemon: Callable[..., Daemon]) -> None:
    """`Remind` comes back as `Due`, is then forgotten, and others do not hear it."""
    script = on(Action, Remind("soon", 0.02))
    kiosk = daemon(script)
    kiosk.put(TOUCH)
    wait_for(lambda: [signal for signal in script.heard if isinstance(signal, Due)])
    kiosk.put(Due(service="another", name="soon"))
    assert len([signal for signal in script.heard if isinstance(signal, Due)]) == 1
    assert kiosk.store.reminders() == []


def test_a_command_is_obeyed_once(daemon: Callable[..., Daemon], path: Path) -> None:
    """A command that upstream repeats reaches the services once, also after a restart."""
    script = Script(lambda signal: [])
    kiosk = daemon(script)
    kiosk.put(Command(command_id="c", data=Call()), Command(command_id="c", data=Call()))
    kiosk.close()
    again = Script(lambda signal: [])
    daemon(again).put(Command(command_id="c", data=Call()))
    heard = [*script.heard, *again.heard]
    assert len([signal for signal in heard if isinstance(signal, Command)]) == 1


def test_acknowledged_orders_are_told_to_services(daemon: Callable[..., Daemon]) -> None:
    """Upstream's receipt for lane 0 comes to the services by kind and subject."""
    script = on(Action, TAXI)
    kiosk = daemon(script)
    kiosk.put(TOUCH, Delivered(lane=0, sequence=1))
    [receipt] = [signal for signal in script.heard if isinstance(signal, RecordDelivered)]
    assert (receipt.kind, receipt.subject) == ("taxi.requested", "order")


def test_a_command_is_known_again_whatever_the_wall_clock_does(
    daemon: Callable[..., Daemon], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Repeated after steps of years, to and fro: obeyed once."""
    script = Script(lambda signal: [])
    kiosk = daemon(script)
    for wall in (1.8e9, 1.8e9 + 30 * 86_400, 0.0, 4e9, 1.8e9):
        monkeypatch.setattr(kiosk.clock, "wall", lambda wall=wall: wall)
        kiosk.put(Command(command_id="c", data=Call()), Command(command_id=str(wall), data=Call()))
    heard = [signal.command_id for signal in script.heard if isinstance(signal, Command)]
    assert heard.count("c") == 1


def test_a_new_minute_is_shown_when_it_begins(
    daemon: Callable[..., Daemon], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody does anything: the next picture comes with the next minute, and not with the next
    proof of life, which is up to 20 s away."""
    began = Clock().boot()
    monkeypatch.setattr(Clock, "trusted", True)
    monkeypatch.setattr(Clock, "wall", lambda clock: 58.5 + clock.boot() - began)
    kiosk = daemon(Script(lambda signal: []))
    wait_for(lambda: kiosk.outside.log.count(("show", "home")) == 2, 8)


def test_a_command_past_its_deadline_is_not_obeyed(daemon: Callable[..., Daemon]) -> None:
    """The kernel comes to it too late: services hear that it was rejected, once."""
    script = Script(lambda signal: [])
    kiosk = daemon(script)
    late = Command(command_id="late", data=Call(), deadline=kiosk.clock.boot() - 1)
    kiosk.put(late, late, Command(command_id="good", data=Call(), deadline=kiosk.clock.boot() + 60))
    heard = [s for s in script.heard if isinstance(s, Command | CommandRejected)]
    assert [signal.command_id for signal in heard] == ["late", "good"]
    assert isinstance(heard[0], CommandRejected) and heard[0].place == "expires_in"


@pytest.mark.parametrize("attempted", [False, True])
def test_a_record_past_its_time_is_told_with_its_doubt(
    daemon: Callable[..., Daemon], attempted: bool
) -> None:
    """Past its deadline: undelivered, and whether it may have arrived all the same."""
    brief = record("taxi.requested", {}, "order", Lane.LIFE, expires_in=0.1)
    script = on(Action, brief)
    kiosk = daemon(script)
    kiosk.put(TOUCH)
    if attempted:
        kiosk.put(Attempted(lane=0, sequence=1))
    wait_for(lambda: [s for s in script.heard if isinstance(s, RecordUndelivered)])
    [undelivered] = [s for s in script.heard if isinstance(s, RecordUndelivered)]
    assert undelivered.attempted is attempted


def test_what_an_earlier_life_recorded_may_have_been_sent(
    daemon: Callable[..., Daemon], path: Path
) -> None:
    """Killed between sending and the reply: nobody knows, so it counts as attempted."""
    brief = record("taxi.requested", {}, "order", Lane.LIFE, expires_in=0.3)
    first = daemon(on(Action, brief))
    first.put(TOUCH)
    first.close()
    script = Script(lambda signal: [])
    daemon(script)
    wait_for(lambda: [s for s in script.heard if isinstance(s, RecordUndelivered)])
    [undelivered] = [s for s in script.heard if isinstance(s, RecordUndelivered)]
    assert undelivered.attempted


@pytest.mark.parametrize("attempted", [False, True])
def test_only_what_has_not_been_sent_is_taken_back(
    daemon: Callable[..., Daemon], path: Path, attempted: bool
) -> None:
    """A record that certainly never left becomes a tombstone; one that may have goes on."""
    withdraw = Withdraw("taxi.requested", "order")

    def answer(signal: Signal) -> list[Effect]:
        if isinstance(signal, Action):
            return [TAXI]
        return [withdraw] if isinstance(signal, Command) else []

    script = Script(answer)
    kiosk = daemon(script)
    kiosk.put(TOUCH)
    if attempted:
        kiosk.put(Attempted(lane=0, sequence=1))
    kiosk.put(Command(command_id="call", data=Call()))
    told = [s for s in script.heard if isinstance(s, RecordUndelivered)]
    assert len(told) == (0 if attempted else 1)
    outbox = Outbox(path)
    assert outbox.pending(0, 0, 10)[0].fate == (None if attempted else "withdrawn")
    outbox.close()


def test_a_refusal_is_told_with_its_reason(daemon: Callable[..., Daemon]) -> None:
    """A record refused for good is no longer in doubt: it did not count."""
    script = on(Action, TAXI)
    kiosk = daemon(script)
    kiosk.put(TOUCH, Refused(lane=0, sequence=1, reason="closed today"))
    [undelivered] = [s for s in script.heard if isinstance(s, RecordUndelivered)]
    assert (undelivered.refused, undelivered.attempted) == ("closed today", False)


def test_one_broken_service_does_not_silence_the_others(
    daemon: Callable[..., Daemon], caplog: pytest.LogCaptureFixture
) -> None:
    """A service that raises keeps its state; the others go on, and the log has the traceback."""

    class Broken(Script):
        name: ClassVar[str] = "broken"

        def step(self, state: Count, signal: Signal) -> tuple[Count, list[Effect]]:
            raise ZeroDivisionError

    kiosk = daemon(Broken(lambda signal: []), on(Action, Drive("lamp", Switch(True))))
    kiosk.put(TOUCH)
    assert ("drive", "lamp", Switch(True)) in kiosk.outside.log
    assert "ZeroDivisionError" in caplog.text


def test_a_full_disk_delays_but_loses_nothing(
    daemon: Callable[..., Daemon], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk refuses, room is made, and the same press is then recorded and answered once."""
    kiosk = daemon(on(Action, TAXI, Say("taxi.stay")))
    refusals = iter([sqlite3.OperationalError("database or disk is full")])
    real = kiosk.store.append

    def append(record: Record, at: float) -> str:
        for error in refusals:
            raise error
        return real(record, at)

    monkeypatch.setattr(kiosk.store, "append", append)
    kiosk.put(TOUCH)
    assert kiosk.outside.waiting_at_drive == []
    assert kiosk.store.last_sequences()[0] == 1
    spoken = [entry for entry in kiosk.outside.log if entry[0] == "Speak"]
    assert len(spoken) == 1


def test_a_full_disk_does_not_keep_the_daemon_from_stopping(
    daemon: Callable[..., Daemon], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked to stop while nothing can be stored, it gives up a press that nobody was told of."""
    kiosk = daemon(on(Action, TAXI))
    tried = threading.Event()

    def append(record: Record, at: float) -> str:
        tried.set()
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(kiosk.store, "append", append)
    kiosk.inbox.put(TOUCH)
    assert tried.wait(5)
    kiosk.close()  # holds that it ends


def test_unreadable_state_begins_anew(daemon: Callable[..., Daemon], path: Path) -> None:
    """A state that an older version wrote and this one cannot read does not stop the kiosk."""
    store = open_store(path, Clock()).store
    with store.transaction():
        store.save_state("script", b"\xc1")
    store.close()
    script = Script(lambda signal: [])
    daemon(script)
    assert isinstance(script.heard[0], Started)


def test_a_burst_of_touches_shares_commits(daemon: Callable[..., Daemon]) -> None:
    """Two hundred touches at once: a few commits, every record there, each effect let out."""
    kiosk = daemon(on(Action, TAXI, Drive("lamp", Switch(True))))
    before = kiosk.store.commits
    kiosk.put(*[TOUCH] * 200)
    assert kiosk.store.commits - before <= 20
    assert kiosk.store.last_sequences()[0] == 200
    assert kiosk.outside.log.count(("drive", "lamp", Switch(True))) == 200
    assert kiosk.outside.waiting_at_drive[-1] == 200


def test_a_burst_that_the_disk_refuses_is_as_if_it_had_not_been(
    daemon: Callable[..., Daemon], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The screen goes back to where it was, and each touch is then taken for itself, once."""

    def answer(signal: Signal) -> list[Effect]:
        if not isinstance(signal, Action):
            return []
        if signal.action == "taxi.call":
            return [TAXI, Show("taxi.requesting", {}, (Choice("taxi.cancel"),))]
        return [record("taxi.cancelled", {}, "order", Lane.LIFE), Hide()]

    kiosk = daemon(Script(answer))
    real, refusals = kiosk.store._room.grow, [True]

    def grow() -> None:
        if refusals and kiosk.store.last_sequences()[0] == 2:
            refusals.pop()
            raise sqlite3.OperationalError("disk I/O error")
        real()

    monkeypatch.setattr(kiosk.store._room, "grow", grow)
    with kiosk.inbox._change:  # both in one batch
        for touch in (TOUCH, Action(action="taxi.cancel")):
            kiosk.inbox.put(touch)
    assert kiosk.inbox.settle(5)
    outbox = Outbox(kiosk.store.path)
    kinds = [one.kind for one in outbox.pending(0, 0, 10)]
    outbox.close()
    assert kinds == ["taxi.requested", "taxi.cancelled"] and not refusals
    assert ("show", "home") in kiosk.outside.log[-3:]
