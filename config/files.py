"""The technician's files as texts, whatever they are: where they lie, what is no text."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from config.explain import Problem

LARGEST = 1 << 20
"""Bytes of one file: a hundred times what a kiosk has."""


def beside(path: Path) -> Path:
    """The folder of drop-ins of *path*: ``kiosk.d`` for ``kiosk.toml``."""
    return path.with_suffix(".d")


def with_drop_ins(path: Path) -> list[Path]:
    """The file, then the `*.toml` files of the folder beside it, in the order of their names.

    For ``kiosk.toml`` the folder is ``kiosk.d``: ``10-sub-district.toml`` comes before
    ``90-this-kiosk.toml``, and what comes later overrules.
    """
    folder = beside(path)
    try:
        return [path, *sorted(entry for entry in folder.iterdir() if entry.suffix == ".toml")]
    except OSError:
        return [path]  # `overlooked` says why


def overlooked(path: Path) -> list[Problem]:
    """What lies in the folder of drop-ins and is not read; that it cannot be listed."""
    folder = beside(path)
    try:
        entries = sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except NotADirectoryError:
        remedy = f"Make it a folder for drop-ins, or merge it into {path.name}."
        return [_problem(folder, None, "this is not a folder, so it is not read", remedy)]
    except OSError as error:
        return [_problem(folder, None, _reason(error), f"Run: sudo chmod 755 {folder}")]
    return [
        Problem(
            str(entry),
            None,
            "",
            "",
            "this is not read: its name does not end in .toml",
            f"Rename it to {entry.name.split('.')[0]}.toml, or move it away.",
            caution=True,
        )
        for entry in entries
        if entry.suffix not in (".toml", ".rejected") and not entry.name.startswith(".")
    ]


def read_text(path: Path) -> tuple[str | None, list[Problem]]:
    """The text of a file, as far as there is one, and what is wrong with it as a file.

    A pipe or device is not waited for, and a text in a known other encoding is decoded all
    the same, so that its other mistakes are found too.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return None, [_problem(path, None, _reason(error), _remedy(path, error))]
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, socket or device"
            return None, [_problem(path, None, f"this is {kind}", "Put a text file there.")]
        if status.st_size > LARGEST:
            text = f"this file has {status.st_size:,} bytes; at most {LARGEST:,} are read"
            return None, [_problem(path, None, text, "Put the right file there.")]
        raw = b"".join(iter(lambda: os.read(descriptor, 1 << 16), b""))
    except OSError as error:
        return None, [_problem(path, None, _reason(error), _remedy(path, error))]
    finally:
        os.close(descriptor)
    return _decoded(path, raw)


def _remedy(path: Path, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"Run: sudo chgrp linli {path}; sudo chmod 640 {path}"
    return "Check the path and its rights."


def _decoded(path: Path, raw: bytes) -> tuple[str | None, list[Problem]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
    else:
        if "\0" not in text:
            return text, []
        line = 1
    for encoding, name in (("utf-16", "UTF-16"), ("gb18030", "GBK")):
        if name == "UTF-16" and not raw.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\0" not in raw:
            continue
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            continue
        remedy = f"Save it as UTF-8: iconv -f {name} -t UTF-8 {path} -o NEW, then put NEW there."
        found = _problem(path, None, f"this is {name} text, not UTF-8", remedy)
        return text.removeprefix("\ufeff"), [found]
    return None, [_problem(path, line, "not UTF-8 text", "Save it as UTF-8.")]


def _problem(file: Path, line: int | None, text: str, remedy: str) -> Problem:
    return Problem(str(file), line, "", "", text, remedy)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
