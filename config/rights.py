"""Whether the service's user may use a file, whoever asks: judged by owner, groups and modes.

Root may read everything, so what root can open says nothing about the daemon.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path
from typing import NamedTuple

SERVICE = "linli"
"""The user of linli.service."""

READ, WRITE, ENTER = 4, 2, 1
"""Bits of a mode, as in `chmod`."""


class User(NamedTuple):
    """Somebody who may or may not use files."""

    name: str
    uid: int
    groups: frozenset[int]


def service_user() -> User:
    """The user of the service; where the machine has none, whoever runs this."""
    try:
        entry = pwd.getpwnam(SERVICE)
    except KeyError:
        return User(str(os.geteuid()), os.geteuid(), frozenset({os.getegid(), *os.getgroups()}))
    groups = {group.gr_gid for group in grp.getgrall() if SERVICE in group.gr_mem}
    return User(SERVICE, entry.pw_uid, frozenset({entry.pw_gid, *groups}))


def become_service() -> None:
    """Go on as the user of the service, with its groups; where there is none, as before.

    Raises:
        OSError: this process may not: it is not root.
    """
    try:
        entry = pwd.getpwnam(SERVICE)
    except KeyError:
        return
    os.initgroups(SERVICE, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.environ["HOME"] = entry.pw_dir


def obstacle(path: Path, user: User, wanted: int) -> Path | None:
    """The file or folder on the way to *path* that *user* may not use; None when it may.

    Args:
        path: the folders on the way to it must be entered.
        user: who wants to use it.
        wanted: `READ`, `WRITE`, or both together.

    Raises:
        OSError: there is no such file, or it cannot be looked at.
    """
    full = path.resolve(strict=True)
    for folder in reversed(full.parents):
        if not _may(folder, user, ENTER):
            return folder
    return None if _may(full, user, wanted) else full


def _may(path: Path, user: User, wanted: int) -> bool:
    if user.uid == 0:
        return True
    status = path.stat()
    mode = stat.S_IMODE(status.st_mode)
    if status.st_uid == user.uid:
        allowed = mode >> 6
    elif status.st_gid in user.groups:
        allowed = mode >> 3
    else:
        allowed = mode
    return allowed & wanted == wanted
