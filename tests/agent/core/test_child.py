"""A driver in its own process, with the real speaker and a stand-in for the sound card."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.contract.driver import DriverUnavailable, Site
from agent.contract.signals import DeviceBack, Signal, Spoken
from agent.core.child import ChildProcess
from agent.core.supervisor import Supervisor
from agent.messages import DeviceDown
from drivers import SETTINGS
from tests.waiting import wait_for


def speaker(tmp_path: Path) -> ChildProcess:
    player = (sys.executable, "-m", "hw_mocks.player", "--log", str(tmp_path / "said.jsonl"))
    settings = SETTINGS["speaker"](player=player)
    return ChildProcess("speaker", "speaker", settings, Site(tmp_path, tmp_path / "cache"))


def children() -> list[int]:
    """Process ids of our children that run a driver."""
    found = subprocess.run(
        ["pgrep", "-P", str(os.getpid()), "-f", "agent.core.child"], capture_output=True, text=True
    )
    return [int(pid) for pid in found.stdout.split()]


@pytest.fixture
def signals() -> list[Signal]:
    return []


@pytest.fixture
def supervisor(signals: list[Signal], monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setattr("agent.core.supervisor._FIRST_PAUSE", 0.05)
    supervisor = Supervisor(signals.append)
    yield supervisor
    supervisor.stop()


def test_commands_go_in_and_signals_come_out(
    supervisor: Supervisor, signals: list[Signal], tmp_path: Path
) -> None:
    """What the child is told to say comes back as `Spoken`, across two pipes."""
    child = speaker(tmp_path)
    supervisor.start(child)
    wait_for(children)
    supervisor.command("speaker", {"do": "say", "text": "你好", "language": "zh-CN", "urgency": 1})
    wait_for(lambda: [s for s in signals if isinstance(s, Spoken) and s.state == "finished"], 20)


def test_the_first_words_wait_for_the_first_child(
    supervisor: Supervisor, signals: list[Signal], tmp_path: Path
) -> None:
    """A daemon that goes on where it was speaks at once; its speaker may not have started yet."""
    child = speaker(tmp_path)
    child.command({"do": "say", "text": "车到了", "language": "zh-CN", "urgency": 1})
    supervisor.start(child)
    wait_for(lambda: [s for s in signals if isinstance(s, Spoken) and s.state == "finished"], 20)


def test_words_for_a_child_that_failed_are_not_said_later(
    signals: list[Signal], tmp_path: Path
) -> None:
    """Between two children nobody speaks: the words would come when they no longer fit."""
    child = speaker(tmp_path)
    stop = threading.Event()
    first = threading.Thread(target=child.run, args=(lambda signal: None, stop))
    first.start()
    wait_for(children)
    stop.set()
    first.join()
    child.command({"do": "say", "text": "太晚了", "language": "zh-CN", "urgency": 1})
    again = threading.Event()
    second = threading.Thread(target=child.run, args=(signals.append, again))
    second.start()
    wait_for(lambda: any(isinstance(s, DeviceBack) for s in signals), 20)
    child.command({"do": "say", "text": "你好", "language": "zh-CN", "urgency": 0})
    wait_for(lambda: [s for s in signals if isinstance(s, Spoken)], 20)
    again.set()
    second.join()
    assert {s.text for s in signals if isinstance(s, Spoken)} == {"你好"}


def test_a_killed_child_is_reported_and_started_again(
    supervisor: Supervisor, signals: list[Signal], tmp_path: Path
) -> None:
    """SIGKILL (or a segmentation fault) costs one report and a restart, nothing else."""
    supervisor.start(speaker(tmp_path))
    [first] = wait_for(children)
    wait_for(lambda: any(isinstance(s, DeviceBack) for s in signals) or supervisor.look(), 5)
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: [s for s in signals if isinstance(s, DeviceDown)])
    [down] = [s for s in signals if isinstance(s, DeviceDown)]
    assert "signal 9" in down.reason
    wait_for(lambda: children() and children() != [first])


def test_the_childs_reason_is_the_drivers_own(tmp_path: Path) -> None:
    """`DriverUnavailable` crosses the process boundary with its text."""
    settings = SETTINGS["speaker"](player=("no-such-player",))
    child = ChildProcess("speaker", "speaker", settings, Site(tmp_path, tmp_path / "cache"))
    with pytest.raises(DriverUnavailable, match="no-such-player"):
        child.run(lambda signal: None, threading.Event())


def test_the_child_ends_with_its_parent(tmp_path: Path) -> None:
    """When the daemon is killed, its children end by themselves within a few seconds."""
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: not Path(f"/proc/{pid}").exists() or _is_zombie(pid), 6)


def _is_zombie(pid: int) -> bool:
    return ") Z" in Path(f"/proc/{pid}/stat").read_text()


_PARENT = """
import sys, threading, time
from pathlib import Path
from tests.agent.core.test_child import children, speaker
from tests.waiting import wait_for
stop = threading.Event()
child = speaker(Path(sys.argv[1]))
threading.Thread(target=child.run, args=(lambda signal: None, stop), daemon=True).start()
print(wait_for(children)[0], flush=True)
time.sleep(60)
"""
