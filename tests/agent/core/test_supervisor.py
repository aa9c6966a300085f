"""The supervisor: every driver is run again, reported once, and never takes another down."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import ClassVar

import pytest

from agent.contract.clock import BootClock
from agent.contract.driver import Accepts, DriverUnavailable, Emit, Emits
from agent.contract.orders import Look, Order, Switch
from agent.contract.signals import DeviceBack, Key, Measured, Signal
from agent.core.supervisor import Supervisor
from agent.messages import DeviceDown
from tests.waiting import wait_for


class Puppet:
    """A driver whose every run does what the test gives it next; then it works until stopped."""

    emits: ClassVar[Emits] = (Measured, DeviceBack)
    accepts: ClassVar[Accepts] = (Switch,)

    def __init__(self, name: str, *runs: Callable[[Emit], None]) -> None:
        self.name = name
        self.runs = iter(runs)
        self.count = 0
        self.commands: list[Order] = []

    def run(self, emit: Emit, stop: threading.Event) -> None:
        self.count += 1
        for act in self.runs:
            return act(emit)
        emit(Measured(source=self.name, quantity="distance", value=1, unit="mm"))
        stop.wait()

    def command(self, order: Order) -> None:
        self.commands.append(order)


def unplugged(emit: Emit) -> None:
    raise DriverUnavailable("/dev/x is not there; check the cable")


def crash(emit: Emit) -> None:
    raise ZeroDivisionError("by a bug")


@pytest.fixture
def signals() -> list[Signal]:
    return []


@pytest.fixture
def supervisor(signals: list[Signal], monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setattr("agent.core.supervisor._FIRST_PAUSE", 0.005)
    supervisor = Supervisor(signals.append, BootClock())
    yield supervisor
    supervisor.stop()


def test_down_once_and_back_once(supervisor: Supervisor, signals: list[Signal]) -> None:
    """Three failures in a row are one report; the first sign of life is the other."""
    supervisor.start(Puppet("bin_1", unplugged, crash, unplugged))
    wait_for(lambda: any(isinstance(signal, Measured) for signal in signals))
    down = [signal for signal in signals if isinstance(signal, DeviceDown)]
    back = [signal for signal in signals if isinstance(signal, DeviceBack)]
    assert [(d.source, d.reason) for d in down] == [
        ("bin_1", "/dev/x is not there; check the cable")
    ]
    assert [signal.source for signal in back] == ["bin_1"]
    assert signals.index(back[0]) < len(signals) - 1  # before the reading that proves it


def test_a_bug_is_a_failure_like_any_other(
    supervisor: Supervisor, signals: list[Signal], caplog: pytest.LogCaptureFixture
) -> None:
    """An unforeseen exception is logged with its traceback, and the driver is run again."""
    puppet = Puppet("bin_1", crash)
    supervisor.start(puppet)
    wait_for(lambda: puppet.count == 2)
    assert "ZeroDivisionError" in caplog.text


def test_one_failing_driver_leaves_the_others_alone(
    supervisor: Supervisor, signals: list[Signal]
) -> None:
    """While one driver fails again and again, another one emits and obeys."""
    supervisor.start(Puppet("bad", *[crash] * 1000))
    good = Puppet("good")
    supervisor.start(good)
    wait_for(lambda: any(signal.source == "good" for signal in signals))
    supervisor.command("good", Switch(True))
    assert good.commands == [Switch(True)]


def test_silent_driver_counts_as_working_after_a_while(
    supervisor: Supervisor, signals: list[Signal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lamp emits nothing: having run for some time is its sign of life."""
    monkeypatch.setattr("agent.core.supervisor._WORKS", 0.01)

    class Lamp(Puppet):
        def run(self, emit: Emit, stop: threading.Event) -> None:
            stop.wait()

    supervisor.start(Lamp("lamp"))
    wait_for(lambda: supervisor.check_health() == {"lamp": ""} and signals)
    assert signals == [DeviceBack(source="lamp")]


