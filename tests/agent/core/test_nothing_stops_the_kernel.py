"""Whatever comes in and whoever raises: the kernel goes on, and a key still calls a taxi."""

from __future__ import annotations

import itertools
import json
import os
import tempfile
import threading
import types
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import messages
from agent.app import Kiosk
from agent.cli import main
from agent.contract import signals as observed
from agent.contract.driver import Site
from agent.contract.signals import Key, Signal
from agent.core.clock import Clock
from agent.core.dead_letters import DeadLetters, Letter, read
from agent.core.in_hand import InHand
from agent.core.store.outbox import Outbox, Outgoing
from agent.effects import Drive, Effect, Lane, Remind, Say, Show
from agent.messages import Action, Command, Due, LinkChanged, Started
from agent.services.registry import REGISTRY
from agent.services.service import AnyService
from agent.uplink.wire import RawCommand
from tests.agent.core.test_kernel import Call, Count, Daemon, Script
from tests.agent.estate import estate
from tests.agent.recording import record
from tests.agent.uplink.malformed import MALFORMED

WAY_TO_A_TAXI = (
    "taxi.confirm",
    "taxi.to.driver",
    "taxi.call",
    "taxi.again",
    "fall.ok",
    "taxi.cancel",
    "home",
    "back",
)
"""What somebody touches who wants a taxi, whatever is on the screen: the first that is offered."""


class Whole:
    """The kernel of a real kiosk with all of its services; drivers and page do not run."""

    def __init__(self, folder: Path) -> None:
        site = Site(models=folder, cache=folder / "cache")
        self.kiosk: Any = Kiosk(estate(folder), site, folder, Clock())
        self.path = folder / "linli.db"
        self.stop = threading.Event()
        ready = threading.Event()
        self.thread = threading.Thread(target=self.kiosk._kernel.run, args=(self.stop, ready.set))
        self.thread.start()
        assert ready.wait(5)

    def put(self, *signals: Signal) -> None:
        for signal in signals:
            self.kiosk._inbox.put(signal)
        assert self.kiosk._inbox.settle(10), "the kernel does not answer any more"

    def hear(self, *bodies: bytes) -> None:
        """Upstream says this."""
        self.put(*(self.kiosk._commands.read(RawCommand(body)) for body in bodies))

    def records(self, kind: str) -> list[Outgoing]:
        outbox = Outbox(self.path)
        try:
            lanes = (outbox.pending(lane, 0, 100_000) for lane in Lane)
            return [one for one in itertools.chain(*lanes) if one.kind == kind]
        finally:
            outbox.close()

    def taxi_can_be_called(self) -> None:
        """Fails unless touches and a key lead to a new order."""
        before = len(self.records("taxi.requested"))
        self.put(Key(key="back"), Key(key="back", pressed=False))
        for _ in range(40):
            shown = self.kiosk._shown
            offered = [item.action for item in (*shown.items, *shown.bar)]
            action = next((one for one in WAY_TO_A_TAXI if one in offered), "home")
            self.put(Action(source="page", action=action))
            if len(self.records("taxi.requested")) > before:
                return
        pytest.fail(f"no taxi: {shown.screen} offers {offered}")

    def close(self) -> None:
        self.stop.set()
        self.kiosk._inbox.wake()
        self.thread.join(5)
        assert not self.thread.is_alive()
        self.kiosk._store.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    kiosk = Whole(tmp_path_factory.mktemp("whole"))
    yield kiosk
    kiosk.close()


# -- what comes in -------------------------------------------------------------------------

COMMAND_KINDS = sorted(
    {kind for service in REGISTRY.values() for kind in service.commands},
    key=lambda kind: kind.kind,
)
KINDS = [*(kind.kind for kind in COMMAND_KINDS), "fall.acepted", ""]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, -(2**63) - 1, 10**30, 1000000000, -5, 0, 3])
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["沪A·D1234", "x" * 20_000, "\u202e", "\x00", "K", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
FIELDS = sorted(
    {field.encode_name for kind in COMMAND_KINDS for field in msgspec.structs.fields(kind)}
)
DATA = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON))


