"""Code scanners: send what the bench holds before them, and answer commands."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hw_mocks.devices import Stand
from hw_mocks.devices.serial import OnItsLine

WORDS = {"scanner_serial": frozenset({"set", "unplug", "plug"})}


class MockScanner(OnItsLine):
    """A GM65 on a pseudo-terminal."""

    def __init__(self, link: Path) -> None:
        super().__init__(link)
        self.answers = True
        self.scanned: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"mock {link.name}")
        self._thread.start()

    def state(self) -> Mapping[str, Any]:
        return {"code": self.scanned[-1] if self.scanned else ""}

    def set(self, values: Mapping[str, Any]) -> None:
        code = values.get("code")
        if set(values) != {"code"} or not isinstance(code, str):
            raise ValueError(f"a scanner takes code, a text; got {dict(values)}")
        self.scan(code)

    def scan(self, code: str, tail: str = "\r") -> None:
        """Hold a code before it."""
        self.scanned.append(code)
        self.line.send((code + tail).encode())

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self.line.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            received = self.line.receive(0.05)
            if not self.answers or not received.startswith(b"\x7e\x00"):
                continue
            head = b"\x03" if received[2] == 0x0A else b"\x02"
            self.line.send(head + b"\x00\x00\x01\x00\x33\x31")


def make(name: str, settings: Mapping[str, Any], stand: Stand) -> MockScanner:
    """A scanner with nothing before it."""
    return MockScanner(stand.folder / name)