def test_silent_driver_is_back_without_anybody_looking(
    supervisor: Supervisor, signals: list[Signal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loudspeaker that was plugged in again is reported soon, not at the next proof of life."""
    monkeypatch.setattr("agent.core.supervisor._WORKS", 0.01)

    class Speaker(Puppet):
        def run(self, emit: Emit, stop: threading.Event) -> None:
            for act in self.runs:
                return act(emit)
            stop.wait()

    supervisor.start(Speaker("speaker", unplugged))
    wait_for(lambda: DeviceBack(source="speaker") in signals)
    assert [type(signal) for signal in signals] == [DeviceDown, DeviceBack]


def test_a_driver_may_say_itself_that_it_is_back(
    supervisor: Supervisor, signals: list[Signal]
) -> None:
    """Its word counts at once, each time, and not as a signal of its own."""

    class Speaker(Puppet):
        def run(self, emit: Emit, stop: threading.Event) -> None:
            emit(DeviceBack(source="speaker"))
            super().run(emit, stop)

    supervisor.start(Speaker("speaker", unplugged))
    wait_for(lambda: any(isinstance(signal, Measured) for signal in signals))
    kinds = [type(signal) for signal in signals]
    assert kinds == [DeviceBack, DeviceDown, DeviceBack, Measured]


def test_commands_to_nobody_are_logged(
    supervisor: Supervisor, caplog: pytest.LogCaptureFixture
) -> None:
    """A lamp that is not configured is a line in the log, not an error."""
    supervisor.command("lamp", Switch(True))
    assert "order refused device=lamp" in caplog.text


def test_a_wrong_order_never_reaches_the_driver(
    supervisor: Supervisor, caplog: pytest.LogCaptureFixture
) -> None:
    """What it does not accept, and what is out of bounds, is refused by name."""
    good = Puppet("good")
    supervisor.start(good)
    supervisor.command("good", Look(True))
    supervisor.command("good", Switch("yes"))  # type: ignore[arg-type]
    assert "it takes Switch" in caplog.text and "Expected `bool`" in caplog.text
    assert good.commands == []


def test_what_a_driver_does_not_declare_is_no_signal(
    supervisor: Supervisor, signals: list[Signal]
) -> None:
    """A sensor cannot press a key, nor speak for another; what it may say still counts."""

    def lie(emit: Emit) -> None:
        emit(Key(source="bad", key="help"))
        emit(Measured(source="good", quantity="distance", value=3, unit="mm"))
        emit(Measured(source="bad", quantity="distance", value=4, unit="mm"))
        raise DriverUnavailable("enough")

    supervisor.start(Puppet("bad", lie))
    wait_for(lambda: any(isinstance(s, DeviceDown) for s in signals))
    assert [s.value for s in signals[:2] if isinstance(s, Measured)] == [4]
    assert not any(isinstance(s, Key) for s in signals)


def test_stop_is_quick_and_final(supervisor: Supervisor) -> None:
    """All drivers end, also one that is waiting to be run again."""
    puppet = Puppet("good")
    supervisor.start(Puppet("bad", *[unplugged] * 1000))
    supervisor.start(puppet)
    wait_for(lambda: puppet.count)
    supervisor.stop(1.0)
    assert not [t for t in threading.enumerate() if t.name in ("good", "bad")]


def test_the_first_failures_in_a_row_are_not_waited_out(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A camera that is killed three times is back as soon as ever; one that goes on is slowed."""
    first = 0.05
    monkeypatch.setattr("agent.core.supervisor._FIRST_PAUSE", first)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    runs: list[float] = []

    def dies(emit: Emit) -> None:
        runs.append(time.monotonic())
        raise DriverUnavailable("its process was ended by signal 9")

    supervisor.start(Puppet("camera", *[dies] * 6))
    wait_for(lambda: len(runs) == 6)
    pauses = [later - earlier for earlier, later in itertools.pairwise(runs)]
    assert min(pauses) >= first
    assert pauses[2] < 4 * first  # it would be this, had each one doubled
    assert pauses[3] >= 2 * first and pauses[4] >= 4 * first


def test_loading_for_long_is_no_sign_of_life(
    supervisor: Supervisor, signals: list[Signal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that loads native code again and again and then fails is never "back"."""
    from agent.core.child import ChildProcess

    monkeypatch.setattr("agent.core.supervisor._WORKS", 0.01)

    def loads_then_fails(emit: Emit) -> None:
        time.sleep(0.05)  # far longer than a lamp would have to run to count as working
        raise DriverUnavailable("/dev/x is not there; check the cable")

    child = Puppet("camera", *[loads_then_fails] * 4)
    child.settles = ChildProcess.settles  # type: ignore[attr-defined]
    supervisor.start(child)
    wait_for(lambda: supervisor.check_health() and child.count > 4)
    wait_for(lambda: any(isinstance(signal, Measured) for signal in signals))
    assert [type(signal) for signal in signals[:2]] == [DeviceDown, DeviceBack]
    assert sum(isinstance(signal, DeviceBack) for signal in signals) == 1