@st.composite
def fitting(draw: st.DrawFn) -> dict[str, Any]:
    """A command that fits but for one field, perhaps, and is about something or nothing."""
    kind = draw(st.sampled_from(COMMAND_KINDS))
    about = {kind.about: draw(st.sampled_from(["nothing", "p1", "home"]))} if kind.about else {}
    spoiled = draw(st.none() | st.sampled_from(msgspec.structs.fields(kind)))
    data = {**kind.example, **about}
    if spoiled is not None:
        data[spoiled.encode_name] = draw(JSON)
    return {"id": str(draw(st.uuids())), "kind": kind.kind, "data": data}


COMMANDS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.uuids().map(str) | JSON,
        "kind": st.sampled_from(KINDS) | JSON,
        "data": DATA | JSON,
        "expires_in": st.none() | st.floats() | JSON,
    },
)


@settings(max_examples=500, deadline=None)
@given(command=COMMANDS | fitting() | JSON, current=st.booleans())
def test_no_command_ends_or_silences_the_kiosk(whole: Whole, command: Any, current: bool) -> None:
    """Hundreds of random and malformed commands, also about the order and the fall of now."""
    if current and isinstance(command, dict) and isinstance(command.get("data"), dict):
        state = whole.kiosk._kernel._standing.state
        about = {"order": state("taxi").order, "fall": state("fall").fall}
        command = {**command, "data": {**command["data"], **about}}
    whole.hear(json.dumps(command).encode("utf-8", "replace"))


def test_after_those_commands_a_taxi_can_be_called(whole: Whole) -> None:
    """Whatever they were: none was set aside because a service raised at it."""
    assert read(whole.path.parent) == []
    whole.taxi_can_be_called()


def test_each_malformed_command_is_answered(tmp_path: Path) -> None:
    """With an order under way: each once, though it is sent twice; then a taxi can be called."""
    whole = Whole(tmp_path)
    try:
        whole.taxi_can_be_called()
        whole.hear(*MALFORMED, *MALFORMED)
        assert len(whole.records("command.rejected")) == len(MALFORMED)
        whole.taxi_can_be_called()
    finally:
        whole.close()


def _all(module: types.ModuleType) -> list[type[Signal]]:
    return [
        one
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Signal) and one is not Signal
    ]


JUNK = st.none() | st.integers() | st.floats() | st.text() | st.lists(st.integers()) | st.binary()


def _signals(kind: type[Signal]) -> st.SearchStrategy[Signal]:
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for field in msgspec.structs.fields(kind):
        if field.name in ("at", "id"):  # stamped by the inbox
            continue
        if field.name == "data":
            fields[field.name] = st.just(Call())
        elif _is_plain(field.type):
            fields[field.name] = st.one_of(st.from_type(field.type), JUNK)
        else:
            fields[field.name] = JUNK
    return st.builds(partial(_built, kind), **fields).filter(lambda signal: signal is not None)  # type: ignore[return-value]


def _built(kind: type[Signal], /, **values: Any) -> Signal | None:
    try:
        return kind(**values)
    except (ValueError, TypeError):  # some refuse nonsense themselves
        return None


def _is_plain(kind: Any) -> bool:
    return kind in (int, float, str, bool) or getattr(kind, "__origin__", None) is Literal


SIGNALS = st.one_of([_signals(kind) for kind in {*_all(observed), *_all(messages)}])


@settings(max_examples=100, deadline=None)
@given(signals=st.lists(SIGNALS, min_size=1, max_size=5))
def test_no_signal_ends_the_kernel(whole: Whole, signals: list[Signal]) -> None:
    """Signals of every kind with nonsense in every field, to every service at once."""
    whole.put(*signals)


def test_after_those_signals_a_taxi_can_be_called(whole: Whole) -> None:
    """Whatever was suspected, announced, lost and found."""
    whole.taxi_can_be_called()


# -- who raises ----------------------------------------------------------------------------


class Poison(Exception):
    pass


def _raise(*_: Any, **__: Any) -> Any:
    raise Poison("on purpose")


