"""Sound from a program such as ``arecord``, as it comes."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from drivers.hearing import FRAME_BYTES, HZ
from drivers.hearing.pace import OddPace, Pace, Resampler

_log = logging.getLogger(__name__)

_SILENT_S = 2.0
"""Seconds without any sound, not even noise, after which the device counts as gone."""
_ZEROS_S = 10.0
"""Seconds of nothing but zeros after which it is no microphone that is there: each has noise."""
_PIPE_BYTES = 1 << 20
"""Room for half a minute, should the recogniser be slow."""
_READ_BYTES = 1 << 16


class CaptureFailed(Exception):
    """The recorder is not there or sends nothing; the text is its own last line."""


class Capture:
    """A recorder at work; use it in a ``with``. It ends with its parent."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start it.

        Raises:
            CaptureFailed: there is no such program.
        """
        if shutil.which(command[0]) is None:
            raise CaptureFailed(f"{command[0]} is not installed")
        leash = ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()
        self._errors = os.memfd_create("linli-errors")
        self._process = subprocess.Popen(
            [*leash, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        assert self._process.stdout is not None
        self._output = self._process.stdout.fileno()
        with contextlib.suppress(OSError):  # a limit of the system: the usual room must do
            fcntl.fcntl(self._output, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._rest = b""
        self._came = self._sounded = time.monotonic()
        self.alive = False
        """Something other than zeros has come."""
        self._pace = Pace()
        self._resampler: Resampler | None = None

    def frames(self, timeout: float, wake: int | None = None) -> Iterator[bytes]:
        """Wait for sound, at most *timeout* seconds or until the descriptor *wake* is readable,
        and yield what there is as frames.

        Raises:
            CaptureFailed: the recorder ended, nothing or nothing but zeros has come for seconds,
                or what comes has a rate that cannot be.
        """
        poll = select.poll()
        poll.register(self._output, select.POLLIN)
        if wake is not None:
            poll.register(wake, select.POLLIN)
        if self._output not in [descriptor for descriptor, _ in poll.poll(timeout * 1000)]:
            if time.monotonic() - self._came > _SILENT_S:
                raise CaptureFailed(f"no sound came for {_SILENT_S:.0f} s")
            return
        sound = os.read(self._output, _READ_BYTES)
        if not sound:
            self._process.wait()
            raise CaptureFailed(self._last_words() or "the recorder ended")
        self._came = time.monotonic()
        self._judge(sound)
        if self._resampler is not None:
            sound = self._resampler.take(sound)
        sound = self._rest + sound
        whole = len(sound) - len(sound) % FRAME_BYTES
        self._rest = sound[whole:]
        for start in range(0, whole, FRAME_BYTES):
            yield sound[start : start + FRAME_BYTES]

    def _judge(self, sound: bytes) -> None:
        """Whether it is alive, and at what rate it comes."""
        if sound.count(0) < len(sound):
            self.alive, self._sounded = True, self._came
        elif self._came - self._sounded > _ZEROS_S:
            raise CaptureFailed(
                f"nothing but zeros for {_ZEROS_S:.0f} s: it is muted, or no microphone is there"
            )
        try:
            if self._pace.count(len(sound), self._came):
                hz = self._pace.hz
                _log.warning("the card gives another rate asked=%d given=%d: resampled", HZ, hz)
                self._resampler = Resampler(hz) if hz != HZ else None
                self._rest = b""
        except OddPace as error:
            raise CaptureFailed(
                f"{error}; name a device that converts, such as plughw:1,0"
            ) from error

    def discard(self) -> None:
        """Forget what has come and was not read."""
        poll = select.poll()
        poll.register(self._output, select.POLLIN)
        while any(event & select.POLLIN for _, event in poll.poll(0)):
            read = os.read(self._output, _READ_BYTES)
            self._came = time.monotonic()
            self._judge(read)
            sound = self._rest + read
            self._rest = sound[len(sound) - len(sound) % 2 :]  # half a sample
            if len(read) < _READ_BYTES:
                return

    def close(self) -> None:
        """End the recorder."""
        if self._process.poll() is None:
            self._process.kill()  # it holds nothing that is worth a farewell
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        os.close(self._errors)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _last_words(self) -> str:
        os.lseek(self._errors, 0, os.SEEK_SET)
        lines = os.read(self._errors, 10_000).decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""
