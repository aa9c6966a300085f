"""USB keypads and scanners that type: events as the kernel gives them, through a pipe."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from drivers.input.events import EVENT
from drivers.input.keypad import USUAL
from hw_mocks.devices import Stand

WORDS = dict.fromkeys(("scanner_usb", "keypad_usb"), frozenset({"set", "plug", "unplug"}))

_ROWS = ((2, "1234567890-="), (16, "qwertyuiop[]"), (30, "asdfghjkl;'`"), (43, "\\zxcvbnm,./"))
_CODES = {letter: first + at for first, row in _ROWS for at, letter in enumerate(row)} | {" ": 57}
_SHIFTED = dict(zip('!@#$%^&*()_+{}:"~|<>?', "1234567890-=[];'`\\,./", strict=True))
SHIFT, ENTER = 42, 28


class MockKeyboard:
    """A named pipe in place of the input device."""

    def __init__(self, path: Path, takes: str = "code") -> None:
        self.path = path
        self._end: int | None = None
        self._last: Mapping[str, Any] = {takes: ""}
        self.connect(True)

    @property
    def plugged(self) -> bool:
        return self._end is not None

    def wired(self) -> Mapping[str, Any]:
        return {"device": str(self.path)}

    def connect(self, plugged: bool) -> None:
        if plugged and self._end is None:
            os.mkfifo(self.path)
            self._end = os.open(self.path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        elif not plugged and self._end is not None:
            self.path.unlink()
            os.close(self._end)
            self._end = None

    def state(self) -> Mapping[str, Any]:
        return self._last

    def set(self, values: Mapping[str, Any]) -> None:
        match dict(values):
            case {"code": str(code)} if len(values) == 1:
                self.type(code)
            case {"key": str(key)} if len(values) == 1 and key in USUAL.values():
                place = int(next(code for code, role in USUAL.items() if role == key))
                self.send([(place, 1), (place, 0)])
            case _:
                raise ValueError(f"it takes code, a text, or key, one of five; got {dict(values)}")
        self._last = dict(values)

    def type(self, text: str) -> None:
        """Type *text* and Enter, as an American keyboard."""
        for letter in text:
            plain = _SHIFTED.get(letter, letter.lower())
            if plain not in _CODES:
                raise ValueError(f"no key types {letter!r}")
            code = _CODES[plain]
            shift = plain != letter
            if shift:
                self.send([(SHIFT, 1)])
            self.send([(code, 1), (code, 0)])
            if shift:
                self.send([(SHIFT, 0)])
        self.send([(ENTER, 1), (ENTER, 0)])

    def send(self, keys: Iterable[tuple[int, int]]) -> None:
        """Key codes and values, a report each."""
        for code, value in keys:
            self.events([(4, 4, 0x70000), (1, code, value), (0, 0, 0)])

    def events(self, events: Iterable[tuple[int, int, int]]) -> None:
        """Events as they are: type, code, value."""
        if self._end is not None:
            with contextlib.suppress(BlockingIOError):  # nobody reads it
                os.write(self._end, b"".join(EVENT.pack(0, 0, *event) for event in events))

    def close(self) -> None:
        self.connect(False)


def make(name: str, settings: Mapping[str, Any], stand: Stand) -> MockKeyboard:
    """A keyboard at which nobody types."""
    return MockKeyboard(stand.folder / name, "key" if settings["type"] == "keypad_usb" else "code")
