"""A file system that crashes, under SQLite: what was not synced is dropped, torn, reordered.

SQLite's own table of file methods is replaced, in this process, by one that writes down every
write, truncation and sync before it is done. From that list, the files can be made as a power
cut at any point may have left them: what was synced is there; of what was not, any part may be,
in any order, and each write may be torn at a sector.
"""

from __future__ import annotations

import ctypes
import random
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p, cast
from ctypes.util import find_library
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

_SECTOR = 512
_FULL = 13
"""SQLITE_FULL."""

_OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_DELETE = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
_WRITE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_TRUNCATE = CFUNCTYPE(c_int, c_void_p, c_int64)
_SYNC = CFUNCTYPE(c_int, c_void_p, c_int)


class _Vfs(Structure):
    _fields_ = (
        ("iVersion", c_int),
        ("szOsFile", c_int),
        ("mxPathname", c_int),
        ("pNext", c_void_p),
        ("zName", c_char_p),
        ("pAppData", c_void_p),
        ("xOpen", _OPEN),
        ("xDelete", _DELETE),
        ("rest", c_void_p * 16),
    )


class _Methods(Structure):
    _fields_ = (
        ("iVersion", c_int),
        ("xClose", c_void_p),
        ("xRead", c_void_p),
        ("xWrite", _WRITE),
        ("xTruncate", _TRUNCATE),
        ("xSync", _SYNC),
        ("rest", c_void_p * 13),
    )


class Step(NamedTuple):
    """Something that was done to a file."""

    file: str
    """Its name without the folder."""
    verb: str
    """``write``, ``truncate``, ``sync`` or ``delete``."""
    at: int = 0
    """Where; for a truncation the new size."""
    data: bytes = b""


class Recorder:
    """All that SQLite does to files in one folder; and how often it may, before it fails."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.fails: dict[int, int] = {}
        """By number of the step: the code of SQLite with which it fails."""
        self.full = False
        """No file may grow any more."""

    def note(self, step: Step) -> int:
        """Write *step* down; returns 0, or the code with which it fails."""
        self.steps.append(step)
        return self.fails.get(len(self.steps) - 1, 0)


R = TypeVar("R", bound=Recorder)


@contextmanager
def recording(folder: Path, by: type[R]) -> Iterator[R]:
    """Note by a recorder what SQLite does in *folder*, in this process, for the block."""
    library = ctypes.CDLL(find_library("sqlite3") or "libsqlite3.so.0")
    library.sqlite3_vfs_find.restype = POINTER(_Vfs)
    library.sqlite3_vfs_find.argtypes = [c_char_p]
    library.sqlite3_vfs_register.argtypes = [c_void_p, c_int]
    library.sqlite3_vfs_unregister.argtypes = [c_void_p]
    real = library.sqlite3_vfs_find(None)
    recorder = by()
    names: dict[int, str] = {}
    patched: dict[int, tuple[_Methods, Any]] = {}

    def within(path: bytes | None) -> str:
        text = (path or b"").decode()
        return Path(text).name if text.startswith(f"{folder}/") else ""

    def open_file(vfs: int, path: int | None, file: int, flags: int, out: int) -> int:
        # As a pointer: SQLite goes on using the name where it lies.
        result: int = real.contents.xOpen(vfs, path, file, flags, out)
        name = within(ctypes.string_at(path) if path else None)
        table = cast(file, POINTER(c_void_p))
        if result == 0 and name and table[0]:
            names[file] = name
            address = int(table[0])
            if address not in patched:
                patched[address] = methods_over(address)
            table[0] = ctypes.addressof(patched[address][0])
        return result

    def methods_over(address: int) -> tuple[_Methods, Any]:
        inner = _Methods.from_address(address)
        ours = _Methods.from_buffer_copy(inner)

        def write(file: int, data: int, count: int, at: int) -> int:
            step = Step(names[file], "write", at, ctypes.string_at(data, count))
            if recorder.full and at + count > (folder / names[file]).stat().st_size:
                return _FULL
            return recorder.note(step) or inner.xWrite(file, data, count, at)

        def truncate(file: int, size: int) -> int:
            return recorder.note(Step(names[file], "truncate", size)) or inner.xTruncate(file, size)

        def sync(file: int, flags: int) -> int:
            return recorder.note(Step(names[file], "sync")) or inner.xSync(file, flags)

        ours.xWrite, ours.xTruncate, ours.xSync = _WRITE(write), _TRUNCATE(truncate), _SYNC(sync)
        return ours, (write, truncate, sync)

    def delete(vfs: int, path: bytes, sync: int) -> int:
        if name := within(path):
            recorder.note(Step(name, "delete"))
        result: int = real.contents.xDelete(vfs, path, sync)
        return result

    shim = _Vfs.from_buffer_copy(real.contents)
    shim.zName, shim.pNext = b"crashing", None
    shim.xOpen, shim.xDelete = _OPEN(open_file), _DELETE(delete)
    library.sqlite3_vfs_register(ctypes.addressof(shim), 1)
    try:
        yield recorder
    finally:
        library.sqlite3_vfs_register(ctypes.addressof(real.contents), 1)
        library.sqlite3_vfs_unregister(ctypes.addressof(shim))
        # Files that are still open go on using these for as long as the process lives.
        _kept.append((shim, patched, open_file, delete))


_kept: list[Any] = []


def crash(steps: list[Step], folder: Path, chance: random.Random) -> None:
    """Make the files in *folder* as a power cut behind the last of *steps* may leave them."""
    files: dict[str, bytearray] = {}
    loose: dict[str, list[Step]] = {}
    for step in steps:
        if step.verb == "sync":
            for done in loose.pop(step.file, []):
                _apply(files, done)
        elif step.verb == "delete":
            loose.pop(step.file, None)
            files.pop(step.file, None)
        else:
            files.setdefault(step.file, bytearray())
            loose.setdefault(step.file, []).append(step)
    for waiting in loose.values():
        some = [step for step in waiting if chance.random() < 0.5]
        chance.shuffle(some)
        for step in some:
            if step.verb == "write" and len(step.data) > _SECTOR and chance.random() < 0.3:
                cut = chance.randrange(0, len(step.data), _SECTOR)
                step = step._replace(data=step.data[:cut])
            _apply(files, step)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def _apply(files: dict[str, bytearray], step: Step) -> None:
    content = files[step.file]
    if step.verb == "truncate":
        del content[step.at :]
        content.extend(bytes(step.at - len(content)))
        return
    end = step.at + len(step.data)
    content.extend(bytes(max(0, end - len(content))))
    content[step.at : end] = step.data
