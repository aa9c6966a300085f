"""A driver in a process of its own, so that a crash in native code costs only that process.

Both sides speak length-prefixed msgpack over the child's standard input (orders, and its end as
the order to stop) and output (signals). The parent's side is a driver like any other. The child
is not trusted: only signals that its driver declares are decoded, and none that is too long; and
before it loads the driver it gives up all rights but those that its settings call for.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import math
import os
import select
import shutil
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any, ClassVar

import msgspec

from agent.contract.clock import BootClock
from agent.contract.driver import Driver, DriverUnavailable, Emit, Site, Wakeful
from agent.contract.orders import Order, States, union
from agent.contract.signals import Signal
from agent.core.confinement import confine, reach
from agent.core.gate import Gate
from agent.core.logs import ChildLines, configure_logging

log = logging.getLogger(__name__)

_INPUT = 0
_LENGTH = struct.Struct("<I")
_LONGEST = 256 << 10
"""Bytes of one signal; a person with key points has a tenth of it."""
_FRAME_S, _BYTE_S = 0.002, 1 / (16 << 20)
"""Seconds that the next signal waits for each one, and for each byte: a child that sends without
pause waits in its own pipe, and costs the daemon no processor."""
_ORDERS = 1 << 20
"""Bytes of orders that wait for a child: it may be loading."""
_STOP_WITHIN = 1.5
"""Seconds a child gets to end by itself, then it is killed."""


_OURS = ("CREDENTIALS_", "NOTIFY_", "WATCHDOG_", "LISTEN_", "LINLI_")
"""Beginnings of variables that are between the service manager and the daemon."""

_LOOK = 2.0
"""Seconds between looks at *stop*, should nobody wake us."""


class Trouble(msgspec.Struct, frozen=True, tag_field="signal", tag="trouble"):
    """The child's last words: the text of its `DriverUnavailable`."""

    reason: str


class Start(msgspec.Struct, frozen=True):
    """What the child is told first."""

    driver: str
    """Type name in the registry of drivers."""
    name: str
    settings: dict[str, Any]
    models: str
    cache: str
    states: tuple[msgspec.Raw, ...] = ()
    """The orders that last: carried out before it runs."""


