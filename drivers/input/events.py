"""What the kernel tells of keys, and what a scanner that types means by them.

An event is `struct input_event` of <linux/input.h>: time, type, code, value. Codes name places on
an American keyboard; whoever wants characters lays its layout over them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Literal, NamedTuple

from drivers.scanner.frames import LONGEST, Code, Found, Refusal

EVENT = struct.Struct("llHHi")
EV_SYN, EV_KEY = 0, 1
SYN_REPORT, SYN_DROPPED = 0, 3
UP, DOWN = 0, 1
"""Values of a key; 2 is one that is held and repeats."""

ENTER, TAB, KP_ENTER, NUM_LOCK, CAPS_LOCK, KEY_J = 28, 15, 96, 69, 58, 36
SHIFTS, CONTROLS, ALTS = frozenset({42, 54}), frozenset({29, 97}), frozenset({56, 100})
_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
)
_CHARACTERS = {
    first + at: pair
    for first, plain, shifted in _ROWS
    for at, pair in enumerate(zip(plain, shifted, strict=True))
}
_KEYPAD = dict(zip(range(71, 84), "789-456+1230.", strict=True)) | {55: "*", 98: "/"}


class Event(NamedTuple):
    """One event, without its time: that of its arrival counts."""

    kind: int
    code: int
    value: int


class EventParser:
    """Bytes in pieces of any size in, events out; keeps less than one event."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Event]:
        """The events completed by *data*, oldest first."""
        buffer = self._rest + data
        whole = len(buffer) - len(buffer) % EVENT.size
        self._rest = buffer[whole:]
        for _, _, kind, code, value in EVENT.iter_unpack(buffer[:whole]):
            yield Event(kind, code, value)


class Typing:
    """Keys in, codes out: what a scanner types up to Enter or Tab, or until it rests.

    Only characters that can be printed make a code; one with a control key, a function key or
    an arrow in it was made to press these, and is refused as a whole. Never raises, and keeps
    `LONGEST` characters at most.
    """

    def __init__(self) -> None:
        self._capitals = False
        self._forget()
        self._held: set[int] = set()
        self._deaf = False

    def _forget(self) -> None:
        self._text = ""
        self._spoiled: Refusal | Literal[""] = ""
        self._decimal = ""

    @property
    def pending(self) -> bool:
        """Whether a code has begun."""
        return bool(self._text or self._spoiled)

    def feed(self, event: Event) -> Found | None:
        """The code that *event* completes, or why it is none."""
        match event:
            case Event(kind=0, code=code):
                if code == SYN_DROPPED:  # events were lost: what is here is no code
                    lost = self.pending
                    self._forget()
                    self._held.clear()
                    self._deaf = True
                    return "no_text" if lost else None
                elif code == SYN_REPORT:
                    self._deaf = False
            case Event(kind=1, code=code, value=0) if not self._deaf:
                self._released(code)
            case Event(kind=1, code=code, value=1) if not self._deaf:
                return self._pressed(code)
        return None

    def silence(self) -> Found | None:
        """Nothing was typed for a while: what there is, is a whole code without a tail."""
        self._decimal = ""
        return self._end()

    def _pressed(self, code: int) -> Found | None:
        self._held.add(code)
        if code in SHIFTS | CONTROLS | ALTS or code == NUM_LOCK:
            return None
        if code == CAPS_LOCK:
            self._capitals = not self._capitals
        elif self._held & ALTS:
            if code in _KEYPAD and _KEYPAD[code].isdigit():
                self._decimal = (self._decimal + _KEYPAD[code])[-4:]
            else:
                self._spoiled = "no_text"
        elif code in (ENTER, KP_ENTER, TAB) or (code == KEY_J and self._held & CONTROLS):
            return self._end()
        elif code in _KEYPAD and not self._held & CONTROLS:
            self._add(_KEYPAD[code])
        elif code in _CHARACTERS and not self._held & CONTROLS:
            plain, shifted = _CHARACTERS[code]
            self._add(shifted if self._shifted(plain) else plain)
        else:
            self._spoiled = "no_text"
        return None

    def _released(self, code: int) -> None:
        self._held.discard(code)
        if code in ALTS and self._decimal:
            number, self._decimal = int(self._decimal), ""
            if 0x20 <= number < 0x7F:
                self._add(chr(number))
            else:
                self._spoiled = "no_text"

    def _shifted(self, plain: str) -> bool:
        return bool(self._held & SHIFTS) != (self._capitals and plain.isalpha())

    def _add(self, character: str) -> None:
        if len(self._text) < LONGEST:
            self._text += character
        else:
            self._spoiled = self._spoiled or "too_long"

    def _end(self) -> Found | None:
        text, spoiled = self._text.strip(), self._spoiled
        self._forget()
        return spoiled or (Code(text) if text else None)
