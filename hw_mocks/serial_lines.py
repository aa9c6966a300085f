"""Serial devices as pseudo-terminals: the daemon opens them like any port and reads the
sensor's own bytes."""

from __future__ import annotations

import contextlib
import os
import random
import select
import threading
import time
import tty
from pathlib import Path
from typing import Literal, Self

HZ = 10.0
"""How often an A02YYUW sends; a MaxBotix is near enough."""


class MockSerialLine:
    """A pseudo-terminal whose far end is found at *link*: the `port` of kiosk.toml.

    It outlives its reader: the daemon may die and open it again.
    """

    def __init__(self, link: Path) -> None:
        self.link = link
        self._ends: tuple[int, int] | None = None
        self._lock = threading.Lock()
        self.plug()

    @property
    def plugged(self) -> bool:
        return self._ends is not None

    def plug(self) -> None:
        """Put the device back; as with USB, it is a new one under the old name."""
        with self._lock:
            if self._ends is not None:
                return
            # Our own hold on the far end keeps the line alive while nobody reads it.
            near, far = self._ends = os.openpty()
            tty.setraw(far)
            os.set_blocking(near, False)
            fresh = self.link.with_name(self.link.name + ".new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(os.ttyname(far))
            fresh.replace(self.link)

    def unplug(self) -> None:
        """Pull the device out: the name is gone and a reader gets an error."""
        with self._lock:
            if self._ends is None:
                return
            self.link.unlink(missing_ok=True)
            for end in self._ends:
                os.close(end)
            self._ends = None

    def send(self, data: bytes) -> None:
        """Put bytes on the wire; lost, as on a real one, when nobody takes them."""
        with self._lock:
            if self._ends is not None:
                with contextlib.suppress(BlockingIOError):
                    os.write(self._ends[0], data)

    def receive(self, seconds: float) -> bytes:
        """What the daemon has put on the wire, within *seconds*; empty when nothing."""
        with self._lock:
            near = None if self._ends is None else self._ends[0]
        if near is None:
            time.sleep(seconds)
            return b""
        try:
            return os.read(near, 1024) if select.select([near], [], [], seconds)[0] else b""
        except OSError:  # pulled out meanwhile
            return b""

    close = unplug

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


Protocol = Literal["a02", "maxbotix-mm", "maxbotix-cm", "radar"]


def radar_frame(control: int, command: int, data: bytes) -> bytes:
    """A frame of the fall radar MR60FDA1."""
    frame = b"SY" + bytes([control, command]) + len(data).to_bytes(2, "big") + data
    return frame + bytes([sum(frame) & 0xFF]) + b"TC"


def encode(protocol: Protocol, mm: int | None) -> bytes:
    """One frame as the sensor sends it; None is what it sends when no echo comes back.

    A radar measures no distance: it sends, all the time, that nobody moves.
    """
    match protocol:
        case "a02":
            frame = bytes([0xFF]) + (mm or 0).to_bytes(2, "big")
            return frame + bytes([sum(frame) & 0xFF])
        case "maxbotix-mm":
            return b"R%04d\r" % (5000 if mm is None else mm)
        case "maxbotix-cm":
            return b"R%03d\r" % (765 if mm is None else mm // 10)
        case "radar":
            return radar_frame(0x80, 0x03, b"\x00")


class UltrasonicStream:
    """A sensor at the near end of *line*: sends its reading ten times a second until closed.

    `mm` and `fault` may be changed at any time, from any thread. Faults: ``silent`` sends
    nothing, ``garbled`` noise of the same length, ``flood`` frames as fast as they go.
    """

    def __init__(
        self, line: MockSerialLine, protocol: Protocol = "a02", mm: int | None = 1200
    ) -> None:
        self.line = line
        self.protocol: Protocol = protocol
        self.mm = mm
        self.fault: Literal["", "silent", "garbled", "flood"] = ""
        self._noise = random.Random(0)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"mock {line.link.name}")
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(0.001 if self.fault == "flood" else 1 / HZ):
            frame = encode(self.protocol, self.mm)
            match self.fault:
                case "":
                    self.line.send(frame)
                case "garbled":
                    # Without R, S and FF no chance frame can come of it
                    self.line.send(self._noise.randbytes(len(frame)).translate(_NO_STARTS))
                case "flood":
                    self.line.send(frame * 4096)

    def close(self) -> None:
        """Stop sending; the line stays plugged."""
        self._stop.set()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


_NO_STARTS = bytes.maketrans(b"RS\xff", b"rs\xfe")
