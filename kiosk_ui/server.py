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
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from agent.contract.driver import Emit
from agent.dialogue.snapshot import Snapshot, Words
from kiosk_ui.drawing import Drawing
from kiosk_ui.entry import Entry, enter, secret_of_unit
from kiosk_ui.loopback import Guarded, listening, sent, serve

log = logging.getLogger(__name__)

Act = Callable[[str, int], bool]
"""Take *action*, chosen when the page showed snapshot *sequence*; False when it is not offered."""

_STATIC = Path(__file__).parent / "static"
_ALIVE_EVERY = 2.0
"""Seconds. The page takes silence of more than 4 s for the loss of the daemon."""
_LONGEST_BODY = 1024
_MOST_STREAMS = 4


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

    def __init__(
        self,
        settings: PageSettings,
        act: Act,
        words: Words,
        first: Snapshot,
        secret: str | None = None,
    ) -> None:
        """Args:
        act: is called on the server's thread and must not block.
        first: is shown first.
        secret: whoever brings it may look and act, see `kiosk_ui.entry`; None: the unit's.
        """
        self._entry = Entry(secret_of_unit() if secret is None else secret)
        self._port = settings.port
        self._act = act
        self._drawing = Drawing(words)
        self._latest = first
        self._encoded: tuple[Snapshot, bytes] | None = None
        self._token = secrets.token_urlsafe(32)
        self._run = secrets.token_hex(8)
        self._entrance = self._drawing.entrance(self._run)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._streams: dict[asyncio.Event, bool] = {}
        """In the order of their beginning; False: it has to end, for a newer one."""
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
        with listening(self._port, "set another port under [page]") as listener:
            asyncio.run(self._serve(listener, stop))

    async def _serve(self, listener: socket.socket, stop: threading.Event) -> None:
        self._closing = False
        self._loop = asyncio.get_running_loop()
        log.info("page up address=http://127.0.0.1:%d", self._port)
        await serve(self._application(), listener, stop, self._close)

    def _close(self) -> None:
        self._loop = None
        self._closing = True
        self._wake()

    def _wake(self) -> None:
        for stream in self._streams:
            stream.set()

    def _application(self) -> ASGIApp:
        routes = [
            Route("/", self._page),
            Route("/events", self._events),
            Route("/action", self._action, methods=["POST"]),
            Route("/enter", self._enter, methods=["POST"]),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ]
        return Guarded(Starlette(routes=routes), self._port)

    async def _page(self, request: Request) -> Response:
        if not self._entry.admits(request):
            return HTMLResponse(self._entrance, 403)
        return HTMLResponse(self._drawing.page(self._latest, self._token, self._run))

    async def _enter(self, request: Request) -> Response:
        return await enter(request, self._entry)

    async def _events(self, request: Request) -> Response:
        if not self._entry.admits(request):
            return PlainTextResponse("only for this kiosk's own browser\n", 403)
        return StreamingResponse(self._stream(), media_type="text/event-stream")

    async def _stream(self) -> AsyncIterator[bytes]:
        changed = asyncio.Event()
        self._make_room()
        self._streams[changed] = True
        shown = None
        alive = f"event: alive\ndata: {self._run}\n\n".encode()
        yield b"retry: 1000\n" + alive
        try:
            while not self._closing:
                if not self._streams[changed]:
                    yield b"event: elsewhere\ndata:\n\n"
                    return
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
            del self._streams[changed]

    def _make_room(self) -> None:
        """One more may look: then who began to look first looks no more. A browser opens six
        connections at the most, so that some are left to act by."""
        going_on = [stream for stream, stays in self._streams.items() if stays]
        for stream in going_on[: max(0, len(going_on) - _MOST_STREAMS + 1)]:
            self._streams[stream] = False
            stream.set()

    def _encode(self, snapshot: Snapshot) -> bytes:
        """One server-sent event: the snapshot's own fields and `html`, its drawing."""
        if self._encoded is None or self._encoded[0] is not snapshot:
            drawn = msgspec.structs.asdict(snapshot) | {"html": self._drawing.frame(snapshot)}
            data = msgspec.json.encode(drawn)
            event = b"id: %d\ndata: %b\n\n" % (snapshot.sequence, data)
            self._encoded = snapshot, event
        return self._encoded[1]

    async def _action(self, request: Request) -> Response:
        if not self._entry.admits(request):
            return PlainTextResponse("only for this kiosk's own browser\n", 403)
        body = await sent(request, self._token, _LONGEST_BODY)
        if isinstance(body, Response):
            return body
        try:
            choice = msgspec.json.decode(body, type=_Choice)
        except msgspec.DecodeError as error:
            return PlainTextResponse(f"{error}\n", 400)
        return Response(status_code=204 if self._act(choice.action, choice.sequence) else 409)
