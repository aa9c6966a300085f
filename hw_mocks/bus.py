"""A bus with many devices: each hears every request, and answers those that are for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from hw_mocks.serial_lines import MockSerialLine

Answers = Callable[[bytes], bytes | None]
"""Given one request, what a device puts on the wire; None: it is for another."""

PAUSE_S = 0.03
"""Silence after which a request is whole."""


class MockBus:
    """A pseudo-terminal at *link*; devices are attached and detached by name."""

    def __init__(self, link: Path) -> None:
        self.line = MockSerialLine(link)
        self.echoes = False
        """Whether the adapter gives back what was sent, as some for RS-485 do."""
        self.asked: list[bytes] = []
        """All requests so far."""
        self._devices: dict[str, Answers] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"mock {link.name}")
        self._thread.start()

    def attach(self, name: str, answers: Answers) -> None:
        """Put a device on the bus."""
        self._devices[name] = answers

    def detach(self, name: str) -> None:
        """Take it off."""
        self._devices.pop(name, None)

    def has(self, name: str) -> bool:
        """Whether it is on the bus."""
        return name in self._devices

    def _run(self) -> None:
        request, last = b"", 0.0
        while not self._stop.is_set():
            received = self.line.receive(0.01)
            now = time.monotonic()
            if received:
                request, last = request + received, now
            elif request and now - last >= PAUSE_S:
                self._answer(request)
                request = b""

    def _answer(self, request: bytes) -> None:
        self.asked.append(request)
        if self.echoes:
            self.line.send(request)
        for answers in tuple(self._devices.values()):
            answer = answers(request)
            if answer is not None:
                self.line.send(answer)

    def close(self) -> None:
        """End it."""
        self._stop.set()
        self._thread.join()
        self.line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
