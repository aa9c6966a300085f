"""The socket between `linli config` and the running kiosk: one line of JSON each way.

It lies in the data folder, which only the service's user and root may enter.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

NAME = "control"
_LOOK = 0.5
"""Seconds between looks at *stop*, and at what was not confirmed."""
_PATIENCE = 30.0
"""Seconds for an answer: devices may take a while to let go."""
_LONGEST = 1 << 16


def serve(
    path: Path,
    answer: Callable[[str], tuple[bool, tuple[str, ...]]],
    look: Callable[[], None],
    stop: threading.Event,
) -> None:
    """Answer requests at *path* until *stop* is set; *look* is called in between.

    Raises:
        OSError: the socket cannot be made.
    """
    with _near(path) as address, socket.socket(socket.AF_UNIX) as listener:
        path.unlink(missing_ok=True)
        listener.bind(address)
        path.chmod(0o600)
        listener.listen()
        listener.settimeout(_LOOK)
        while not stop.is_set():
            look()
            try:
                caller, _ = listener.accept()
            except TimeoutError:
                continue
            with caller, contextlib.suppress(OSError, ValueError):
                caller.settimeout(_LOOK)
                wanted = json.loads(caller.recv(_LONGEST))
                done, lines = answer(str(wanted.get("do")))
                caller.settimeout(_PATIENCE)
                caller.sendall(json.dumps({"done": done, "lines": lines}).encode() + b"\n")
    path.unlink(missing_ok=True)


def ask(path: Path, what: str) -> tuple[bool, list[str]]:
    """Put a request to the kiosk that runs with the data folder of *path*.

    Raises:
        OSError: no kiosk runs there, or this user may not ask it.
    """
    with _near(path) as address, socket.socket(socket.AF_UNIX) as line:
        line.settimeout(_PATIENCE)
        line.connect(address)
        line.sendall(json.dumps({"do": what}).encode() + b"\n")
        received = b""
        while not received.endswith(b"\n"):
            more = line.recv(_LONGEST)
            if not more:
                raise ConnectionResetError("the kiosk did not answer")
            received += more
    answer = json.loads(received)
    return bool(answer["done"]), [str(text) for text in answer["lines"]]


@contextlib.contextmanager
def _near(path: Path) -> Iterator[str]:
    """A short name of *path*: that of a socket has at most 107 bytes."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
