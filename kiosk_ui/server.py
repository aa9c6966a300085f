"""The page's server: one page, one stream of snapshots, one way to choose. Loopback only."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import socket
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, Protocol

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.contract import DriverUnavailable, Emit
from agent.snapshot import Snapshot, Words
from kiosk_ui.drawing import Drawing

log = logging.getLogger(__name__)

Act = Callable[[str, int], bool]
"""Take *action*, chosen when the page showed snapshot *sequence*; False when it is not offered."""

_STATIC = Path(__file__).parent / "static"
_ALIVE_EVERY = 2.0
"""Seconds. The page takes silence of more than 4 s for the loss of the daemon."""
_LONGEST_BODY = 1024
_HEADERS = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; object-src 'none'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class PageSettings(Protocol):
    """What the server is told by the ``[page]`` table."""

    @property
    def port(self) -> int:
        """TCP port on 127.0.0.1."""


class _Choice(msgspec.Struct, forbid_unknown_fields=True):
    action: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    sequence: int


class PageServer:
    """Shows the newest snapshot to every open page and hands their choices on."""

    name = "page"

    def __init__(self, settings: PageSettings, act: Act, words: Words, first: Snapshot) -> None:
        """*act* is called on the server's thread and must not block; *first* is shown first."""
        self._port = settings.port
        self._act = act
        self._drawing = Drawing(words)
        self._latest = first
        self._encoded: tuple[Snapshot, bytes] | None = None
        self._token = secrets.token_urlsafe(32)
        self._run = secrets.token_hex(8)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._streams: set[asyncio.Event] = set()
        self._closing = False

    def publish(self, snapshot: Snapshot) -> None:
        """Show *snapshot* from now on. Never blocks; pages that lag skip to the newest."""
        self._latest = snapshot
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has just closed: nobody looks
                loop.call_soon_threadsafe(self._wake)

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Serve until *stop* is set; returns within 1 s of it.

        Raises:
            DriverUnavailable: the port is taken.
        """
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", self._port))
            except OSError as error:
                raise DriverUnavailable(
                    f"127.0.0.1:{self._port}: {error.strerror}; end the program that uses it "
                    f"(ss -ltnp 'sport = :{self._port}') or set another port under [page]"
                ) from error
            asyncio.run(self._serve(listener, stop))

    async def _serve(self, listener: socket.socket, stop: threading.Event) -> None:
        config = uvicorn.Config(
            self._application(),
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            http="h11",
            server_header=False,
            proxy_headers=False,
            limit_concurrency=64,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        self._closing = False
        self._loop = asyncio.get_running_loop()
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        log.info("page up address=http://127.0.0.1:%d", self._port)
        try:
            while not stop.is_set() and not serving.done():
                await asyncio.sleep(0.1)
        finally:
            self._loop = None
            self._closing = True
            self._wake()
            server.should_exit = True
            await serving

    def _wake(self) -> None:
        for stream in self._streams:
            stream.set()

    def _application(self) -> ASGIApp:
        routes = [
            Route("/", self._page),
            Route("/events", self._events),
            Route("/action", self._action, methods=["POST"]),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ]
        return _Guarded(Starlette(routes=routes), self._port)

    async def _page(self, request: Request) -> Response:
        return HTMLResponse(self._drawing.page(self._latest, self._token, self._run))

    async def _events(self, request: Request) -> Response:
        return StreamingResponse(self._stream(), media_type="text/event-stream")

    async def _stream(self) -> AsyncIterator[bytes]:
        changed = asyncio.Event()
        self._streams.add(changed)
        shown = None
        alive = f"event: alive\ndata: {self._run}\n\n".encode()
        yield b"retry: 1000\n" + alive
        try:
            while not self._closing:
                changed.clear()
                latest = self._latest
                if latest is not shown:
                    shown = latest
                    yield self._encode(latest)
                    continue
                try:
                    await asyncio.wait_for(changed.wait(), _ALIVE_EVERY)
                except TimeoutError:
                    yield alive
        finally:
            self._streams.discard(changed)

    def _encode(self, snapshot: Snapshot) -> bytes:
        """One server-sent event: the snapshot's own fields and `html`, its drawing."""
        if self._encoded is None or self._encoded[0] is not snapshot:
            drawn = msgspec.structs.asdict(snapshot) | {"html": self._drawing.frame(snapshot)}
            data = msgspec.json.encode(drawn)
            event = b"id: %d\ndata: %b\n\n" % (snapshot.sequence, data)
            self._encoded = snapshot, event
        return self._encoded[1]

    async def _action(self, request: Request) -> Response:
        if not secrets.compare_digest(
            request.headers.get("x-linli-token", "").encode(), self._token.encode()
        ):
            return PlainTextResponse("not this page's token; load the page again\n", 403)
        if request.headers.get("content-type") != "application/json":
            return PlainTextResponse("send application/json\n", 415)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _LONGEST_BODY:
                return PlainTextResponse(f"at most {_LONGEST_BODY} bytes\n", 413)
        try:
            choice = msgspec.json.decode(body, type=_Choice)
        except msgspec.DecodeError as error:
            return PlainTextResponse(f"{error}\n", 400)
        return Response(status_code=204 if self._act(choice.action, choice.sequence) else 409)


_ANSWER = "/static/icon.svg"
"""Harmless to show to others: start.html, a file, waits until it can be loaded."""


class _Guarded:
    """Refuses what does not come from our own page, and adds the protective headers.

    The Host check keeps other sites from reaching us under a name of theirs (DNS rebinding);
    the Origin check keeps them from sending choices.
    """

    def __init__(self, inner: ASGIApp, port: int) -> None:
        self._inner = inner
        self._hosts = {f"127.0.0.1:{port}".encode(), f"localhost:{port}".encode()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
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
