"""No picture leaves the camera's process: not to disk, log, record or network.

The process is the real one, with the real model, before real clips. It runs in a network of
its own without any way out, where no file can grow beyond a skeleton's size, and the kernel
keeps the books: bytes written in any way (files, pipes, shared memory), packets, attempts to
connect. All of it must be accounted for. (Not seen: what the kernel itself writes; the units
forbid core dumps and swap.)
"""

from __future__ import annotations

import contextlib
import os
import string
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from agent.contract.signals import CameraWatch, PersonDown, PersonUp, Signal
from agent.core.child import Start, Trouble, _messages
from drivers.camera import Camera
from drivers.vision.memory import Kept
from tests.waiting import wait_for

SKELETON = 8_000
"""Bytes that a fall may take. A frame of these clips has 921 600 or more, as a JPEG 40 000."""
USER_MAP = 64
"""Bytes that the fence itself writes where it maps user ids."""
AS_ROOT = () if os.geteuid() == 0 else ("--user", "--map-root-user")
FENCE = ("unshare", "--net", *AS_ROOT, "prlimit", f"--fsize={SKELETON}", "--core=0")
ROOT = Path(__file__).resolve().parents[2]


class Evidence(NamedTuple):
    """What the kernel saw of a process, from its first instruction to its end."""

    told: bytes
    """Its standard output."""
    logged: bytes
    """Its standard error."""
    elsewhere: int
    """Bytes written in any other way."""
    packets: int
    """Packets that it tried to send."""
    held: frozenset[str]
    """Sockets, files open for writing and memory shared through files, as often as we looked."""
    files: Mapping[str, bytes]
    """What it left in its folder."""


