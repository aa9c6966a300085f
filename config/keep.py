"""The last good configuration: what the kiosk falls back on when the files are wrong.

It is the whole set of files, as they were read, in a folder of its own: the same code reads it
again, so nothing of it is mixed with what lies beside kiosk.toml now. ``last-good`` is a link to
that folder, so there is always either the old set or the new one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from config.atomic import sync_folder
from config.reader import Layer

LINK = "last-good"
_SETS = "good-"
_BEFORE_SETS = "last-good.json"
"""Where earlier versions kept kiosk.toml and its drop-ins, without the files beside them."""


def digest(files: Mapping[str, str]) -> str:
    """Names a set of files by their content."""
    return hashlib.sha256(msgspec.json.encode(sorted(files.items()))).hexdigest()[:16]


def keep_good(files: Mapping[str, str], folder: Path) -> None:
    """Keep *files*, texts by their names relative to kiosk.toml's folder.

    Only the owner may read them, as addresses of cameras may have passwords in them. Nothing is
    written when the same set is kept already: a card wears with every write.

    Raises:
        OSError: the folder cannot be written.
    """
    target, link = folder / f"{_SETS}{digest(files)}", folder / LINK
    if link.is_symlink() and link.readlink() == Path(target.name) and target.is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    work = Path(tempfile.mkdtemp(dir=folder, prefix=f".{_SETS}"))  # mode 0700
    try:
        for name, text in files.items():
            path = work / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with path.open("w", encoding="utf-8", newline="") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            sync_folder(path.parent)
        work.rename(target)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    fresh = folder / f".{LINK}.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target.name)
    fresh.replace(link)
    sync_folder(folder)
    for old in folder.glob(f"{_SETS}*"):
        if old != target:
            shutil.rmtree(old, ignore_errors=True)
    (folder / _BEFORE_SETS).unlink(missing_ok=True)


def last_good(folder: Path) -> Path | None:
    """The folder with the set that `keep_good` kept; None when there is none."""
    kept = folder / LINK
    return kept if kept.is_dir() else None


def kept_before_sets(folder: Path) -> list[Layer]:
    """The texts of kiosk.toml and its drop-ins that an earlier version kept; empty when none."""
    try:
        return msgspec.json.decode((folder / _BEFORE_SETS).read_bytes(), type=list[Layer])
    except (OSError, msgspec.MsgspecError):
        return []