@pytest.mark.parametrize("place", ["drive", "show", "tell", "send"])
def test_an_exception_outside_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Every way out of the kernel raises, then none: the taxi is recorded all the same."""
    whole = Whole(tmp_path)
    try:
        with monkeypatch.context() as broken:
            broken.setattr(whole.kiosk, place, _raise)
            whole.put(Action(action="taxi.call"), Action(action="taxi.to.driver"))
            whole.put(Action(action="taxi.confirm"))
        assert whole.records("taxi.requested")
        whole.put(Action(action="taxi.cancel"), Action(action="home"))
        whole.taxi_can_be_called()
    finally:
        whole.close()


@pytest.mark.parametrize(
    "place", ["tick", "observe", "interpret", "perform", "publish", "orders", "next_deadline"]
)
def test_an_exception_in_the_dialogue_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Whatever of the dialogue raises for a while: afterwards a taxi can be called."""
    whole = Whole(tmp_path)
    try:
        with monkeypatch.context() as broken:
            broken.setattr(whole.kiosk._kernel._dialogue, place, _raise)
            whole.put(Key(key="enter"), Action(action="taxi.call"), Started(rebooted=False))
        whole.taxi_can_be_called()
        assert read(tmp_path)[0].cause == "Poison: on purpose"
        assert whole.records("kiosk.dead_letter")
    finally:
        whole.close()


BROKEN: dict[str, Callable[[], list[Effect]]] = {
    "raises": _raise,
    "recursion": lambda: BROKEN["recursion"](),
    "memory": lambda: (_ for _ in ()).throw(MemoryError("no more")),
    "no list": lambda: None,  # type: ignore[return-value,dict-item]
    "no effect": lambda: [5],  # type: ignore[list-item]
    "a record without JSON": lambda: [record("a.b", {"x": object()})],
    "half a surrogate": lambda: [record("a.b", {"x": "\ud800"})],
    "a subject that is no text": lambda: [record("a.b", {}, object())],  # type: ignore[arg-type]
    "an expiry that is none": lambda: [record("a.b", expires_in="soon")],  # type: ignore[arg-type]
    "a reminder that is none": lambda: [Remind("x", "soon")],  # type: ignore[arg-type]
    "a reminder that never comes": lambda: [Remind("x", float("nan"))],
    "a reminder for ever": lambda: [Remind("x", float("inf"))],
    "a reminder without a name": lambda: [Remind([], 1.0)],  # type: ignore[arg-type]
    "a reminder with half a surrogate": lambda: [Remind("\ud800", 1.0)],
    "an unknown screen": lambda: [Show("nowhere.at.all", {"x": object()})],  # type: ignore[dict-item]
    "an unknown phrase": lambda: [Say("nothing.at.all", {"x": object()})],  # type: ignore[dict-item]
    "an unknown device": lambda: [Drive(object(), object())],  # type: ignore[arg-type]
}


class Broken:
    """A service that does something impossible when it is called, and counts what it hears."""

    name: ClassVar[str] = "broken"
    vital: ClassVar[bool] = False
    listens: ClassVar[tuple[type[Signal], ...]] = (Command, LinkChanged)

    def __init__(self, answer: Callable[[], Any]) -> None:
        self._answer = answer

    def initial(self) -> Count:
        return Count()

    def durable(self, state: Count) -> Count:
        return state

    def step(self, state: Count, signal: Signal) -> tuple[Count, list[Effect]]:
        if isinstance(signal, Command):
            return Count(state.signals + 100), [record("a.good"), *self._answer()]
        return Count(state.signals + 1), []


class Unstorable(Broken):
    """A service whose state becomes one that cannot be stored."""

    def step(self, state: Count, signal: Signal) -> tuple[Count, list[Effect]]:
        after = Count(2**70) if isinstance(signal, Command) else Count(state.signals + 1)
        return after, []


NEWS = LinkChanged(source="uplink", online=True)
CALL = Command(source="upstream", command_id="c", data=Call())


def _run(path: Path, *services: AnyService, signals: tuple[Signal, ...]) -> tuple[Any, int]:
    """Feed *signals* in one batch and one by one; the last state of the first service, and how
    many records of the other ones there are."""
    daemon = Daemon(path, *services)
    try:
        for signal in signals:
            daemon.inbox.put(signal)
        daemon.put()
        daemon.put(NEWS)
        assert daemon.thread.is_alive()
        outbox = Outbox(path)
        kept = len([one for one in outbox.pending(1, 0, 100) if one.kind == "other.kind"])
        outbox.close()
        return daemon.kernel._standing.state("broken"), kept
    finally:
        daemon.close()


