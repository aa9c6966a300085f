"""A driver in its own process, with the real speaker and a stand-in for the sound card."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract.clock import BootClock
from agent.contract.driver import DriverUnavailable, Site
from agent.contract.orders import Speak
from agent.contract.signals import DeviceBack, Signal, Spoken
from agent.core.child import ChildProcess
from agent.core.supervisor import Supervisor
from agent.messages import DeviceDown
from drivers import SETTINGS
from hw_mocks.devices.speaker import Loudspeaker
from tests.waiting import wait_for


def speaker(tmp_path: Path) -> ChildProcess:
    player = (
        sys.executable,
        "-m",
        "hw_mocks.player",
        *Loudspeaker(tmp_path / "said.jsonl").command,
    )
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
    supervisor = Supervisor(signals.append, BootClock())
    yield supervisor
    supervisor.stop()


def test_commands_go_in_and_signals_come_out(
    supervisor: Supervisor, signals: list[Signal], tmp_path: Path
) -> None:
    """What the child is told to say comes back as `Spoken`, across two pipes."""
    child = speaker(tmp_path)
    supervisor.start(child)
    wait_for(children)
    supervisor.command("speaker", Speak("你好", urgency=1))
    wait_for(lambda: [s for s in signals if isinstance(s, Spoken) and s.state == "finished"], 20)


def test_the_first_words_wait_for_the_first_child(
    supervisor: Supervisor, signals: list[Signal], tmp_path: Path
) -> None:
    """A daemon that goes on where it was speaks at once; its speaker may not have started yet."""
    child = speaker(tmp_path)
    child.command(Speak("车到了", urgency=1))
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
    child.command(Speak("太晚了", urgency=1))
    again = threading.Event()
    second = threading.Thread(target=child.run, args=(signals.append, again))
    second.start()
    wait_for(lambda: any(isinstance(s, DeviceBack) for s in signals), 20)
    child.command(Speak("你好"))
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
    wait_for(lambda: any(isinstance(s, DeviceBack) for s in signals), 15)
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


def packed(*messages: bytes) -> bytes:
    return b"".join(struct.pack("<I", len(message)) + message for message in messages)


def told(tmp_path: Path, sent: bytes) -> tuple[list[Signal], str]:
    """What the parent makes of a child that writes *sent*, and the reason of its end."""
    child = speaker(tmp_path)
    read, write = os.pipe()
    os.write(write, sent)
    os.close(write)
    signals: list[Signal] = []
    reason = ""
    with os.fdopen(read, "rb") as output:
        try:
            child._listen(output, signals.append, threading.Event())
        except DriverUnavailable as error:
            reason = str(error)
    return signals, reason


def test_a_child_says_only_what_its_driver_declares(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A speaker that claims a fall, a command or nonsense is refused, and heard afterwards."""
    spoken = Spoken(source="speaker", text="车到了", state="began")
    encode = msgspec.msgpack.encode
    fall = {"signal": "person-down", "track": 1, "confidence": 1.0, "reason": "radar"}
    command = {"signal": "command", "command_id": "1", "kind": "taxi.accepted"}
    wrong = [encode(fall), encode(command), encode({"signal": "spoken"}), b"\xc1", b""]
    signals, reason = told(tmp_path, packed(*wrong, encode(spoken)))
    assert (signals, reason) == ([spoken], "")
    assert "signal refused driver=speaker" in caplog.text and "person-down" in caplog.text


def test_a_child_that_sends_without_end_is_ended(tmp_path: Path) -> None:
    """Nobody collects gigabytes because four bytes say so."""
    signals, reason = told(tmp_path, struct.pack("<I", 307_200) + b"x")
    assert not signals and "307200 bytes in one signal" in reason


@settings(deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=8))
def test_a_child_may_send_anything(messages: list[bytes]) -> None:
    """Whatever comes, the parent raises nothing but the child's own end."""
    told(Path(), packed(*messages))


def taken_over(tmp_path: Path, code: str) -> ChildProcess:
    """A speaker's process that somebody else runs *code* in."""
    child = speaker(tmp_path)
    child._child = ("-c", code)
    return child


def test_a_child_that_reads_no_orders_never_blocks_who_gives_them(
    supervisor: Supervisor, signals: list[Signal], tmp_path: Path
) -> None:
    """Its pipe is full some day: the daemon goes on, and the child is ended and begun again."""
    supervisor.start(taken_over(tmp_path, "import time; time.sleep(600)"))
    [first] = wait_for(lambda: _sleepers())
    for number in range(200):
        supervisor.command("speaker", Speak(text="好" * 4000, utterance=str(number)))
    down = wait_for(lambda: [s for s in signals if isinstance(s, DeviceDown)], 10)
    assert "takes no orders" in down[0].reason
    wait_for(lambda: _sleepers() not in ([], [first]), 10)


def _sleepers() -> list[int]:
    found = subprocess.run(
        ["pgrep", "-P", str(os.getpid()), "-f", "time.sleep.600"], capture_output=True, text=True
    )
    return [int(pid) for pid in found.stdout.split()]


@pytest.mark.parametrize("sent", ["bytes(4096)", "struct.pack('<I', 60_000) + bytes(60_000)"])
def test_a_child_that_sends_without_pause_waits_in_its_own_pipe(
    supervisor: Supervisor, tmp_path: Path, sent: str
) -> None:
    """Empty frames, large nonsense: the daemon's processor is not its to use up."""
    child = taken_over(tmp_path, f"import os, struct\nwhile True:\n    os.write(1, {sent} * 4)\n")
    supervisor.start(child)
    wait_for(lambda: child._gate.refused, 10)
    began, refused, used = time.monotonic(), child._gate.refused, time.process_time()
    wait_for(lambda: time.monotonic() - began > 1.5)
    assert child._gate.refused - refused < 40_000
    assert time.process_time() - used < 0.7


def test_what_a_child_writes_carries_its_name_and_no_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lines of libraries, and lines that pretend to be the daemon's: named, few, in one piece."""
    code = (
        "import sys\n"
        "sys.stderr.write('<3>ERROR agent.core.kernel all is lost\\n')\n"
        "sys.stderr.write('[rtsp] rtsp://admin:p@ss/word@10.0.0.9/1 refused\\x1b[2J\\n')\n"
        "for n in range(5000): sys.stderr.write(f'line {n}\\n')\n"
        "sys.stderr.write('no end')\n"
    )
    with pytest.raises(DriverUnavailable):
        taken_over(tmp_path, code).run(lambda signal: None, threading.Event())
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "<3>[speaker] ERROR agent.core.kernel all is lost"
    assert "word" not in lines[1] and "\x1b" not in lines[1] and "10.0.0.9" in lines[1]
    assert len(lines) <= 210 and all("[speaker] " in line for line in lines)
