"""Pins across a process boundary: JSON lines on a unix-domain socket.

To the daemon: ``{"pin": 5, "active": true, "at": 1234.5}`` (when, on the monotonic clock; a busy
machine reads it late, and the kernel's time stamps never are) and ``{"distance": {"trigger": 23,
"echo": 24, "mm": 1200, "connected": true}}``, each answered with ``{"ok": true}`` or
``{"error": "…"}``.
From it, at the start and at every change of an output: ``{"pin": 17, "state": true}``, null
when the pin is no longer driven.
"""

from __future__ import annotations

import contextlib
import json
import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

from hw_mocks.pins import MockPins, Observer

log = logging.getLogger(__name__)

LINE_LIMIT = 65_536
RETRY_S = 0.05


class PinBridge:
    """The daemon's side: serves *pins* at *path* until closed."""

    def __init__(self, pins: MockPins, path: Path) -> None:
        self._pins = pins
        self._path = path
        self._clients: dict[socket.socket, _Lines] = {}
        self._lock = threading.Lock()
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._wake, self._woken = socket.socketpair()
        self._forget = pins.observe(self._push)
        pins.watching = self._push_watched
        self._thread = threading.Thread(target=self._run, name="pin bridge")
        self._thread.start()

    def close(self) -> None:
        """Stop serving; the pins stay as they are."""
        self._forget()
        self._wake.close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._woken:
                        self._end()
                        return
                    if key.fileobj is self._listener:
                        self._accept(selector)
                    else:
                        assert isinstance(key.fileobj, socket.socket)
                        self._serve(key.fileobj, selector)

    def _end(self) -> None:
        with self._lock:
            for open_socket in (self._listener, self._woken, *self._clients):
                open_socket.close()
            self._clients.clear()
        self._path.unlink(missing_ok=True)

    def _accept(self, selector: selectors.BaseSelector) -> None:
        client, _ = self._listener.accept()
        client.setblocking(False)
        with self._lock:
            self._clients[client] = _Lines()
            for pin, level in self._pins.outputs().items():
                _send(client, {"pin": pin, "state": level})
            for pin in self._pins.inputs():
                _send(client, {"watched": pin})
        selector.register(client, selectors.EVENT_READ)

    def _serve(self, client: socket.socket, selector: selectors.BaseSelector) -> None:
        try:
            data = client.recv(4096)
        except OSError:
            data = b""
        if not data:
            selector.unregister(client)
            with self._lock:
                del self._clients[client]
            client.close()
            return
        for line in self._clients[client].feed(data):
            answer = self._obey(line)
            with self._lock:
                _send(client, answer)

    def _obey(self, line: bytes) -> dict[str, Any]:
        try:
            match json.loads(line):
                case {"pin": int(pin), "active": bool(active), "at": float(at)}:
                    self._pins.set(pin, active, at)
                case {"pin": int(pin), "active": bool(active)}:
                    self._pins.set(pin, active)
                case {"distance": {"mm": int() | None} as distance}:
                    self._pins.distance(**distance)
                case other:
                    return {"error": f"not understood: {other}"}
        except (ValueError, TypeError) as error:
            return {"error": str(error)}
        return {"ok": True}

    def _push(self, pin: int, level: bool | None) -> None:
        with self._lock:
            for client in self._clients:
                _send(client, {"pin": pin, "state": level})

    def _push_watched(self, pin: int) -> None:
        with self._lock:
            for client in self._clients:
                _send(client, {"watched": pin})


class PinClient:
    """The bench's side: like `MockPins`, for the daemon that serves *path*.

    Connects when the daemon comes, and again after it was killed; the contacts and distances
    then are what they were set to here, as on real wires.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._contacts: dict[int, bool] = {}
        self._echoes: dict[int, dict[str, Any]] = {}
        self._outputs: dict[int, bool] = {}
        self._inputs: set[int] = set()
        self._observers: list[Observer] = []
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pin client")
        self._thread.start()

    @property
    def connected(self) -> bool:
        return self._socket is not None

    def press(self, pin: int) -> None:
        self.set(pin, True)

    def release(self, pin: int) -> None:
        self.set(pin, False)

    def set(self, pin: int, active: bool) -> None:
        """Close or open the contact on *pin*, now or when the daemon is there."""
        with self._lock:
            self._contacts[pin] = active
            self._tell({"pin": pin, "active": active, "at": time.monotonic()})

    def distance(self, trigger: int, echo: int, mm: int | None, connected: bool = True) -> None:
        """What the echo sensor on two pins measures, now or when the daemon is there."""
        sensor = {"trigger": trigger, "echo": echo, "mm": mm, "connected": connected}
        with self._lock:
            self._echoes[echo] = sensor
            self._tell({"distance": sensor})

    def state(self, pin: int) -> bool | None:
        """Level that the daemon drives on *pin*; None while it does not, or is not there."""
        return self._outputs.get(pin)

    def watched(self, pin: int) -> bool:
        """Whether the daemon waits for edges of *pin*: a press would be noticed."""
        return pin in self._inputs

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Call *observer* at every change of an output, on the client's thread. Returns what
        ends that."""
        self._observers.append(observer)

        def forget() -> None:
            with contextlib.suppress(ValueError):
                self._observers.remove(observer)

        return forget

    def close(self) -> None:
        """Hang up."""
        self._stop.set()
        with self._lock:
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            with socket.socket(socket.AF_UNIX) as wire:
                with contextlib.suppress(OSError):
                    wire.connect(str(self._path))
                    self._connect(wire)
                    self._listen(wire)
                with self._lock:
                    self._socket = None
            self._inputs.clear()
            for pin in tuple(self._outputs):
                self._heard(pin, None)
            self._stop.wait(RETRY_S)

    def _connect(self, wire: socket.socket) -> None:
        with self._lock:
            self._socket = wire
            for pin, active in self._contacts.items():
                self._tell({"pin": pin, "active": active, "at": time.monotonic()})
            for sensor in self._echoes.values():
                self._tell({"distance": sensor})

    def _listen(self, wire: socket.socket) -> None:
        lines = _Lines()
        while not self._stop.is_set() and (data := wire.recv(4096)):
            for line in lines.feed(data):
                match json.loads(line):
                    case {"pin": int(pin), "state": bool() | None as level}:
                        self._heard(pin, level)
                    case {"watched": int(pin)}:
                        self._inputs.add(pin)
                    case {"error": str(error)}:
                        log.warning("pin-refused error=%s", error)

    def _heard(self, pin: int, level: bool | None) -> None:
        if level == self._outputs.get(pin):
            return
        if level is None:
            del self._outputs[pin]
        else:
            self._outputs[pin] = level
        for observer in tuple(self._observers):
            observer(pin, level)

    def _tell(self, message: dict[str, Any]) -> None:
        if self._socket is not None:
            _send(self._socket, message)


class _Lines:
    """Bytes in, whole lines out."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LINE_LIMIT:
            self._rest = b""
        yield from lines


def _send(wire: socket.socket, message: dict[str, Any]) -> None:
    """Send, or hang up on who is gone or does not read: they start over with the state."""
    try:
        wire.sendall(json.dumps(message).encode() + b"\n")
    except OSError:
        with contextlib.suppress(OSError):
            wire.shutdown(socket.SHUT_RDWR)