@pytest.mark.parametrize("broken", BROKEN)
def test_a_service_that_fails_goes_on_from_its_last_good_state(tmp_path: Path, broken: str) -> None:
    """What it asked for with the failure does not happen; the others' part of the batch does."""
    other = Script(lambda signal: [record("other.kind")] if isinstance(signal, Command) else [])
    state, kept = _run(
        tmp_path / "linli.db", Broken(BROKEN[broken]), other, signals=(NEWS, CALL, NEWS)
    )
    assert kept == 1
    letters = read(tmp_path)
    if broken.startswith("an unknown"):  # no failure of the service, and harmless
        assert state.signals > 100
    else:
        assert state == Count(3)
        assert [letter.part for letter in letters] == ["broken"]


def test_a_state_that_cannot_be_stored_is_not_taken_over(tmp_path: Path) -> None:
    """The encoder's refusal is the service's failure, and nobody else's."""
    other = Script(lambda signal: [record("other.kind")] if isinstance(signal, Command) else [])
    state, kept = _run(tmp_path / "linli.db", Unstorable(list), other, signals=(NEWS, CALL))
    assert (state, kept) == (Count(2), 1)
    [letter] = read(tmp_path)
    assert (letter.part, letter.signal) == ("broken", "command")
    assert "OverflowError" in letter.cause


# -- what ends the process -----------------------------------------------------------------


class Deadly(Broken):
    """A service at whose answer the whole process ends, as by a fault in native code."""

    def step(self, state: Count, signal: Signal) -> tuple[Count, list[Effect]]:
        deadly = isinstance(signal, Command) and signal.command_id == "deadly"
        if deadly or (isinstance(signal, Due) and signal.name == "deadly"):
            os._exit(9)
        return super().step(state, signal)


def _live(path: Path, *signals: Signal) -> int:
    """One life of a daemon with a deadly service, in a process of its own; how it ended."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        daemon = Daemon(path, Deadly(list))
        daemon.put(*signals)
        daemon.put(NEWS)
        daemon.close()
    finally:
        os._exit(0)


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_what_has_ended_the_process_twice_is_set_aside(tmp_path: Path) -> None:
    """Upstream repeats the command at each start: twice it kills, then it is a dead letter. An
    innocent one beside it is handled as soon as it is told apart."""
    path = tmp_path / "linli.db"
    deadly = Command(command_id="deadly", data=Call())
    innocent = Command(command_id="innocent", data=Call())
    assert [_live(path, innocent, deadly) for _ in range(3)] == [9, 9, 0]
    letters = read(tmp_path)
    assert [(letter.part, letter.signal) for letter in letters] == [("kernel", "command")]
    assert "deadly" in letters[0].content and "ended the process" in letters[0].cause
    outbox = Outbox(path)
    kinds = [one.kind for one in outbox.pending(1, 0, 100)]
    outbox.close()
    assert sorted(kinds) == ["a.good", "kiosk.dead_letter"]


def test_a_kill_between_two_commands_blames_nobody(tmp_path: Path) -> None:
    """Only what is in hand at the end counts, and only if it is so in succession."""
    first = InHand(tmp_path)
    first.begin(["command/a"])
    first.finish(["command/a"])
    assert InHand(tmp_path).ended("command/a") == 0
    first.begin(["command/a"])
    second = InHand(tmp_path)
    assert second.ended("command/a") == 1
    assert InHand(tmp_path).ended("command/a") == 1
    second.begin(["command/a"])
    second.finish(["command/a"])
    assert InHand(tmp_path).ended("command/a") == 0


@given(st.binary())
def test_a_spoiled_file_is_no_obstacle(body: bytes) -> None:
    """Whatever stands in the files, reading them succeeds."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "in_hand.json").write_bytes(body)
        (Path(name) / "dead_letters.jsonl").write_bytes(body + b"\n")
        assert InHand(Path(name)).ended("x") == 0
        assert isinstance(read(Path(name)), list)


def test_a_technician_reads_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`linli records --dead` says who failed at what, and why."""
    _run(tmp_path / "linli.db", Broken(_raise), signals=(CALL,))
    assert main(["records", "--dead", "--data", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "broken failed at command: Poison: on purpose" in printed
    assert '"command_id":"c"' in printed


def test_dead_letters_are_bounded(tmp_path: Path) -> None:
    """The newest are kept."""
    letters = DeadLetters(tmp_path)
    for number in range(450):
        letters.put(Letter(0.0, "part", "signal", str(number)))
    kept = read(tmp_path)
    assert len(kept) <= 400 and kept[-1].cause == "449"