@pytest.fixture(scope="module", autouse=True)
def fence() -> None:
    """Skips where the kernel does not let us put up the fence."""
    try:
        subprocess.run([*FENCE, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network namespaces for us here: {error}")


def observed(folder: Path, command: list[str], order: bytes) -> Evidence:
    """Run *command* behind the fence until it ends by itself.

    It has *folder* for all its files, and gets *order* as its input when the books are open.
    """
    folder.mkdir()
    homes = ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
    ours = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    environment = os.environ | dict.fromkeys(homes, str(folder)) | ours
    process = subprocess.Popen(
        [*FENCE, *command],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    proc = Path("/proc", str(process.pid))
    ours_is = Path("/proc/self/ns/net").readlink()
    wait_for(lambda: (proc / "ns/net").readlink() != ours_is)
    held: set[str] = set()
    ended = threading.Event()
    looking = threading.Thread(target=_look, args=(proc, held, ended))
    # Held open, the counters of a network outlive the process
    with (proc / "net/snmp").open() as counters:
        looking.start()
        assert process.stdin is not None
        process.stdin.write(order)
        process.stdin.flush()
        told, logged = _drained(process)
        # Dead, but not yet taken off the table of processes: its account is complete
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        accounts = (proc / "io").read_text()
        packets = _packets(counters.read())
    ended.set()
    looking.join()
    process.stdin.close()
    process.wait()
    (written,) = (int(line.split()[1]) for line in accounts.splitlines() if "wchar" in line)
    files = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    elsewhere = written - len(told) - len(logged)
    return Evidence(told, logged, elsewhere, packets, frozenset(held), files)


def _drained(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """All that comes out of *process*; its input stays open meanwhile."""
    assert process.stdout is not None and process.stderr is not None
    logged: list[bytes] = []
    reading = threading.Thread(target=lambda log: logged.append(log.read()), args=[process.stderr])
    reading.start()
    told = process.stdout.read()
    reading.join()
    process.stdout.close()
    process.stderr.close()
    return told, logged[0]


def _look(proc: Path, held: set[str], ended: threading.Event) -> None:
    """Add to *held* what *proc* has in hand, fifty times a second."""
    while not ended.wait(0.02):
        with contextlib.suppress(OSError):
            held.update(_in_hand(proc))


def _in_hand(proc: Path) -> Iterator[str]:
    for fd in (proc / "fd").iterdir():
        with contextlib.suppress(OSError):
            target = str(fd.readlink())
            flags = int((proc / "fdinfo" / fd.name).read_text().split()[3], 8)
            writable = flags & os.O_ACCMODE != os.O_RDONLY
            if target.startswith("socket:") or (target.startswith("/") and writable):
                yield target
    for line in (proc / "maps").read_text().splitlines():
        access, *_, path = line.split(maxsplit=5)[1:]
        if access.startswith("rw-s"):
            yield path


def _packets(snmp: str) -> int:
    """Packets sent, tried without a way, and connections tried, by a network's counters."""
    counts: dict[str, int] = {}
    lines = snmp.splitlines()
    for names, values in zip(lines[::2], lines[1::2], strict=True):
        protocol = names.split(":")[0]
        pairs = zip(names.split()[1:], values.split()[1:], strict=True)
        counts |= {f"{protocol}.{name}": int(value) for name, value in pairs}
    return sum(
        counts[name]
        for name in ("Ip.OutRequests", "Ip.OutNoRoutes", "Tcp.ActiveOpens", "Udp.OutDatagrams")
    )


def camera(folder: Path, clip: Path, models: Path) -> Evidence:
    """The camera's process before *clip*, from birth to the end of the film."""
    order = msgspec.msgpack.encode(
        Start("camera", "hall", {"source": str(clip)}, str(models), str(folder))
    )
    message = struct.pack("<I", len(order)) + order
    return observed(folder, [sys.executable, "-m", "agent.core.child"], message)


def signals(told: bytes) -> list[Signal | Trouble]:
    """What was told, every byte of it, as the daemon understands it."""
    found = []
    while told:
        (length,) = struct.unpack_from("<I", told)
        message, told = told[4 : 4 + length], told[4 + length :]
        assert len(message) == length < SKELETON
        found.append(msgspec.msgpack.decode(message, type=_messages(Camera.emits)))
        # Nothing rides along in what the decoder would ignore
        assert len(msgspec.msgpack.encode(found[-1])) == length
    return found


def test_nothing_but_a_word_of_an_ordinary_day(
    tmp_path: Path, data_dir: Path, models: Path
) -> None:
    """Somebody walks by: the process tells that it looks, and writes not one byte elsewhere."""
    seen = camera(tmp_path / "c", data_dir / "falls" / "Subject1_ADL_10.mp4", models.resolve())
    kinds = [type(signal) for signal in signals(seen.told)]
    assert kinds == [CameraWatch, Trouble]
    assert seen.elsewhere <= (USER_MAP if AS_ROOT else 0)
    assert seen.packets == 0
    assert not seen.held
    assert not seen.files
    assert len(seen.logged) < 2_000 and set(seen.logged.decode()) <= set(string.printable)


def test_nothing_but_a_skeleton_of_a_fall(tmp_path: Path, data_dir: Path, models: Path) -> None:
    """Somebody falls: a skeleton is told and, against a crash, noted; numbers, no picture."""
    seen = camera(tmp_path / "c", data_dir / "falls" / "Subject1_Fall_14.mp4", models.resolve())
    told = signals(seen.told)
    (fall,) = (signal for signal in told if isinstance(signal, PersonDown))
    assert {type(signal) for signal in told} <= {CameraWatch, PersonDown, PersonUp, Trouble}
    assert fall.skeleton
    assert all(len(points) == 17 and len(p) == 3 for points in fall.skeleton for p in points)
    notebook = str(tmp_path / "c" / "hall-down")
    assert all(path.startswith(notebook) for path in seen.held)
    assert list(seen.files) == ["hall-down.json"]
    note = seen.files["hall-down.json"]
    assert msgspec.json.decode(note, type=list[Kept])
    # Noted once a second, and the film has less than six
    assert seen.elsewhere < 9 * len(note) < SKELETON
    assert seen.packets == 0
    assert len(seen.logged) < 2_000 and set(seen.logged.decode()) <= set(string.printable)


SPY = """
import socket, sys, tempfile, time
sys.stdin.readline()
open(tempfile.gettempdir() + "/small", "wb").write(bytes(5000))
try:
    open(tempfile.gettempdir() + "/large", "wb").write(bytes(50_000))
except OSError:
    print("no room")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
    try:
        line.sendto(b"picture", ("192.0.2.1", 9))
    except OSError:
        print("no way")
    time.sleep(0.5)
"""


def test_the_books_show_a_leak(tmp_path: Path) -> None:
    """The same fence around a spy: what it writes is counted, the rest is not possible."""
    seen = observed(tmp_path / "s", [sys.executable, "-c", SPY], b"go\n")
    assert seen.told == b"no room\nno way\n"
    assert seen.elsewhere >= 5_000
    assert any(thing.startswith("socket:") for thing in seen.held)
    assert seen.packets > 0
    assert set(seen.files) == {"small", "large"}
