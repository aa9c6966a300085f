"""A server that answers each request with the next prepared bytes, for what no decent one does."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Self


class Asked(NamedTuple):
    """One request as it arrived."""

    head: str
    body: bytes
    at: float
    """Monotonic clock."""
    connection: int
    """Which connection it came on."""

    @property
    def events(self) -> list[dict[str, Any]]:
        """The batch that it carries."""
        batch: list[dict[str, Any]] = json.loads(gzip.decompress(self.body))
        return batch


class Cut(bytes):
    """An answer behind which the server hangs up."""


Answer = bytes | None | Callable[[Asked], bytes]
"""None: hang up without a word."""


class Scripted:
    """Answers with *answers*, one a request; then acknowledges everything."""

    def __init__(self, answers: Iterable[Answer] = ()) -> None:
        self.asked: list[Asked] = []
        self.aborted = 0
        """Requests that ended before their body was complete."""
        self._answers = list(answers)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in (self._listening, *self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._open.append(connection)
                number = len(self._open)
                thread = threading.Thread(
                    target=self._serve, args=(connection, number), daemon=True
                )
                thread.start()
                self._threads.append(thread)

    def _serve(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as stream:
            while True:
                lines = []
                while (line := stream.readline()) not in (b"\r\n", b""):
                    lines.append(line.decode())
                if not lines:
                    return
                head = "".join(lines)
                length = next(
                    (int(x.split(":")[1]) for x in lines if x.lower().startswith("content-length")),
                    0,
                )
                body = stream.read(length)
                if len(body) < length:
                    self.aborted += 1
                    return
                asked = Asked(head, body, time.monotonic(), number)
                self.asked.append(asked)
                answer = self._answers.pop(0) if self._answers else acknowledge
                if answer is None:
                    return
                connection.sendall(answer(asked) if callable(answer) else answer)
                if isinstance(answer, Cut):
                    return


def reply(status: int, body: str | bytes = "", *headers: str, length: int | None = None) -> bytes:
    """An HTTP reply, as JSON where *body* looks like an object.

    *length* makes it claim another length than it has.
    """
    body = body.encode() if isinstance(body, str) else body
    if body.startswith(b"{") and not any(h.startswith("Content-Type:") for h in headers):
        headers = ("Content-Type: application/json", *headers)
    lines = [
        f"HTTP/1.1 {status} X",
        f"Content-Length: {len(body) if length is None else length}",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def acknowledge(asked: Asked) -> bytes:
    """Have everything that was sent; a poll has no news."""
    if asked.head.startswith("GET"):
        return reply(200, '{"cursor": "", "commands": []}')
    ack: dict[str, int] = {}
    for event in asked.events:
        last = event["data"].get("last", 0) if event["type"] == "linli.tombstone" else 0
        ack[str(event["lane"])] = max(last, int(event["sequence"]))
    return reply(200, json.dumps({"ack": ack, "refused": []}))
