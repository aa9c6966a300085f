"""Rows out of the raw pages of a database whose tables SQLite cannot read any more.

The formats are those of https://www.sqlite.org/fileformat2.html, §1.6 (pages), §2.1 (records)
and §4 (the log). What makes no sense is left out; what is read may be an older state of a row.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

PAGE = 4096
"""Bytes of a page in every store."""

_INTERIOR_INDEX, _LEAF_INDEX, _LEAF_TABLE = 0x02, 0x0A, 0x0D
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_LARGEST = 1 << 20
"""Bytes of a row beyond which it is no row of ours."""


class Row(NamedTuple):
    """One row."""

    rowid: int | None
    """None: of a table without rowids."""
    values: tuple[Any, ...]


def rows(path: Path) -> Iterator[Row]:
    """Every row of every page of the database at *path*, as its log has it."""
    with ExitStack() as stack:
        file = stack.enter_context(path.open("rb"))
        size = path.stat().st_size
        data = (
            stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            if size
            else b""
        )
        log = _log(path.with_name(path.name + "-wal"))
        count = max(size // PAGE, *log, 0) if log else size // PAGE

        def page(number: int) -> bytes:
            return log.get(number) or data[(number - 1) * PAGE : number * PAGE]

        for number in range(1, count + 1):
            yield from _rows_of(page, number)


def _log(path: Path) -> dict[int, bytes]:
    """Pages that the write-ahead log has in place of the file's, up to its last commit."""
    pages: dict[int, bytes] = {}
    try:
        raw = path.read_bytes()
    except OSError:
        return pages
    if len(raw) < 32 or raw[:4] not in (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83"):
        return pages
    order, salts = ">" if raw[3] & 1 else "<", raw[16:24]
    sums = _checksum(order, raw[:24], (0, 0))
    fresh: dict[int, bytes] = {}
    for at in range(32, len(raw) - PAGE - 23, PAGE + 24):
        header, content = raw[at : at + 24], raw[at + 24 : at + 24 + PAGE]
        number, commit = struct.unpack(">II", header[:8])
        if header[8:16] != salts:
            break
        sums = _checksum(order, content, _checksum(order, header[:8], sums))
        if struct.pack(">II", *sums) != header[16:24]:
            break
        fresh[number] = content
        if commit:
            pages |= fresh
            fresh = {}
    return pages


def _checksum(order: str, data: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    one, two = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for first, second in zip(words[::2], words[1::2], strict=True):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two


def _rows_of(page: Any, number: int) -> Iterator[Row]:
    content = page(number)
    if len(content) != PAGE:
        return
    start = 100 if number == 1 else 0
    kind = content[start]
    if kind not in (_INTERIOR_INDEX, _LEAF_INDEX, _LEAF_TABLE):
        return
    header = start + (12 if kind == _INTERIOR_INDEX else 8)
    [cells] = struct.unpack_from(">H", content, start + 3)
    for index in range(min(cells, (PAGE - header) // 2)):
        [at] = struct.unpack_from(">H", content, header + 2 * index)
        try:
            yield _cell(page, content, kind, at)
        except (IndexError, ValueError, struct.error):
            continue  # this cell only


def _cell(page: Any, content: bytes, kind: int, at: int) -> Row:
    if kind == _INTERIOR_INDEX:
        at += 4
    size, at = _varint(content, at)
    rowid = None
    if kind == _LEAF_TABLE:
        rowid, at = _varint(content, at)
        most = PAGE - 35
    else:
        most = (PAGE - 12) * 64 // 255 - 23
    if not 2 <= size <= _LARGEST:
        raise ValueError("no row")
    if size <= most:
        payload = content[at : at + size]
    else:
        least = (PAGE - 12) * 32 // 255 - 23
        here = least + (size - least) % (PAGE - 4)
        here = here if here <= most else least
        payload = content[at : at + here]
        [following] = struct.unpack_from(">I", content, at + here)
        while following and len(payload) < size:
            overflow = page(following)
            payload += overflow[4:]
            [following] = struct.unpack_from(">I", overflow)
        payload = payload[:size]
    if len(payload) != size:
        raise ValueError("cut off")
    return Row(rowid, _record(payload))


def _record(payload: bytes) -> tuple[Any, ...]:
    length, at = _varint(payload, 0)
    body, values = length, []
    while at < length:
        kind, at = _varint(payload, at)
        value, body = _value(payload, kind, body)
        values.append(value)
    if at != length or body != len(payload):
        raise ValueError("no record")
    return tuple(values)


def _value(payload: bytes, kind: int, at: int) -> tuple[Any, int]:
    if kind == 0:
        return None, at
    if kind in _INTEGERS:
        end = at + _INTEGERS[kind]
        return int.from_bytes(payload[at:end], "big", signed=True), end
    if kind == 7:
        return struct.unpack_from(">d", payload, at)[0], at + 8
    if kind in (8, 9):
        return kind - 8, at
    if kind < 12:
        raise ValueError("reserved")
    end = at + (kind - 12) // 2
    if end > len(payload):
        raise ValueError("cut off")
    raw = payload[at:end]
    return raw if kind % 2 == 0 else raw.decode("utf-8", "replace"), end


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(8):
        byte = data[at + index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + index + 1
    return value << 8 | data[at + 8], at + 9
