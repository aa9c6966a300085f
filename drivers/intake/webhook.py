"""A webhook on this machine, or its network, to which another terminal posts signed events."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Annotated, Any, ClassVar

import msgspec

from agent.contract.driver import Accepts, DriverUnavailable, Emit, Emits, Site
from drivers.intake.events import EMITS, LONGEST, Intake, Refused, Takes, secret_of

log = logging.getLogger(__name__)

LOOK_S = 0.25
"""How often *stop* is seen while nobody posts."""
PATIENCE_S = 1.0
"""How long a sender may let us wait for its next bytes."""
WHOLE_S = 3.0
"""Seconds from the opening of a connection to its end, however its bytes drip."""
MOST = 16
"""Connections at a time."""


class IntakeHttpSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where another terminal posts to: ``POST /``, the HMAC in the header X-Linli-Signature."""

    port: Annotated[int, msgspec.Meta(ge=1024, le=65535, extra={"claims": "TCP port"})]
    """TCP port; each terminal has its own, and its own secret."""
    listen: Annotated[str, msgspec.Meta(pattern=r"^[0-9.]{7,15}$")] = "127.0.0.1"
    """Address of this machine that it listens at. Another than 127.0.0.1 lets the whole network
    try; events are signed, not secret."""
    secret_file: Annotated[str, msgspec.Meta(min_length=1)]
    """File with the secret of both sides, 32 characters or more: openssl rand -hex 32."""
    takes: Takes
    """The events that this terminal may tell of."""


class IntakeHttp:
    """Emits what the terminal tells; answers 204, or why not."""

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = EMITS
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: IntakeHttpSettings, site: Site) -> None:
        self.name = name
        self._settings = settings

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Listen until *stop* is set.

        Raises:
            DriverUnavailable: no secret, or the port is in use.
        """
        settings = self._settings
        intake = Intake(self.name, secret_of(settings.secret_file), settings.takes)
        try:
            server = _Server((settings.listen, settings.port), _Handler)
        except OSError as error:
            raise DriverUnavailable(
                f"{settings.listen}:{settings.port}: {error.strerror}; choose another port"
            ) from error
        with server:
            server.intake, server.emit, server.source = intake, emit, self.name
            server.timeout = LOOK_S
            while not stop.is_set():
                server.handle_request()
                server.end_slow()


class _Server(ThreadingHTTPServer):
    """Each connection has a thread, for one that says nothing must keep no fall from us; there are
    few, and beyond that the oldest one goes of the address that has most."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    intake: Intake
    emit: Emit
    source: str

    def __init__(self, *arguments: Any) -> None:
        self._open: dict[socket.socket, tuple[str, float]] = {}
        """In the order of their beginning: whose, and since when."""
        self._lock = threading.Lock()
        self.telling = threading.Lock()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open[request] = client_address[0], time.monotonic()
            if len(self._open) > MOST:
                [(most, _)] = Counter(whose for whose, _ in self._open.values()).most_common(1)
                self._end(next(one for one, (whose, _) in self._open.items() if whose == most))
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def end_slow(self, longest: float = WHOLE_S) -> None:
        """End the connections that are older than so many seconds."""
        now = time.monotonic()
        with self._lock:
            for one in [one for one, (_, since) in self._open.items() if now - since > longest]:
                self._end(one)

    def server_close(self) -> None:
        super().server_close()
        self.end_slow(-1.0)

    def _end(self, connection: socket.socket) -> None:
        """Its thread wakes, and closes it."""
        self._open.pop(connection, None)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # that of HTTPServer asks the name server who we are

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("sender lost driver=%s", self.source, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = PATIENCE_S
    server_version = "linli"
    sys_version = ""

    def do_POST(self) -> None:
        try:
            signed, body = self.headers.get("X-Linli-Signature", ""), self._body()
            with self.server.telling:
                self.server.emit(self.server.intake.admit(signed, body))
        except Refused as refused:
            log.warning("event refused driver=%s reason=%s", self.server.source, refused)
            self._answer(refused.status, str(refused))
            return
        self._answer(204, "")

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            raise Refused(411, "Content-Length is missing")
        if len(length) > 6 or int(length) > LONGEST:
            raise Refused(413, f"at most {LONGEST} bytes")
        return self.rfile.read(int(length))

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        with contextlib.suppress(OSError):
            self.send_response(status)
            if body:
                self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """What counts is logged where it is decided."""
