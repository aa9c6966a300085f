"""A driver in a process of its own, so that a crash in native code costs only that process.

Both sides speak length-prefixed msgpack over the child's standard input (commands, and its
end as the order to stop) and output (signals). The parent's side is a driver like any other.
"""

from __future__ import annotations

import logging
import os
import select
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, ClassVar

import msgspec

from agent import messages
from agent.contract import signals
from agent.contract.driver import Actor, Driver, DriverUnavailable, Emit, Site
from agent.contract.signals import Signal
from agent.core.logs import configure_logging

log = logging.getLogger(__name__)

_INPUT = 0
_LENGTH = struct.Struct("<I")
_STOP_WITHIN = 1.5
"""Seconds a child gets to end by itself, then it is killed."""


class Trouble(msgspec.Struct, frozen=True, tag_field="signal", tag="trouble"):
    """The child's last words: the text of its `DriverUnavailable`."""

    reason: str


class Order(msgspec.Struct, frozen=True):
    """What the child is told at its birth."""

    driver: str
    """Type name in the registry of drivers."""
    name: str
    settings: dict[str, Any]
    models: str
    cache: str
    state: dict[str, Any] = {}
    """What it was last told to be, told again before it runs."""


def _kinds() -> tuple[type[Signal], ...]:
    return tuple(
        kind
        for kind in (*vars(signals).values(), *vars(messages).values())
        if isinstance(kind, type) and issubclass(kind, Signal) and kind is not Signal
    )


class ChildProcess:
    """Runs a driver type in a child process; to the supervisor it is a driver itself."""

    settles: ClassVar[float] = 15.0
    """Seconds: on a slow card it takes a while until native code is loaded and has failed."""

    def __init__(self, driver: str, name: str, settings: msgspec.Struct, site: Site) -> None:
        self.name = name
        self._order = Order(
            driver, name, msgspec.to_builtins(settings), str(site.models), str(site.cache)
        )
        self._state: dict[str, Any] = {}
        self._early: list[Mapping[str, Any]] | None = []
        """Acts that wait for the first child; None once it was born."""
        self._decode = msgspec.msgpack.Decoder(type=_union()).decode
        self._commands: IO[bytes] | None = None
        self._lock = threading.Lock()

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Start the child, pass its signals on, and end it with *stop*.

        Raises:
            DriverUnavailable: the child said so, or died.
        """
        child = subprocess.Popen(
            [sys.executable, "-m", "agent.core.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert child.stdin is not None and child.stdout is not None
        try:
            with self._lock:
                order = msgspec.structs.replace(self._order, state=self._state)
                _write(child.stdin, msgspec.msgpack.encode(order))
                self._commands = child.stdin
                early, self._early = self._early or (), None
                for action in early:
                    _write(child.stdin, msgspec.msgpack.encode(dict(action)))
            self._listen(child.stdout, emit, stop)
            if not stop.is_set():
                status = child.wait(_STOP_WITHIN)
                raise DriverUnavailable(_obituary(status))
        except (BrokenPipeError, subprocess.TimeoutExpired) as error:
            raise DriverUnavailable("its process closed the pipe") from error
        finally:
            self._end(child)

    def command(self, action: Mapping[str, Any]) -> None:
        """Send *action* to the child.

        One with ``do`` is an act: while there is no child any more it is dropped, as speech must
        be; the daemon's first words wait for the first child, which is just being started. Any
        other is a state (may it look?): every later child is born with it.
        """
        with self._lock:
            if "do" not in action:
                self._state |= action
            elif self._early is not None:
                self._early.append(action)
            if self._commands is None:
                return
            try:
                _write(self._commands, msgspec.msgpack.encode(dict(action)))
            except OSError:
                log.debug("command lost name=%s", self.name)  # `run` is about to report it

    def _listen(self, output: IO[bytes], emit: Emit, stop: threading.Event) -> None:
        buffer = b""
        while not stop.is_set():
            if not select.select([output], [], [], 0.2)[0]:
                continue
            received = os.read(output.fileno(), 1 << 16)
            if not received:
                return
            buffer += received
            while len(buffer) >= 4 and len(buffer) >= 4 + _LENGTH.unpack_from(buffer)[0]:
                end = 4 + _LENGTH.unpack_from(buffer)[0]
                message = self._decode(buffer[4:end])
                buffer = buffer[end:]
                if isinstance(message, Trouble):
                    raise DriverUnavailable(message.reason)
                emit(message)

    def _end(self, child: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._commands = None
            try:
                child.stdin.close()  # type: ignore[union-attr]
            except OSError:
                log.debug("child gone before its stop name=%s", self.name)
        try:
            child.wait(_STOP_WITHIN)
        except subprocess.TimeoutExpired:
            log.warning("child killed name=%s", self.name)
            child.kill()
            child.wait()
        child.stdout.close()  # type: ignore[union-attr]


def _union() -> Any:
    kinds: Any = Trouble
    for kind in _kinds():
        kinds = kinds | kind
    return kinds


def _obituary(status: int) -> str:
    if status < 0:
        return f"its process was ended by signal {-status}"
    return f"its process ended with status {status}"


def _write(pipe: IO[bytes], payload: bytes) -> None:
    pipe.write(_LENGTH.pack(len(payload)) + payload)
    pipe.flush()


def _read(descriptor: int) -> bytes | None:
    """One message; None at the end. Unbuffered: a buffer's lock would outlive the interpreter."""
    head = _read_exactly(descriptor, 4)
    return head and _read_exactly(descriptor, _LENGTH.unpack(head)[0])


def _read_exactly(descriptor: int, count: int) -> bytes | None:
    received = b""
    while len(received) < count:
        more = os.read(descriptor, count - len(received))
        if not more:
            return None
        received += more
    return received


# -- the child's side -------------------------------------------------------------------------


def main() -> None:
    """Be the child: read the order, run the driver, end when the parent's pipe does."""
    from drivers import SETTINGS, load

    configure_logging(logging.INFO)
    # Native libraries print where they like: keep the real output for signals alone.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    payload = _read(_INPUT)
    if payload is None:
        return
    order = msgspec.msgpack.decode(payload, type=Order)
    settings = msgspec.convert(order.settings, SETTINGS[order.driver])
    site = Site(Path(order.models), Path(order.cache))
    driver: Driver = load(order.driver)(order.name, settings, site)
    if order.state and isinstance(driver, Actor):
        driver.command(order.state)
    stop, lock = threading.Event(), threading.Lock()

    def emit(message: Signal | Trouble) -> None:
        with lock:
            _write(output, msgspec.msgpack.encode(message))

    threading.Thread(target=_obey, args=(driver, stop), daemon=True).start()
    try:
        driver.run(emit, stop)
    except DriverUnavailable as error:
        emit(Trouble(str(error)))
    except BrokenPipeError:
        stop.set()  # the parent is gone


def _obey(driver: Driver, stop: threading.Event) -> None:
    while payload := _read(_INPUT):
        if isinstance(driver, Actor):
            driver.command(msgspec.msgpack.decode(payload))
    stop.set()
    # Native code may hang in a dead camera: do not outlive the parent.
    watch = threading.Timer(_STOP_WITHIN, os._exit, args=(1,))
    watch.daemon = True
    watch.start()


if __name__ == "__main__":
    main()
