"""What serial code scanners of the GM65 family send: codes, and answers to commands.

A code comes bare, with a tail or without one, or behind ``03 | length, 2 bytes``. A command is
``7E 00 | type | length | zone, 2 bytes | data | CRC``, its answer ``02 00 | status | length | data
| CRC``, 7 bytes for all that are sent here; it may come glued to a code. (GM65 manual, pages 31
to 33.)
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from agent.contract.signals import hidden

UNCHECKED = b"\xab\xcd"
"""In place of a CRC: the scanner does not check it."""
SETUP_OFF = b"\x7e\x00\x08\x01\x00\x03\x02" + UNCHECKED
"""Take no more orders from printed codes: one of these could reset the scanner."""
HEARTBEAT = b"\x7e\x00\x0a\x01\x00\x00\x00\x30\x1a"
ALIVE = b"\x03\x00\x00\x01\x00\x33\x31"
"""The answer to a heartbeat."""
DONE = b"\x02\x00\x00\x01\x00\x33\x31"
"""The answer to a command that was carried out."""
_GM72 = (b"\x04\xd0\x00\x00\xff\x2c", b"\x05\xd1\x00\x00\x06\xff\x24")
"""What scanners with the other dialect answer (GM72 manual, page 27): done, and refused."""
_MOST_DATA = 16
"""Bytes that an answer carries: of a zone, two."""
_ANSWERS = (DONE, ALIVE, *_GM72)
_LONGEST_ANSWER = max(map(len, _ANSWERS))

LONGEST = 256
"""Characters of a code; longer ones are refused: no resident's code is as long."""
_MOST = 1024
"""Bytes that are kept while a code is not at its end."""
_DENSEST = 7089
"""Characters of the largest QR code: what begins like a length and says more is none."""
_NOISE = 8
"""Bytes that are no text are a code's from here on; fewer are noise, or a piece of an answer."""
_TAILS = b"\r\n\t"
_ECI = "\\000026"
"""Put before a code in UTF-8 by scanners with an output prefix."""
_SYMBOLOGIES = {"A": "CODE39", "C": "CODE128", "E": "EAN13", "Q": "QR", "d": "DATAMATRIX"}
"""AIM identifiers."""


class Code(NamedTuple):
    """A code as it was held before the scanner."""

    text: str
    symbology: str = ""


Refusal = Literal["too_long", "no_text"]
"""Why what was held before the scanner is passed on to nobody."""
Found = Code | Refusal


class ScannerParser:
    """Bytes in pieces of any size in, codes out; never raises and keeps a kilobyte at most.

    A code that is refused is told as such, once and to its end: what comes after it is another.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._skips: int | Literal["tail", ""] = ""
        """What of a code that is too long is still to come: so many bytes, or all up to a tail."""
        self.answers = 0
        """Answers to commands so far."""

    @property
    def pending(self) -> bool:
        """Whether a code has begun."""
        return bool(self._rest or self._skips)

    def feed(self, data: bytes) -> list[Found]:
        """What is completed by *data*, oldest first."""
        self._rest += data
        found: list[Found] = []
        while (step := self._next()) is not None:
            found += step
        if len(self._rest) > 3 + _MOST:
            self._rest, self._skips = b"", "tail"
            found.append("too_long")
        return found

    def silence(self) -> list[Found]:
        """Nothing has come for a while: what there is, is a whole code without a tail."""
        raw = b"" if self._skips else self._rest
        self._rest, self._skips = b"", ""
        return self._code(raw) if raw else []

    def _next(self) -> list[Found] | None:
        """What the next whole piece holds; None when there is none."""
        rest = self._rest
        if self._skips:
            return self._skip(rest)
        for answer in _ANSWERS:
            if rest.startswith(answer):
                self._rest = rest[len(answer) :]
                self.answers += 1
                return []
        if any(answer.startswith(rest) for answer in _ANSWERS) or _answering(rest) is None:
            return None  # the beginning of an answer, or nothing at all
        if length := _answering(rest):
            self._rest = rest[length:]
            self.answers += 1
            return []
        if rest[:1] == b"\x03" and len(rest) < 3:
            return None
        length = int.from_bytes(rest[1:3], "big") if rest[:1] == b"\x03" else _DENSEST + 1
        if _MOST < length <= _DENSEST:
            self._rest, self._skips = rest[3:], length
            return ["too_long"]
        if length <= _MOST:
            if len(rest) < 3 + length:
                return None
            raw, self._rest = rest[3 : 3 + length], rest[3 + length :]
            return self._code(raw.strip(_TAILS))
        end, after = _end(rest)
        if end < 0:
            return None
        raw, self._rest = rest[:end], rest[after:]
        return self._code(raw) if raw else []

    def _skip(self, rest: bytes) -> list[Found] | None:
        """Go on in a code that is too long."""
        if isinstance(self._skips, int):
            self._rest, left = rest[self._skips :], self._skips - len(rest)
            self._skips = left if left > 0 else ""
        else:
            end, after = _end(rest)
            self._rest = rest[after:] if end >= 0 else rest[-_LONGEST_ANSWER:]
            self._skips = "tail" if end < 0 else ""
        return None if self._skips else []

    def _code(self, raw: bytes) -> list[Found]:
        text = _text(raw)
        symbology = ""
        if len(text) > 3 and text[0] == "]" and text[1] in _SYMBOLOGIES:
            symbology, text = _SYMBOLOGIES[text[1]], text[3:]
        found = bounded(text.removeprefix(_ECI), symbology)
        if found == "no_text" and (len(raw) < _NOISE or not raw.strip()):
            return []
        return [found]


def bounded(text: str | bytes, symbology: str) -> Found:
    """The code with this *text*; no text where that is empty or not to be printed."""
    text = (text if isinstance(text, str) else _text(text)).strip()
    if not text or hidden(text):
        return "no_text"
    return Code(text, symbology) if len(text) <= LONGEST else "too_long"


def _end(rest: bytes) -> tuple[int, int]:
    """Where the code ends that *rest* begins with, and where what comes after it begins; -1: not
    known yet. An answer behind it ends it too: that of a heartbeat comes whenever it likes."""
    tails = ((at, at + 1) for tail in _TAILS if (at := rest.find(tail)) >= 0)
    answers = ((at, at) for answer in _ANSWERS if (at := rest.find(answer)) >= 0)
    return min((*tails, *answers), default=(-1, -1))


def _answering(rest: bytes) -> int | None:
    """Length of the answer with data that *rest* begins with; 0 for none, None where that is not
    known yet."""
    if rest[:2] != b"\x02\x00":
        return 0
    if len(rest) < 4:
        return None
    whole = 6 + rest[3]
    if rest[3] > _MOST_DATA:
        return 0
    if len(rest) < whole:
        return None
    return whole if crc(rest[1:whole]) == 0 else 0


def crc(data: bytes) -> int:
    """CRC-16/XMODEM, as commands and answers carry it."""
    check = 0
    for byte in data:
        check ^= byte << 8
        for _ in range(8):
            check = (check << 1 ^ (0x1021 if check & 0x8000 else 0)) & 0xFFFF
    return check


def _text(raw: bytes) -> str:
    """*raw* as text: UTF-8, else GB18030, which scanners use for Chinese; empty when it is none."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return ""
