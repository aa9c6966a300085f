"""The daemon as a process: started until it is ready, stopped, killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

STOP_S = 8.0
"""Longer than the daemon may take to end; then it is killed."""

_ROOT = Path(__file__).resolve().parents[1]


class NotReady(Exception):
    """The daemon ended, or did not become ready; the text has the end of its log."""


class DaemonProcess:
    """Runs ``python -m hw_mocks.daemon`` with *arguments*; its log goes to *log*.

    *manager* is where the socket for its words to the service manager is made; *environment* is
    added to our own.
    """

    def __init__(
        self, arguments: Sequence[str], log: Path, manager: Path, environment: Mapping[str, str]
    ) -> None:
        self._arguments = list(arguments)
        self._environment = environment
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._manager = _ServiceManager(manager)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """Of the running process."""
        return self._process.pid if self.running and self._process else None

    def start(self, timeout: float) -> None:
        """Start and wait until it says that it is ready (`sd_notify(3)`).

        Raises:
            NotReady: not within *timeout* seconds.
        """
        self._manager.ready.clear()
        paths = filter(None, (str(_ROOT), os.environ.get("PYTHONPATH")))
        manager = {"NOTIFY_SOCKET": str(self._manager.path)}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "hw_mocks.daemon", *self._arguments],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=os.environ | self._environment | manager | {"PYTHONPATH": ":".join(paths)},
                # Ctrl-C is for the workbench, which then stops the daemon properly
                start_new_session=True,
            )
        deadline = time.monotonic() + timeout
        while self.running and time.monotonic() < deadline:
            if self._manager.ready.wait(0.1):
                return
        status = self._process.poll()
        what = "did not become ready" if status is None else f"ended with status {status}"
        self.kill()
        raise NotReady(f"the daemon {what}; its log ends:\n{self.tail(15)}")

    def stop(self) -> None:
        """SIGTERM, then wait; SIGKILL after `STOP_S`."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """Stop it for the last time."""
        self.stop()
        self._manager.close()

    def tail(self, lines: int) -> str:
        """The end of the log."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 65536))
            text = log.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def _end(self, number: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdin is not None
        process.stdin.close()
        self._process = None


class _ServiceManager:
    """Listens at *path* to what the daemon tells its service manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ready = threading.Event()
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._thread = threading.Thread(target=self._run, name="service manager", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ourselves:
            ourselves.sendto(b"CLOSE=1", str(self.path))
        self._thread.join()
        self._socket.close()
        self.path.unlink()

    def _run(self) -> None:
        while (message := self._socket.recv(4096)) != b"CLOSE=1":
            if b"READY=1" in message.split(b"\n"):
                self.ready.set()
