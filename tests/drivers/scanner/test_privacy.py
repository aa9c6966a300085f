"""No picture leaves the process of a camera that reads codes: as `tests.drivers.test_privacy`."""

from __future__ import annotations

import string
import struct
import sys
from pathlib import Path

import cv2
import msgspec
import numpy as np

from agent.contract.signals import Looking, Scanned
from agent.core.child import Start, Trouble, _messages
from drivers.scanner.camera import ScannerCamera
from tests.drivers.scanner.pictures import View, seen
from tests.drivers.test_privacy import AS_ROOT, USER_MAP, fence, observed

__all__ = ["fence"]


def test_nothing_but_the_code(tmp_path: Path) -> None:
    """Somebody holds up a code: its text is told and, but for a line of the log without it, not
    one byte is written elsewhere."""
    clip, random = tmp_path / "clip.avi", np.random.default_rng(0)
    film = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), 12, (640, 480))
    for _ in range(36):
        film.write(cv2.cvtColor(seen("BXJ1:AB23", View(), random), cv2.COLOR_GRAY2BGR))
    film.release()
    start = Start("scanner_camera", "gate", {"source": str(clip)}, "/nowhere", str(tmp_path / "c"))
    order = msgspec.msgpack.encode(start)
    message = struct.pack("<I", len(order)) + order
    books = observed(tmp_path / "c", [sys.executable, "-m", "agent.core.child"], message)
    told, rest = [], books.told
    while rest:
        (length,) = struct.unpack_from("<I", rest)
        decoded = msgspec.msgpack.decode(rest[4 : 4 + length], type=_messages(ScannerCamera.emits))
        assert len(msgspec.msgpack.encode(decoded)) == length
        told.append(decoded)
        rest = rest[4 + length :]
    assert sorted(type(one).__name__ for one in told) == ["Looking", "Scanned", "Trouble"]
    assert [one.text for one in told if isinstance(one, Scanned)] == ["BXJ1:AB23"]
    assert {type(one) for one in told} == {Looking, Scanned, Trouble}
    assert books.elsewhere <= (USER_MAP if AS_ROOT else 0)
    assert books.packets == 0 and not books.held and not books.files
    assert "AB23" not in books.logged.decode()
    assert len(books.logged) < 2_000 and set(books.logged.decode()) <= set(string.printable)
