"""Code scanners: send what the bench holds before them, and answer commands."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from drivers.vision.pose import Frame
from hw_mocks.devices import Stand
from hw_mocks.devices.camera import MockCamera, empty_room
from hw_mocks.devices.serial import OnItsLine

WORDS = {
    "scanner_serial": frozenset({"set", "unplug", "plug"}),
    "scanner_camera": frozenset({"set", "unplug", "plug"}),
}


HELD_UP_S = 3.0
"""So long a code stays before a camera."""


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


class MockCodeCamera:
    """A camera beside the screen, before which codes are held up for three seconds."""

    def __init__(self) -> None:
        self.camera = MockCamera(hold=HELD_UP_S)
        self.plugged = True
        self._scanned = ""

    def wired(self) -> Mapping[str, Any]:
        return {"source": self.camera.url}

    def connect(self, plugged: bool) -> None:
        self.plugged = plugged
        if plugged:
            self.camera.plug()
        else:
            self.camera.unplug()

    def state(self) -> Mapping[str, Any]:
        return {"code": self._scanned}

    def set(self, values: Mapping[str, Any]) -> None:
        code = values.get("code")
        if set(values) != {"code"} or not isinstance(code, str) or not 0 < len(code) <= 500:
            raise ValueError(f"it takes code, a text of up to 500; got {dict(values)}")
        self._scanned = code
        self.camera.show(held_up(code))

    def close(self) -> None:
        self.camera.close()


def held_up(code: str) -> Frame:
    """A phone with *code* on it before the camera."""
    import segno

    rows = [list(row) for row in segno.make_qr(code, error="m").matrix_iter(1, 4)]
    size = 300 // len(rows) * len(rows)
    drawn = np.where(np.array(rows, np.uint8) == 1, 20, 235).astype(np.uint8)
    drawn = np.asarray(cv2.resize(drawn, (size, size), interpolation=cv2.INTER_NEAREST), np.uint8)
    picture = empty_room()
    picture[90 : 90 + size, 170 : 170 + size] = drawn[:, :, None]
    return picture


def make(name: str, settings: Mapping[str, Any], stand: Stand) -> MockScanner | MockCodeCamera:
    """A scanner with nothing before it."""
    if settings["type"] == "scanner_camera":
        return MockCodeCamera()
    return MockScanner(stand.folder / name)
