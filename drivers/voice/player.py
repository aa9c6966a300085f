"""The process that makes the sound, such as ``aplay``; it can be stopped at any moment."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
from collections.abc import Sequence
from types import TracebackType
from typing import Self

_KILL_AFTER = 0.2
"""Seconds between asking a player to end and ending it; aplay takes 16 ms at most."""


class PlayerFailed(Exception):
    """The player is not there or could not play; the text is its own last line."""

    @property
    def busy(self) -> bool:
        """Another program has the sound card: it may be free again in a moment."""
        return "busy" in str(self).lower()


class Playing:
    """One WAV file being played.

    The player reads it from memory (``/dev/fd/N``), so nothing that was said reaches the disk,
    and it ends with its parent, so that a restarted speaker never talks over its predecessor.
    """

    def __init__(self, command: Sequence[str], wav: bytes) -> None:
        """Start the player.

        Raises:
            PlayerFailed: there is no such program.
        """
        if shutil.which(command[0]) is None:
            raise PlayerFailed(f"{command[0]} is not installed")
        leash = ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()
        sound, self._errors = os.memfd_create("linli-speech"), os.memfd_create("linli-errors")
        try:
            with os.fdopen(os.dup(sound), "wb") as file:
                file.write(wav)
            self._process = subprocess.Popen(
                [*leash, *command, f"/dev/fd/{sound}"],
                env={**os.environ, "LC_ALL": "C.UTF-8"},  # its reasons are compared
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=(sound,),
            )
        finally:
            os.close(sound)
        self._pidfd = os.pidfd_open(self._process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        os.close(self._pidfd)
        os.close(self._errors)

    def wait(self, timeout: float, wake: int) -> bool:
        """Wait until the player has ended (true), or the descriptor *wake* is readable, or
        *timeout* seconds have passed.

        Raises:
            PlayerFailed: it ended by itself without having played.
        """
        if not _readable(timeout, self._pidfd, wake):
            return False
        code = self._process.wait()
        if code:
            raise PlayerFailed(self._last_words() or f"it ended with status {code}")
        return True

    def stop(self) -> None:
        """Silence at once."""
        if self._process.poll() is not None:
            return
        self._process.terminate()
        if not _readable(_KILL_AFTER, self._pidfd):
            self._process.kill()
        self._process.wait()

    def _last_words(self) -> str:
        os.lseek(self._errors, 0, os.SEEK_SET)
        lines = os.read(self._errors, 10_000).decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


def _readable(timeout: float, first: int, *others: int) -> bool:
    """Whether *first* became readable before *timeout* seconds or one of *others* did."""
    poll = select.poll()
    for descriptor in (first, *others):
        poll.register(descriptor, select.POLLIN)
    return any(descriptor == first for descriptor, _ in poll.poll(timeout * 1000))
