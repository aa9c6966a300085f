"""How a page is served to this machine's own browser, and to nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from typing import ClassVar

import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from agent.contract.driver import DriverUnavailable

_HEADERS = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; object-src 'none'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_LOOK = 0.5
"""Seconds between looks at *stop*."""
_REQUEST_WITHIN = 6.0
"""Seconds from the opening of a connection, or the last answer on it, to a whole request."""
_MOST_SILENT = 64
_REFUSALS, _REFUSALS_AT_ONCE = 10.0, 30.0
"""Refusals a second that are answered without delay, for long and at once."""
_REFUSED_AFTER = 0.25
"""Seconds until each of the others is answered: who is refused for ever must not keep the loop
busy that shows what a key did."""
_MOST_DELAYED = 32
_ANSWER = "/static/icon.svg"
"""Harmless to show to others: start.html, a file, waits until it can be loaded."""


@contextlib.contextmanager
def listening(port: int, elsewhere: str) -> Iterator[socket.socket]:
    """Gives a socket that listens on *port* of 127.0.0.1; *elsewhere* says how to set another.

    Raises:
        DriverUnavailable: the port is taken.
    """
    held = _held(port)
    if held is not None:
        yield held  # it stays open: the next one who listens here takes it again
        return
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise DriverUnavailable(
                f"127.0.0.1:{port}: {error.strerror}; end the program that uses it "
                f"(ss -ltnp 'sport = :{port}') or {elsewhere}"
            ) from error
        yield listener


_FIRST_PASSED = 3
"""The first descriptor that the service manager passes: see sd_listen_fds(3)."""


def _held(port: int) -> socket.socket | None:
    """The socket on *port* that the service manager holds for this process; None: it holds none."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    count = int(os.environ.get("LISTEN_FDS", "0"))
    for descriptor in range(_FIRST_PASSED, _FIRST_PASSED + count):
        # A copy: asyncio closes what it has listened on.
        passed = socket.socket(fileno=os.dup(descriptor))
        if passed.family == socket.AF_INET and passed.getsockname() == ("127.0.0.1", port):
            return passed
        passed.close()
    return None


async def serve(
    app: ASGIApp, listener: socket.socket, stop: threading.Event, ending: Callable[[], None]
) -> None:
    """Serve until *stop* is set; *ending* is then called to end responses that never would."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        http=_Patient,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    try:
        await _Server(config, stop, ending).serve(sockets=[listener])
    finally:
        ending()


class _Patient(H11Protocol):
    """A connection that is given some seconds for each request, and yields where there are many.

    Who opens connections and says nothing keeps nobody from the page: beyond `_MOST_SILENT` the
    one that has been silent longest is closed. One that is being answered never is.
    """

    _silent: ClassVar[dict[_Patient, None]] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._expect()
        if len(self._silent) > _MOST_SILENT:
            next(iter(self._silent)).transport.close()

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._silent.pop(self, None)
            self._until.cancel()

    def on_response_complete(self) -> None:
        """See the original."""
        super().on_response_complete()
        if not self.transport.is_closing() and (self.cycle is None or self.cycle.response_complete):
            self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._silent.pop(self, None)
        self._until.cancel()
        super().connection_lost(exc)

    def _expect(self) -> None:
        self._silent.pop(self, None)
        self._silent[self] = None
        self._until = self.loop.call_later(_REQUEST_WITHIN, self.transport.close)


class _Server(uvicorn.Server):
    """One that sleeps while nobody asks: the original wakes ten times a second, to keep a date
    that we do not send and to count requests that we do not limit."""

    def __init__(
        self, config: uvicorn.Config, stop: threading.Event, ending: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._stop = stop
        self._ending = ending

    async def main_loop(self) -> None:
        self.server_state.default_headers = self.config.encoded_headers
        while not (self._stop.is_set() or self.should_exit):
            await asyncio.sleep(_LOOK)
        self._ending()


class Guarded:
    """Refuses what does not come from our own page, and adds the protective headers.

    The Host check keeps other sites from reaching us under a name of theirs (DNS rebinding);
    the Origin check keeps them from sending choices.
    """

    def __init__(self, inner: ASGIApp, port: int) -> None:
        self._inner = inner
        self._refusals, self._counted, self._delayed = _REFUSALS_AT_ONCE, 0.0, 0
        self._hosts = {f"127.0.0.1:{port}".encode(), f"localhost:{port}".encode()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] >= 400:
                    await self._without_haste()
                added = _HEADERS | {
                    # Styles and scripts may be kept but are asked for again: an upgrade shows.
                    "cache-control": "no-cache" if "/static/" in scope["path"] else "no-store"
                }
                if scope["path"] == _ANSWER:
                    added["cross-origin-resource-policy"] = "cross-origin"
                message["headers"] = [
                    *message["headers"],
                    *((name.encode(), value.encode()) for name, value in added.items()),
                ]
            await send(message)

        headers = dict(scope["headers"])
        origins = {b"http://" + host for host in self._hosts}
        app = self._inner
        if headers.get(b"host") not in self._hosts:
            app = PlainTextResponse("this page is only for this machine's own screen\n", 421)
        elif scope["method"] not in ("GET", "HEAD") and headers.get(b"origin") not in origins:
            app = PlainTextResponse("choices are only taken from this page\n", 403)
        await app(scope, receive, guarded)

    async def _without_haste(self) -> None:
        """Wait, where there were too many refusals lately."""
        now = asyncio.get_running_loop().time()
        fresh = (now - self._counted) * _REFUSALS
        self._refusals = min(_REFUSALS_AT_ONCE, self._refusals + fresh)
        self._counted = now
        if self._refusals >= 1:
            self._refusals -= 1
        elif self._delayed < _MOST_DELAYED:
            self._delayed += 1
            try:
                await asyncio.sleep(_REFUSED_AFTER)
            finally:
                self._delayed -= 1


async def json_of(request: Request, longest: int) -> bytes | Response:
    """The JSON that was sent, of *longest* bytes at the most, or the refusal of anything else."""
    if request.headers.get("content-type") != "application/json":
        return PlainTextResponse("send application/json\n", 415)
    body = b""
    try:
        async with asyncio.timeout(_REQUEST_WITHIN):
            async for part in request.stream():
                body += part
                if len(body) > longest:
                    return PlainTextResponse(f"at most {longest} bytes\n", 413)
    except TimeoutError:
        return PlainTextResponse("too slow\n", 408)
    return body


async def sent(request: Request, token: str, longest: int) -> bytes | Response:
    """The JSON that our own page, which has the *token*, sent; or the refusal of anything else."""
    given = request.headers.get("x-linli-token", "")
    if not secrets.compare_digest(given.encode(), token.encode()):
        return PlainTextResponse("not this page's token; load the page again\n", 403)
    return await json_of(request, longest)
