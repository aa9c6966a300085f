"""What could not be handled: set aside with its cause, for a technician, so that the rest goes on.

A file beside the store, for it has to work when the store does not.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import time
from pathlib import Path
from typing import Any

import msgspec

from agent.contract.signals import Scanned
from agent.records import shortened
from config.addresses import without_secrets

log = logging.getLogger(__name__)

_FILE = "dead_letters.jsonl"

_KEEP = 200
"""Letters kept; the oldest go first."""

_KEEP_S = 30 * 86_400.0
"""Seconds for which a letter is kept: what it holds may be about a person."""

_LONGEST = 4_000
"""Characters kept of a signal, or of what a service asked for."""


class Letter(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that could not be handled."""

    wall: float
    """Seconds since 1970, by the kiosk's clock."""
    part: str
    """The service that failed, or the part of the daemon."""
    signal: str
    """What it failed at: the tag of a signal, or the name of an effect."""
    cause: str
    content: str = ""
    """The signal or effect itself, as JSON where it can be, shortened."""


class DeadLetters:
    """The letters of one kiosk. Writing never raises: it is the last thing that may fail."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE
        letters = read(folder)
        self._count = len(letters)
        self._oldest = min((one.wall for one in letters), default=math.inf)
        self.forget()

    def forget(self) -> None:
        """Drop what was kept for long enough; costs nothing where that is nothing."""
        now = time.time()
        if now - self._oldest < _KEEP_S:
            return
        fresh = [one for one in read(self._path.parent) if now - one.wall < _KEEP_S]
        with contextlib.suppress(OSError):
            self._replace(fresh)

    def put(self, letter: Letter) -> None:
        """Keep *letter*, on the disk when this returns."""
        try:
            if self._count >= 2 * _KEEP:
                self._replace(read(self._path.parent)[-_KEEP:])
            with self._path.open("ab") as file:
                file.write(msgspec.json.encode(letter) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            self._path.chmod(0o600)
            self._count += 1
            self._oldest = min(self._oldest, letter.wall)
        except (OSError, ValueError, TypeError) as error:
            log.error("dead letter not kept part=%s error=%s", letter.part, error)

    def _replace(self, kept: list[Letter]) -> None:
        _write(self._path, kept)
        self._count = len(kept)
        self._oldest = min((one.wall for one in kept), default=math.inf)


def erase(folder: Path, subject: str | None = None) -> int:
    """Erase the letters in *folder*, or those that name *subject*; returns how many went.

    Raises:
        OSError: it cannot be done.
    """
    letters = read(folder)
    kept = [] if subject is None else [one for one in letters if subject not in str(one)]
    if (folder / _FILE).exists():
        _write(folder / _FILE, kept)
    return len(letters) - len(kept)


def _write(path: Path, letters: list[Letter]) -> None:
    aside = path.with_suffix(".new")
    aside.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in letters))
    if os.geteuid() == 0:  # a technician erases: the file stays the service's
        os.chown(aside, path.stat().st_uid, path.stat().st_gid)
    aside.chmod(0o600)
    aside.replace(path)


def read(folder: Path) -> list[Letter]:
    """The letters in *folder*, oldest first; lines that are damaged are left out."""
    letters: list[Letter] = []
    with contextlib.suppress(OSError):
        for line in (folder / _FILE).read_bytes().splitlines():
            with contextlib.suppress(msgspec.MsgspecError, RecursionError):
                letters.append(msgspec.json.decode(line, type=Letter))
    return letters


def described(what: object) -> str:
    """*what* as JSON where it can be written so, else as Python has it; shortened."""
    if isinstance(what, Scanned):  # a resident's code is a secret of theirs
        what = msgspec.structs.replace(what, text="…")
    try:
        text = msgspec.json.encode(what, enc_hook=repr).decode()
    except Exception:  # the very values that are set aside may be the ones without JSON
        text = _represented(what)
    return without_secrets(text.encode("utf-8", "replace").decode()[:_LONGEST])


def cause(error: BaseException) -> str:
    """An exception in one line."""
    return shortened(without_secrets(f"{type(error).__name__}: {_represented(error, str)}"))


def _represented(what: object, write: Any = repr) -> str:
    try:
        return str(write(what)).encode("utf-8", "replace").decode()
    except Exception:
        return f"({type(what).__name__} that cannot be shown)"
