"""Slip printers: obey ESC/POS, and show on the bench what they have printed."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from hw_mocks.devices import Stand
from hw_mocks.devices.serial import OnItsLine

WORDS = {"slip_printer": frozenset({"set", "printed", "unplug", "plug"})}

_LENGTHS = {
    b"\x1b\x40": 2, b"\x1b\x45": 3, b"\x1b\x61": 3, b"\x1b\x64": 3, b"\x1c\x26": 2,
    b"\x1c\x2e": 2, b"\x1c\x21": 3, b"\x1c\x57": 3, b"\x1d\x21": 3, b"\x1d\x61": 3, b"\x1d\x56": 3,
}  # fmt: skip
"""Bytes of a command, its parameters with it."""
_QR, _PICTURE, _STATUS, _CUT = b"\x1d\x28\x6b", b"\x1d\x76\x30", b"\x10\x04", b"\x1d\x56"

Paper = Literal["enough", "low", "out"]


class Paper58:
    """What comes out of the printer: whole slips, each as the text that stands on it.

    A QR code is ``[its text]``, a picture ``[picture]``; what is twice as large is in ``«»``.
    """

    def __init__(self) -> None:
        self.slips: list[str] = []
        self.unknown = b""
        """What it took for a command that it does not know."""
        self._rest = b""
        self._text = bytearray()
        self._code = ""
        self._large = False

    def feed(self, data: bytes) -> None:
        """Obey *data*."""
        self._rest += data
        while self._rest and (length := self._obey(self._rest)):
            self._rest = self._rest[length:]

    def _obey(self, rest: bytes) -> int:
        """Obey the first command; how long it was, 0 when it is not complete."""
        if rest[0] not in b"\x10\x1b\x1c\x1d":
            self._text += rest[:1]
            return 1
        for start in (_QR, _PICTURE):
            if start.startswith(rest[: len(start)]):
                return self._long(rest)
        length = _LENGTHS.get(rest[:2], 0)
        if len(rest) < max(2, length):
            return 0
        if not length:
            self.unknown += rest[:2]
            return 2
        if rest[:2] == b"\x1d\x21" and bool(rest[2]) != self._large:
            self._large = not self._large
            self._text += ("«" if self._large else "»").encode("gb18030")
        if rest[:2] == _CUT:
            self.slips.append(self._text.decode("gb18030", "replace").strip())
            self._text.clear()
        return length

    def _long(self, rest: bytes) -> int:
        if len(rest) < 8:
            return 0
        if rest.startswith(_PICTURE):
            across, down = (int.from_bytes(rest[at : at + 2], "little") for at in (4, 6))
            whole = 8 + across * down
            if len(rest) >= whole:
                self._text += b"[picture]"
            return whole if len(rest) >= whole else 0
        whole = 5 + int.from_bytes(rest[3:5], "little")
        if len(rest) < whole:
            return 0
        function = rest[6:7]
        if function == b"\x50":
            self._code = rest[8:whole].decode()
        if function == b"\x51":
            self._text += f"[{self._code}]".encode("gb18030")
        return whole


class MockPrinter(OnItsLine):
    """A printer on a pseudo-terminal. What it cannot print now waits in it, as in a real one."""

    def __init__(self, link: Path) -> None:
        super().__init__(link)
        self.answers = True
        self.late = False
        """It answers the question before."""
        self.paper: Paper = "enough"
        self.cover_open = False
        self.ends_after: int | None = None
        """Slips until the roll ends."""
        self.asked = 0
        """How often it was asked."""
        self._before: int | None = None
        self._printed = Paper58()
        self._held = b""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"mock {link.name}")
        self._thread.start()

    @property
    def slips(self) -> list[str]:
        """What lies before it, the oldest first."""
        return list(self._printed.slips)

    def state(self) -> Mapping[str, Any]:
        slip = self.slips[-1] if self.slips else ""
        return {"slip": slip, "paper": self.paper, "cover": "open" if self.cover_open else "shut"}

    def set(self, values: Mapping[str, Any]) -> None:
        allowed = {"paper": ("enough", "low", "out"), "cover": ("open", "shut")}
        for key, value in values.items():
            if value not in allowed.get(key, ()):
                raise ValueError(f"paper: enough, low, out; cover: open, shut; got {key} = {value}")
        self.paper = values.get("paper", self.paper)
        if "cover" in values:
            self.cover_open = values["cover"] == "open"

    def status(self, question: int) -> int:
        """Its answer to question 1 to 4."""
        out, cover = self.paper == "out", self.cover_open
        bits = {
            1: 0x08 * (out or cover),
            2: 0x04 * cover | 0x20 * out,
            3: 0,
            4: 0x60 * out | 0x0C * (self.paper != "enough"),
        }
        return 0x12 | bits[question]

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self.line.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            data = self.line.receive(0.02)
            # Questions are answered at once, whatever waits to be printed
            while (at := data.find(_STATUS)) >= 0 and len(data) > at + 2:
                self._answer(data[at + 2])
                data = data[:at] + data[at + 3 :]
            self._held += data
            if self.paper != "out" and not self.cover_open and self._held:
                held, self._held = self._held, b""
                self._printed.feed(held)
                if self.ends_after is not None and len(self.slips) >= self.ends_after:
                    self.paper, self.ends_after = "out", None

    def _answer(self, question: int) -> None:
        self.asked += 1
        if not self.answers or question not in (1, 2, 3, 4):
            return
        told: int | None = self.status(question)
        told, self._before = (self._before if self.late else told), told
        if told is not None:
            self.line.send(bytes([told]))


def make(name: str, settings: Mapping[str, Any], stand: Stand) -> MockPrinter:
    """A printer with a full roll."""
    return MockPrinter(stand.folder / name)
