"""The technician's page on which zones are drawn over a camera's sketch. Loopback only."""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Protocol

import jinja2
import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from kiosk_ui.entry import Entry, enter
from kiosk_ui.loopback import Guarded, listening, sent, serve

log = logging.getLogger(__name__)

_HERE = Path(__file__).parent
_LONGEST_BODY = 64 * 1024


class Drawn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A zone as it stands on the page, perhaps unfinished."""

    name: str
    kind: str
    polygon: Annotated[list[tuple[float, float]], msgspec.Meta(max_length=200)]
    """Corners in fractions of the picture."""


class Flaw(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one of the zones."""

    zone: int
    """Its place among them."""
    text: str
    """What is wrong, and what to do."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of zones in the configuration."""

    toml: str
    """Empty where there are flaws."""
    flaws: list[Flaw]


class Unable(Exception):
    """It could not be done; the text says why and what to do."""


class Desk(Protocol):
    """What the page is for: one camera and its zones. May block."""

    camera: str
    """Name of the camera in kiosk.toml."""
    zones: Sequence[Drawn]
    """Those that the configuration has."""
    file: str
    """Path of the drop-in that `write` writes; empty: it cannot."""

    def look(self, zones: Sequence[Drawn]) -> dict[str, Any]:
        """A new sketch (`drivers.vision.sketch.Sketch`), black in what is private of *zones*.

        Its key `guide`, if there is one, is a `drivers.vision.ground.Guide`.

        Raises:
            Unable: the camera gives no picture.
        """

    def check(self, zones: Sequence[Drawn]) -> Verdict:
        """The TOML of *zones*, or what is wrong with them."""

    def write(self, zones: Sequence[Drawn]) -> str:
        """Write them to the drop-in; returns what to do next.

        Raises:
            Unable: they have flaws, or the file cannot be written or has no effect.
        """


class _Sheet(msgspec.Struct, forbid_unknown_fields=True):
    zones: Annotated[list[Drawn], msgspec.Meta(max_length=100)]


class ZonesServer:
    """Serves the page for one desk."""

    def __init__(self, port: int, desk: Desk, sketch: dict[str, Any], secret: str = "") -> None:
        """*sketch* is shown first, and only to who brings *secret*, see `kiosk_ui.entry`."""
        self._entry = Entry(secret)
        self._port = port
        self._desk = desk
        self._sketch = sketch
        self._token = secrets.token_urlsafe(32)
        self._camera = asyncio.Lock()

    def run(self, stop: threading.Event) -> None:
        """Serve until *stop* is set or Ctrl-C is pressed.

        Raises:
            DriverUnavailable: the port is taken.
        """
        routes = [
            Route("/", self._page),
            Route("/look", self._look, methods=["POST"]),
            Route("/check", self._check, methods=["POST"]),
            Route("/write", self._write, methods=["POST"]),
            Route("/enter", self._enter, methods=["POST"]),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ]
        app: ASGIApp = Guarded(Starlette(routes=routes), self._port)
        with listening(self._port, "choose another one with --port") as listener:
            log.info("zones page up address=http://127.0.0.1:%d", self._port)
            asyncio.run(serve(app, listener, stop, lambda: None))

    def _page(self, request: Request) -> Response:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
        )
        if not self._entry.admits(request):
            return HTMLResponse(environment.get_template("enter.html").render(run=""), 403)
        beginning = {"zones": self._desk.zones, "sketch": self._sketch}
        html = environment.get_template("zones.html").render(
            token=self._token,
            camera=self._desk.camera,
            file=self._desk.file,
            beginning=msgspec.json.encode(beginning).decode(),
        )
        return HTMLResponse(html)

    async def _enter(self, request: Request) -> Response:
        return await enter(request, self._entry)

    async def _look(self, request: Request) -> Response:
        zones = await self._zones(request)
        if isinstance(zones, Response):
            return zones
        try:
            async with self._camera:
                self._sketch = await run_in_threadpool(self._desk.look, zones)
        except Unable as error:
            return PlainTextResponse(str(error), 503)
        return _json(self._sketch)

    async def _check(self, request: Request) -> Response:
        zones = await self._zones(request)
        if isinstance(zones, Response):
            return zones
        return _json(self._desk.check(zones))

    async def _write(self, request: Request) -> Response:
        zones = await self._zones(request)
        if isinstance(zones, Response):
            return zones
        try:
            return PlainTextResponse(await run_in_threadpool(self._desk.write, zones))
        except Unable as error:
            return PlainTextResponse(str(error), 409)

    async def _zones(self, request: Request) -> list[Drawn] | Response:
        if not self._entry.admits(request):
            return PlainTextResponse("only for who was given this page's address\n", 403)
        body = await sent(request, self._token, _LONGEST_BODY)
        if isinstance(body, Response):
            return body
        try:
            return msgspec.json.decode(body, type=_Sheet).zones
        except msgspec.DecodeError as error:
            return PlainTextResponse(f"{error}\n", 400)


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")
