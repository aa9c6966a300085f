"""Stands in for the player of sound, and tries what a compromised driver would: told as JSON.

    python spy.py --in FOLDER --plan PLAN FILE.wav

PLAN, a file in FOLDER, holds a list of attempts; what became of each is written beside it as
``PLAN.result``, None for success.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import sys
from pathlib import Path


def attempt(what: list[str]) -> None:
    """Do one thing that may be forbidden.

    Raises:
        OSError: it is.
    """
    match what:
        case ["read", path]:
            Path(path).read_bytes()
        case ["list", path]:
            os.listdir(path)  # noqa: PTH208
        case ["write", path]:
            Path(path).write_bytes(b"x")
        case ["remove", path]:
            Path(path).unlink()
        case ["connect", port]:
            with socket.create_connection(("127.0.0.1", int(port)), timeout=5):
                pass
        case ["datagram", port]:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"x", ("127.0.0.1", int(port)))
        case ["kill", pid]:
            os.kill(int(pid), signal.SIGCONT)
        case ["trace", pid]:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.ptrace(16, int(pid), None, None):  # PTRACE_ATTACH
                raise OSError(ctypes.get_errno(), "ptrace")
        case ["privileges"]:
            status = Path("/proc/self/status").read_text()
            if "NoNewPrivs:\t1" in status:
                raise OSError(1, "no new privileges")
        case ["environment", name]:
            if name not in os.environ:
                raise OSError(2, "not in the environment")


def main(options: list[str]) -> None:
    plan = Path(options[options.index("--plan") + 1])
    results: list[str | None] = []
    for what in json.loads(plan.read_text()):
        try:
            attempt(what)
            results.append(None)
        except OSError as error:
            results.append(f"{type(error).__name__}: {error}")
    plan.with_name(plan.name + ".result").write_text(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1:])
