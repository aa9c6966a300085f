"""What ESC/POS printers are sent, and what they say of themselves.

Sources: Epson's command reference, the manual of Bixolon's SRP-350, python-escpos 3.1. Text goes
out as GB18030 and raw: what its characters of four bytes would need, cheap printers do not have.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Literal

from agent.contract.orders import Print

Code = Literal["command", "picture", "none"]
Question = Literal[1, 2, 3, 4]

INIT = b"\x1b\x40" + b"\x1c\x26" + b"\x1d\x61\x00"
"""As it was when it was switched on; Chinese on, which the first command may end; no status
that nobody asked for."""
_CENTRE, _LEFT = b"\x1b\x61\x01", b"\x1b\x61\x00"
_BOLD, _THIN = b"\x1b\x45\x01", b"\x1b\x45\x00"
_LARGE, _PLAIN = b"\x1d\x21\x11\x1c\x21\x0c", b"\x1d\x21\x00\x1c\x21\x00"
"""Twice as wide and high: of ASCII, and of Chinese by itself."""
_FEED = b"\x1b\x64\x06"
_CUT = b"\x1d\x56\x00"
_UNKNOWN = "□"
_MODEL_2 = b"\x1d\x28\x6b\x04\x00\x31\x41\x32\x00"
_DOTS = b"\x1d\x28\x6b\x03\x00\x31\x43"
"""Of a module: one byte more."""
_LEVEL_M = b"\x1d\x28\x6b\x03\x00\x31\x45\x31"
_PRINT_CODE = b"\x1d\x28\x6b\x03\x00\x31\x51\x30"


def slip(order: Print, columns: int, *, code: Code, cutter: bool) -> bytes:
    """All bytes of one slip.

    Args:
        order: what stands on it.
        columns: letters on one line; a Chinese character is as wide as two.
        code: how its QR code is sent.
        cutter: whether there is one; without it the slip is torn off.
    """
    parts = [INIT, _CENTRE]
    parts += [_BOLD, *_paragraph(order.title, columns), _THIN]
    if order.large:
        parts += [_LARGE, *_paragraph(order.large, columns // 2), _PLAIN]
    parts.append(_LEFT)
    for line in order.lines:
        parts += _paragraph(line, columns)
    held = _printable(order.code)
    dots = 0 if code == "none" else _dots(held, columns)
    if dots:
        drawn = code_of(held, dots) if code == "command" else picture_of(held, dots)
        parts += [_CENTRE, drawn, b"\n", _LEFT]
    return b"".join([*parts, _FEED, *([_CUT] if cutter else [])])


def encoded(text: str) -> bytes:
    """*text* as it is printed: no control characters, and □ for what a printer may not have."""
    return b"".join(map(_character, _printable(text)))


def _printable(text: str) -> str:
    """*text* without what could be a command, or turns the line around. A printer obeys some
    commands wherever they stand: in the middle of a code, ``10 14 02`` switches it off."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(one for one in composed if unicodedata.category(one)[0] != "C")


def wrapped(text: str, columns: int) -> Iterator[str]:
    """*text* in lines of so many columns at the most; at least one line."""
    line, wide = "", 0
    for one in text:
        width = len(encoded(one))
        if line and wide + width > columns:
            yield line
            line, wide = "", 0
        line, wide = line + one, wide + width
    yield line


_LETTER = 12
"""Dots across."""
_BORDER = 4
"""Modules around a code."""


def _dots(text: str, columns: int) -> int:
    """Of a module of the code of *text*, so that it fits on the paper; 0: it does not, or there
    is none. With fewer than three a phone does not read it."""
    import segno

    if not text:
        return 0
    across, _ = segno.make_qr(text, error="m").symbol_size(scale=1, border=_BORDER)
    dots = min(6, columns * _LETTER // int(across))
    return dots if dots >= 3 else 0


def code_of(text: str, dots: int = 6) -> bytes:
    """The printer's own QR code of *text*: model 2, so many *dots* a module, level M."""
    data = text.encode()
    stored = (len(data) + 3).to_bytes(2, "little")
    return b"".join(
        [
            _MODEL_2,
            _DOTS,
            bytes([dots]),
            _LEVEL_M,
            b"\x1d\x28\x6b",
            stored,
            b"\x31\x50\x30",
            data,
            _PRINT_CODE,
        ]
    )


def picture_of(text: str, dots: int = 6) -> bytes:
    """The QR code of *text* as a picture, for printers that would print the command as text."""
    import segno

    rows = [bytes(row) for row in segno.make_qr(text, error="m").matrix_iter(dots, _BORDER)]
    across = (len(rows[0]) + 7) // 8
    drawn = b"".join(
        int("".join("01"[dot] for dot in row).ljust(8 * across, "0"), 2).to_bytes(across, "big")
        for row in rows
    )
    size = across.to_bytes(2, "little") + len(rows).to_bytes(2, "little")
    return b"\x1d\x76\x30\x00" + size + drawn


def _paragraph(text: str, columns: int) -> Iterator[bytes]:
    for line in wrapped(text, columns) if text else ():
        yield encoded(line) + b"\n"


def _character(one: str) -> bytes:
    try:
        written = one.encode("gb18030")
    except UnicodeEncodeError:
        return _UNKNOWN.encode("gb18030")
    return written if len(written) <= 2 else _UNKNOWN.encode("gb18030")


# -- what it says ---------------------------------------------------------------------------


def asking(question: Question) -> bytes:
    """What a printer is asked with: 1 itself, 2 why it is offline, 3 its errors, 4 its paper."""
    return bytes([0x10, 0x04, question])


def is_status(byte: int) -> bool:
    """Whether it can be an answer: four bits are always the same."""
    return byte & 0x93 == 0x12


_TROUBLES: dict[Question, tuple[tuple[int, str], ...]] = {
    4: ((0x60, "is out of paper; put a new roll in"),),
    2: (
        (0x04, "has its cover open; close it until it clicks"),
        (0x20, "has stopped at the end of the paper; put a new roll in"),
    ),
    3: (
        (0x08, "has a jammed cutter; open the cover, take the paper out, close it"),
        (0x20, "has an error that does not go by itself; switch it off and on"),
        (0x40, "is too hot or has its cover open; it goes on by itself"),
    ),
    1: ((0x08, "is offline; look at its lamps, switch it off and on"),),
}
ORDER: tuple[Question, ...] = (4, 2, 3, 1)
"""In which it is asked: first what says best what is wrong."""


def trouble(question: Question, status: int) -> str:
    """What *status*, its answer to *question*, says is wrong; empty: nothing."""
    return next((words for bits, words in _TROUBLES[question] if status & bits), "")


def nearly_out(status: int) -> bool:
    """Whether its answer to question 4 says that the roll is near its end. Many cannot see it."""
    return bool(status & 0x0C)
