"""Serves the bench page on the loopback address, and does what its visitor asks for."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    PlainTextResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from hw_mocks.bench.state import changing, clip_files, fixed
from hw_mocks.daemon_process import NotReady
from hw_mocks.dispatcher import Dispatcher
from hw_mocks.workbench import Workbench

LOOK_S = 0.1
ALIVE_S = 2.0
_STATIC = Path(__file__).parent / "static"
_HOSTS = ["127.0.0.1", "localhost"]
_HEADERS = {
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    """What the visitor wants done: `do` says what, the others with or to what."""

    do: str
    device: str = ""
    value: bool | int | str | None = None
    data: dict[str, Any] = {}


class BenchServer:
    """The page for one workbench at http://127.0.0.1:*port*; *clips* is a folder of films."""

    def __init__(
        self, bench: Workbench, dispatcher: Dispatcher, port: int, clips: Path | None
    ) -> None:
        self._bench = bench
        self._dispatcher = dispatcher
        self._clips = clips
        self._token = secrets.token_urlsafe(16)
        self._origins = {f"http://{host}:{port}" for host in _HOSTS}
        self._wishes: Mapping[str, Callable[[Wish], object]] = {
            "contact": lambda wish: bench.contact(wish.device, wish.value is True),
            "measure": self._measure,
            "set": lambda wish: bench.devices[wish.device].set(wish.data),
            "plug": lambda wish: bench.plug(wish.device),
            "unplug": lambda wish: bench.unplug(wish.device),
            "play": self._play,
            "upstream": lambda wish: setattr(bench.upstream, "mode", wish.value),
            "outcome": lambda wish: setattr(dispatcher, "outcome", wish.value),
            "helper": lambda wish: setattr(dispatcher, "helper", str(wish.value)),
            "command": lambda wish: bench.upstream.send_command(str(wish.value), wish.data),
            "touch": lambda wish: bench.page.touch(str(wish.value)),
            "kill": lambda wish: bench.kill(),
            "restart": lambda wish: bench.restart(),
        }
        self.server = uvicorn.Server(
            uvicorn.Config(
                self._application(),
                host="127.0.0.1",
                port=port,
                log_level="warning",
                timeout_graceful_shutdown=1,
            )
        )
        """`run` it; it ends with Ctrl-C or when its `should_exit` is set."""

    def _application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self._page),
                Route("/state", self._state),
                Route("/do", self._do, methods=["POST"]),
                Route("/sound/{name}", self._sound),
                Mount("/static", StaticFiles(directory=_STATIC)),
            ],
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS)],
        )

    async def _page(self, request: Request) -> Response:
        html = (_STATIC / "bench.html").read_text(encoding="utf-8")
        return HTMLResponse(html.replace("{token}", self._token), headers=_HEADERS)

    async def _state(self, request: Request) -> Response:
        return StreamingResponse(self._stream(), media_type="text/event-stream", headers=_HEADERS)

    async def _stream(self) -> AsyncIterator[bytes]:
        yield b"retry: 1000\nevent: fixed\n" + _data(fixed(self._bench, self._clips))
        last: bytes | None = None
        silent = 0.0
        while not self.server.should_exit:
            now = _data(await run_in_threadpool(changing, self._bench, self._dispatcher))
            if now != last:
                last, silent = now, 0.0
                yield now
            elif silent >= ALIVE_S:
                silent = 0.0
                yield b": alive\n\n"
            await asyncio.sleep(LOOK_S)
            silent += LOOK_S

    async def _do(self, request: Request) -> Response:
        if request.headers.get("origin") not in self._origins:
            return PlainTextResponse("wishes are only taken from this page", 403)
        token = request.headers.get("x-bench-token", "")
        if not secrets.compare_digest(token.encode(), self._token.encode()):
            return PlainTextResponse("not this page's token; load the page again", 403)
        try:
            wish = msgspec.json.decode(await request.body(), type=Wish)
            await run_in_threadpool(self._wishes[wish.do], wish)
        except (msgspec.DecodeError, KeyError, ValueError, OSError, NotReady) as error:
            return PlainTextResponse(str(error), 409)
        return Response(status_code=204)

    async def _sound(self, request: Request) -> Response:
        names = {Path(said.sound).name: said.sound for said in self._bench.loudspeaker.said()}
        path = names.get(request.path_params["name"])
        if path is None:
            return PlainTextResponse("no such sound", 404)
        return FileResponse(path, media_type="audio/wav")

    def _measure(self, wish: Wish) -> None:
        if isinstance(wish.value, str | bool):
            raise ValueError("mm must be a number or nothing")
        self._bench.measure(wish.device, wish.value)

    def _play(self, wish: Wish) -> None:
        clips = {clip.name: clip for clip in clip_files(self._clips)}
        self._bench.camera_play(wish.device, clips[str(wish.value)])


def _data(value: object) -> bytes:
    return b"data: " + msgspec.json.encode(value) + b"\n\n"
