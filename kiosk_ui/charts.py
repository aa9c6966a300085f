"""The technician's page of charts: a day or a week of what this kiosk has recorded."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import jinja2
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from kiosk_ui.entry import Entry, enter
from kiosk_ui.loopback import Guarded, listening, serve

log = logging.getLogger(__name__)

_HERE = Path(__file__).parent
SPANS = (1, 7)
"""Days that a page may show."""
_OLDEST = 60
"""Pages back: nothing is kept for longer."""


class Figure(NamedTuple):
    """One chart and the table that says the same."""

    title: str
    note: str
    svg: str
    """Empty: there is nothing to draw, and the note says so."""
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


class Sheet(NamedTuple):
    """A page of charts, in the technician's language."""

    language: str
    """``zh`` or ``en``."""
    heading: str
    period: str
    notes: Sequence[str]
    figures: Sequence[Figure]
    legend: Sequence[tuple[str, str]]
    """Class of charts.css → what it means."""
    labels: Sequence[str]
    """Of the links: day, week, earlier, later."""


class Unreadable(Exception):
    """The records cannot be read; the text says why and what to do."""


Draw = Callable[[int, int], Sheet]
"""From days and pages back to a page. May block, may raise `Unreadable`."""


class ChartsServer:
    """Serves what *draw* makes, to who brings *secret*, see `kiosk_ui.entry`."""

    def __init__(self, port: int, draw: Draw, secret: str) -> None:
        self._entry = Entry(secret)
        self._port = port
        self._draw = draw
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
        )
        environment.filters["drawn"] = Markup  # what kiosk_ui.plot has escaped
        self._templates = environment

    def run(self, stop: threading.Event) -> None:
        """Serve until *stop* is set or Ctrl-C is pressed.

        Raises:
            DriverUnavailable: the port is taken.
        """
        routes = [
            Route("/", self._page),
            Route("/enter", self._enter, methods=["POST"]),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ]
        app = Guarded(Starlette(routes=routes), self._port)
        with listening(self._port, "choose another one with --port") as listener:
            log.info("charts page up address=http://127.0.0.1:%d", self._port)
            asyncio.run(serve(app, listener, stop, lambda: None))

    async def _page(self, request: Request) -> Response:
        if not self._entry.admits(request):
            page = self._templates.get_template("enter.html").render(run="")
            return HTMLResponse(page, 403)
        try:
            days = int(request.query_params.get("days", SPANS[0]))
            back = int(request.query_params.get("back", 0))
        except ValueError:
            days = back = -1
        if days not in SPANS or not 0 <= back <= _OLDEST:
            return PlainTextResponse(f"days: 1 or 7; back: 0 to {_OLDEST}\n", 400)
        try:
            sheet = await run_in_threadpool(self._draw, days, back)
        except Unreadable as error:
            return PlainTextResponse(f"{error}\n", 503)
        page = self._templates.get_template("charts.html").render(
            sheet=sheet, days=days, back=back, oldest=_OLDEST
        )
        return HTMLResponse(page)

    async def _enter(self, request: Request) -> Response:
        return await enter(request, self._entry)
