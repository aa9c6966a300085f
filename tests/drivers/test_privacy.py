"""No picture leaves the camera's process: not to disk, log, record or network.

The process is the real one, with the real model, before real clips. It runs in a network of
its own without any way out, where no file can grow beyond a skeleton's size, and the kernel
keeps the books: bytes written in any way (files, pipes, shared memory), packets, attempts to
connect. All of it must be accounted for.

A frame of these clips has 921 600 bytes or more, its JPEG about 50 000.
"""

from __future__ import annotations

import os
import string
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from agent.child import Order, Trouble, _union
from agent.contract import CameraWatch, PersonDown, Signal
from drivers.vision.memory import Kept

SKELETON = 8_000
"""Bytes that may be told or noted of a fall."""
FENCE_WRITES = 64
"""Bytes that the fence itself writes where it maps user ids."""
AS_USER = () if os.geteuid() == 0 else ("--user", "--map-root-user")
FENCE = ("unshare", "--net", *AS_USER, "prlimit", f"--fsize={SKELETON}", "--core=0")
ROOT = Path(__file__).resolve().parents[2]


class Evidence(NamedTuple):
    """What the kernel saw of a process, from its birth to its end."""

    told: bytes
    """Its standard output."""
    logged: bytes
    """Its standard error."""
    written: int
    """Bytes written anywhere else."""
    network: Mapping[str, int]
    """Counters of its network: packets sent, connections tried, packets without a way."""
    opened: frozenset[str]
    """Sockets, and files that were open for writing or mapped to be shared."""
    files: Mapping[str, bytes]
    """What lies in the folders that it may use."""


@pytest.fixture(scope="module", autouse=True)
def fence() -> None:
    """Skips where the kernel does not let us put up the fence."""
    try:
        subprocess.run([*FENCE, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network namespaces here: {error}")


def observed(folder: Path, command: list[str], said: bytes = b"") -> Evidence:
    """Run *command* behind the fence, with *folder* for all its files and *said* as its input.

    Its input stays open until it ends by itself.
    """
    environment = {
        **os.environ,
        **dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"), str(folder)),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*FENCE, *command], cwd=folder, env=environment, stdin=pipe, stdout=pipe, stderr=pipe
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        opened: set[str] = set()
        proc = Path(f"/proc/{process.pid}")
        ended = threading.Event()
        looking = threading.Thread(target=_look, args=(proc, opened, ended))
        looking.start()
        logged: list[bytes] = []
        logging = threading.Thread(target=lambda stream: logged.append(stream.read()),
                                   args=(process.stderr,))  # fmt: skip
        logging.start()
        process.stdin.write(said)
        process.stdin.flush()
        # Held open, the counters outlive the process
        with _counters(proc) as counters:
            told = process.stdout.read()
            logging.join()
            # Dead, but not yet taken from the table of processes: its accounts are complete
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            written = _field(proc / "io", "wchar") - len(told) - len(logged[0])
            network = _network(counters.read())
        ended.set()
        looking.join()
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    return Evidence(told, logged[0], written, network, frozenset(opened), files)
