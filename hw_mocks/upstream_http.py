"""The HTTP side of the stand-in upstream: requests in, its mood out."""

from __future__ import annotations

import contextlib
import gzip
import logging
import socket
import ssl
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import msgspec

from hw_mocks.ledger import Event, read_event

log = logging.getLogger(__name__)

_PAGE = Path(__file__).with_name("upstream.html")


class Desk(Protocol):
    """Who answers: see `hw_mocks.upstream.Upstream`."""

    @property
    def mode(self) -> str: ...
    def welcomes(self, authorization: str) -> bool: ...
    def refuses(self, events: list[Event]) -> str: ...
    def take(self, events: list[Event]) -> dict[str, dict[str, Any]]: ...
    def wall(self) -> float: ...
    def linger(self) -> None: ...
    def await_commands(self, after: str, wait: float) -> dict[str, Any]: ...
    def report(self, after: int) -> dict[str, Any]: ...


class _HungUp(Exception):
    """The connection is to end without a word."""


class Server(ThreadingHTTPServer):
    """Listens on the loopback address, and can cut every connection at once."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, port: int, desk: Desk, tls: ssl.SSLContext | None) -> None:
        self.desk = desk
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)
        if tls is not None:
            # The handshake belongs to the connection's own thread: a slow one harms nobody.
            self.socket = tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def hang_up(self) -> None:
        """Stop listening, then cut what is open."""
        self.shutdown()
        self.server_close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("connection ended client=%s", client_address, exc_info=True)


class Handler(BaseHTTPRequestHandler):
    """One connection of a kiosk or a browser."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60.0
    server: Server

    def do_POST(self) -> None:
        """A batch of records."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if len(body) < int(self.headers.get("Content-Length", 0)):
            self.close_connection = True
            return
        self._in_mood(lambda: self._events(body))

    def do_GET(self) -> None:
        """A poll for commands, or a person who looks."""
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        match address.path:
            case "/v1/commands":
                self._in_mood(lambda: self._commands(query))
            case "/v1/records":
                self._reply(200, self.server.desk.report(int(query.get("after", 0))))
            case "/":
                self._reply(200, _PAGE.read_bytes(), "text/html; charset=utf-8")
            case _:
                self._reply(404, {"reason": f"nothing at {address.path}"})

    def _in_mood(self, answer: Any) -> None:
        """Answer as the present mode has it."""
        desk = self.server.desk
        if not desk.welcomes(self.headers.get("Authorization", "")):
            self._reply(401, {"reason": "wrong token"})
            return
        if desk.mode == "error":
            self._reply(503, {"reason": "out of order"})
            return
        status, content = answer()
        if desk.mode == "slow":
            desk.linger()
        if desk.mode in ("drop_replies", "offline"):
            self.close_connection = True
            return
        self._reply(status, content)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(self.server.desk.wall() if timestamp is None else timestamp)

    def _events(self, body: bytes) -> tuple[int, dict[str, Any]]:
        desk = self.server.desk
        now = desk.wall()
        try:
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            batch = msgspec.json.decode(body, type=list[dict[str, Any]])
            events = [read_event(raw, now) for raw in batch]
        except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
            return 400, {"reason": f"not a batch of events: {error!r}"}
        reason = desk.refuses(events)
        if reason:
            return 422, {"reason": reason}
        return 200, {**desk.take(events), "refused": []}

    def _commands(self, query: dict[str, str]) -> tuple[int, dict[str, Any]]:
        desk = self.server.desk
        # Without a reply the kiosk learns nothing, so there is nothing to wait for.
        wait = 0.0 if desk.mode == "drop_replies" else min(float(query.get("wait", 0)), 60.0)
        answer = desk.await_commands(query.get("after", ""), wait)
        if desk.mode == "error":
            return 503, {"reason": "out of order"}
        return 200, answer

    def _reply(
        self, status: int, content: dict[str, Any] | bytes, kind: str = "application/json"
    ) -> None:
        body = content if isinstance(content, bytes) else msgspec.json.encode(content)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are only of interest to those who look for an error."""
        log.debug(format, *args)