class ChildProcess:
    """Runs a driver type in a child process; to the supervisor it is a driver itself."""

    settles: ClassVar[float] = math.inf
    """It works when its driver says so: how long native code takes to load, and then to fail, no
    figure tells on a slow card, so mere time is no sign of life."""

    def __init__(self, driver: str, name: str, settings: msgspec.Struct, site: Site) -> None:
        from drivers import load

        self.name = name
        self.emits = load(driver).emits
        self.accepts = load(driver).accepts
        self._start = Start(
            driver, name, msgspec.to_builtins(settings), str(site.models), str(site.cache)
        )
        self._child = site.clock.child
        self._states = States()
        self._early: list[Order] | None = []
        """Acts that wait for the first child; None once it was started."""
        self._decode = msgspec.msgpack.Decoder(type=_messages(self.emits)).decode
        self._gate = Gate(name, self.emits, site.clock)
        self._orders: IO[bytes] | None = None
        self._deaf = False
        """An order did not fit into its pipe: it does not read them."""
        self._lock = threading.Lock()
        self._woken = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Start the child, pass its signals on, and end it with *stop*.

        Raises:
            DriverUnavailable: the child said so, or died.
        """
        child = subprocess.Popen(
            [sys.executable, *self._child],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env={k: v for k, v in os.environ.items() if not k.startswith(_OURS)},
        )
        assert child.stdin is not None and child.stdout is not None and child.stderr is not None
        encode = msgspec.msgpack.encode
        _never_blocks(child.stdin)
        os.set_blocking(child.stderr.fileno(), False)
        lines = ChildLines(self.name)
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._woken)  # of a child before it
        try:
            with self._lock:
                self._deaf = False
                states = tuple(msgspec.Raw(encode(order)) for order in self._states)
                self._orders = child.stdin
                self._order(encode(msgspec.structs.replace(self._start, states=states)))
                early, self._early = self._early or (), None
                for order in early:
                    self._order(encode(order))
            self._listen(child.stdout, emit, stop, (child.stderr, lines))
            if not stop.is_set():
                raise DriverUnavailable(_describe_exit(child.wait(_STOP_WITHIN)))
        except (BrokenPipeError, subprocess.TimeoutExpired) as error:
            raise DriverUnavailable("its process closed the pipe") from error
        finally:
            self._end(child)
            _pass_lines(child.stderr, lines)
            lines.end()
            child.stderr.close()

    def wake(self) -> None:
        """See `Wakeful`."""
        os.eventfd_write(self._woken, 1)

    def command(self, order: Order) -> None:
        """Send *order* to the child.

        An act (speak, listen) is dropped when there is none; only what comes before the first
        one is kept for it: a daemon that goes on where it was has something to say at once. An
        order that lasts (may it look?) is told each later child before it runs. Never blocks:
        a child that does not read its orders is ended.
        """
        with self._lock:
            self._states.note(order)
            if not order.lasts and self._early is not None:
                self._early.append(order)
            try:
                self._order(msgspec.msgpack.encode(order))
            except OSError:
                log.debug("order lost name=%s", self.name)  # `run` is about to report it

    def _order(self, payload: bytes) -> None:
        if self._orders is None or self._deaf:
            return
        whole = _LENGTH.pack(len(payload)) + payload
        if self._orders.write(whole) != len(whole):
            self._deaf = True
            self.wake()

    def _listen(
        self,
        output: IO[bytes],
        emit: Emit,
        stop: threading.Event,
        errors: tuple[IO[bytes], ChildLines] | None = None,
    ) -> None:
        buffer = b""
        while not stop.is_set():
            sources = [output.fileno(), self._woken] + ([errors[0].fileno()] if errors else [])
            ready, _, _ = select.select(sources, [], [], _LOOK)
            if self._deaf:
                raise DriverUnavailable("its process takes no orders")
            if errors and errors[0].fileno() in ready and not _pass_lines(*errors):
                errors = None
            if output.fileno() not in ready:
                continue
            received = os.read(output.fileno(), 1 << 16)
            if not received:
                return
            buffer += received
            taken = 1
            at = 0
            while len(buffer) - at >= 4:
                length = _LENGTH.unpack_from(buffer, at)[0]
                if length > _LONGEST:
                    # Where the next one begins cannot be known any more
                    raise DriverUnavailable(f"its process sent {length} bytes in one signal")
                if len(buffer) - at < 4 + length:
                    break
                self._take(buffer[at + 4 : at + 4 + length], emit)
                at += 4 + length
                taken += 1
            buffer = buffer[at:]
            stop.wait(taken * _FRAME_S + len(received) * _BYTE_S)

    def _take(self, payload: bytes, emit: Emit) -> None:
        try:
            message = self._decode(payload)
        except msgspec.DecodeError as error:
            self._gate.refuse(str(error))
            return
        if isinstance(message, Trouble):
            # It goes on screens, into records and logs
            raise DriverUnavailable("".join(c for c in message.reason[:500] if c.isprintable()))
        emit(message)

    def _end(self, child: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._orders = None
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


def _messages(emits: tuple[type[Signal], ...]) -> Any:
    kinds: Any = Trouble
    for kind in emits:
        kinds = kinds | kind
    return kinds


def _describe_exit(status: int) -> str:
    if status < 0:
        return f"its process was ended by signal {-status}"
    return f"its process ended with status {status}"


def _pass_lines(errors: IO[bytes], lines: ChildLines) -> bool:
    """Write what it has written; False at its end."""
    try:
        written = os.read(errors.fileno(), 1 << 16)
    except BlockingIOError:
        return True
    lines.feed(written)
    return bool(written)


def _never_blocks(pipe: IO[bytes]) -> None:
    os.set_blocking(pipe.fileno(), False)
    try:
        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _ORDERS)
    except OSError as error:
        log.debug("orders have the usual room error=%s", error)


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


def main(clock: BootClock) -> None:
    """Be the child: read the start message, run the driver by *clock*, end when the parent's
    pipe does."""
    from drivers import SETTINGS, load

    configure_logging(logging.INFO)
    # Native libraries print where they like: keep the real output for signals alone.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    payload = _read(_INPUT)
    if payload is None:
        return
    start = msgspec.msgpack.decode(payload, type=Start)
    settings = msgspec.convert(start.settings, SETTINGS[start.driver])
    site = Site(Path(start.models), Path(start.cache), clock=clock)
    _give_up_rights(start, site)
    driver: Driver = load(start.driver)(start.name, settings, site)
    for state in start.states:
        _carry_out(driver, bytes(state))
    stop, lock = threading.Event(), threading.Lock()

    def emit(message: Signal | Trouble) -> None:
        with lock:
            _write(output, msgspec.msgpack.encode(message))

    threading.Thread(target=_command_loop, args=(driver, stop), daemon=True).start()
    try:
        driver.run(emit, stop)
    except DriverUnavailable as error:
        emit(Trouble(str(error)))
    except BrokenPipeError:
        stop.set()  # the parent is gone


def _give_up_rights(start: Start, site: Site) -> None:
    from drivers import uses

    own = site.cache / f"{start.name}-tmp"
    try:
        shutil.rmtree(own, ignore_errors=True)
        own.mkdir(parents=True, exist_ok=True)
        os.environ["TMPDIR"] = str(own)
    except OSError as error:
        log.warning("no folder for temporary files path=%s error=%s", own, error)
    lacking = confine(reach(start.settings, uses(start.driver), site.models, site.cache))
    for what in lacking:
        log.warning("driver has more rights than it needs name=%s reason=%s", start.name, what)


def _command_loop(driver: Driver, stop: threading.Event) -> None:
    while payload := _read(_INPUT):
        _carry_out(driver, payload)
    stop.set()
    if isinstance(driver, Wakeful):
        driver.wake()
    # Native code may hang in a dead camera: do not outlive the parent.
    watch = threading.Timer(_STOP_WITHIN, os._exit, args=(1,))
    watch.daemon = True
    watch.start()


def _carry_out(driver: Any, payload: bytes) -> None:
    try:
        driver.command(msgspec.msgpack.decode(payload, type=union(driver.accepts)))
    except Exception:
        # The thread must live: its end would leave a camera that no shutter closes
        log.exception("order failed name=%s", driver.name)


if __name__ == "__main__":
    main(BootClock())
