"""Moving the daemon's clock from outside: a socket that only `hw_mocks.daemon` opens.

The bench sends one of `Advance`, `Wall` and `NetworkTime` and gets how far the clock is moved
then (`Done`), once all that came due is done. Before each step of an advance it gets a `Step`,
moves what else has a clock, and sends it back. A child process sends `Follow` and gets every
`Done` from then on; after `Settle` it answers when it is quiet.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from hw_mocks.moved_clock import Moved, MovedClock

log = logging.getLogger(__name__)

_PATIENCE = 5.0
"""Seconds for which a child process may take to be quiet after a move."""


class Advance(msgspec.Struct, tag=True):
    """Let so many seconds pass."""

    seconds: float


class Wall(msgspec.Struct, tag=True):
    """Set the wall clock, to seconds since 1970."""

    at: float


class NetworkTime(msgspec.Struct, tag=True):
    """Let a time server have been asked, or not."""

    asked: bool


class Step(msgspec.Struct, tag=True):
    """So many seconds are about to pass."""

    seconds: float


class Follow(msgspec.Struct, tag=True):
    """Send me all moves."""


class Settle(msgspec.Struct, tag=True):
    """Say when you are quiet."""


class Done(msgspec.Struct, tag=True):
    """The clock was moved, or it is quiet."""

    moved: Moved


Wire: TypeAlias = "Connection[Any, Any]"
Message = Advance | Wall | NetworkTime | Step | Follow | Settle | Done


class ClockServer:
    """The daemon's side: moves *clock* for whoever connects to *path*."""

    def __init__(self, clock: MovedClock, path: Path) -> None:
        self._clock = clock
        self._children: list[Wire] = []
        self._moving = threading.Lock()
        path.unlink(missing_ok=True)
        self._listener = Listener(str(path), family="AF_UNIX")
        threading.Thread(target=self._accept, name="clock", daemon=True).start()

    def _accept(self) -> None:
        while True:
            wire = self._listener.accept()
            threading.Thread(target=self._serve, args=(wire,), name="clock", daemon=True).start()

    def _serve(self, wire: Wire) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                message = _receive(wire)
                with self._moving:
                    if isinstance(message, Follow):
                        _send(wire, Done(self._clock.moved))
                        self._children.append(wire)
                        return
                    self._obey(message, wire)
                    _send(wire, Done(self._clock.moved))

    def _obey(self, message: Message, wire: Wire) -> None:
        def moving(seconds: float) -> None:
            _send(wire, Step(seconds))
            _receive(wire)

        moved = self._clock.moved
        match message:
            case Advance(seconds):
                self._clock.advance(seconds, moving, self._tell)
            case Wall(at):
                wall = at - time.time()
                self._clock.set(Moved(moved.boot, wall, moved.network_time))
                self._tell()
            case NetworkTime(asked):
                self._clock.set(Moved(moved.boot, moved.wall, asked))
                self._tell()
        self._settle()

    def _tell(self) -> None:
        """Take the children along."""
        for wire in tuple(self._children):
            try:
                _send(wire, Done(self._clock.moved))
            except OSError:
                self._children.remove(wire)

    def _settle(self) -> None:
        for wire in tuple(self._children):
            try:
                _send(wire, Settle())
                if wire.poll(_PATIENCE):
                    _receive(wire)
                else:
                    log.warning("a child process does not come to rest after the clock's move")
            except (OSError, EOFError):
                self._children.remove(wire)
        self._clock.settle()  # what the children found reached the kernel


def follow(path: Path) -> MovedClock:
    """A clock that moves as the daemon's does whose `ClockServer` is at *path*."""
    wire = Client(str(path), family="AF_UNIX")
    _send(wire, Follow())
    first = _receive(wire)
    assert isinstance(first, Done)
    clock = MovedClock(first.moved)
    threading.Thread(target=_follow, args=(wire, clock), name="clock", daemon=True).start()
    return clock


def _follow(wire: Wire, clock: MovedClock) -> None:
    with contextlib.suppress(EOFError, OSError):
        while True:
            message = _receive(wire)
            if isinstance(message, Done):
                clock.set(message.moved)
            else:
                clock.settle()
                _send(wire, Done(clock.moved))


def move(
    path: Path, message: Advance | Wall | NetworkTime, moving: Callable[[float], None]
) -> Moved:
    """Move the clock of the daemon whose `ClockServer` is at *path*; returns when it is done.

    Calls *moving* before each step of an advance, with its length in seconds.

    Raises:
        OSError, EOFError: there is no daemon, or it ended meanwhile.
    """
    with Client(str(path), family="AF_UNIX") as wire:
        _send(wire, message)
        while isinstance(answer := _receive(wire), Step):
            moving(answer.seconds)
            _send(wire, answer)
    assert isinstance(answer, Done)
    return answer.moved


def _send(wire: Wire, message: Message) -> None:
    wire.send_bytes(msgspec.json.encode(message))


def _receive(wire: Wire) -> Message:
    return msgspec.json.decode(wire.recv_bytes(), type=Message)
