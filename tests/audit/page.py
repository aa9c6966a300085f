"""The page without a socket, as a target: bytes to its protocol, from others and from its browser.

The server that listens (`doors`) delays whom it refuses, so that ten million bytes take an hour.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import anyio.to_thread
import uvicorn
from uvicorn.server import ServerState

from agent.settings import PageSettings
from kiosk_ui import loopback
from kiosk_ui.entry import COOKIE
from kiosk_ui.server import PageServer
from tests.audit.doors import PAGE_REQUESTS, request
from tests.audit.target import Target
from tests.kiosk_ui.samples import WORDS, sample

_PORT = 8080
_SECRET = "0123456789abcdef" * 4
_STEPS = 24
"""Turns of the loop after which who is still not done waits for more to be said."""


class _Line(asyncio.Transport):
    """A connection whose other side reads all at once."""

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: asyncio.Protocol) -> None:
        super().__init__({"peername": ("127.0.0.1", 50_000), "sockname": ("127.0.0.1", _PORT)})
        self._loop = loop
        self._protocol = protocol
        self._closing = False
        self.answer = bytearray()

    def write(self, data: Any) -> None:
        """See `asyncio.Transport`."""
        if not self._closing:
            self.answer += data

    def close(self) -> None:
        """See `asyncio.Transport`."""
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self._protocol.connection_lost, None)

    abort = close

    def is_closing(self) -> bool:
        """See `asyncio.Transport`."""
        return self._closing

    def pause_reading(self) -> None:
        """All has been said already."""

    resume_reading = pause_reading


class _Inside:
    """One page server, and a loop that runs as long as there is something to do."""

    def __init__(self) -> None:
        self.acted = 0
        self.server = PageServer(
            PageSettings(port=_PORT), self._act, WORDS, sample("home"), _SECRET
        )
        cookie = self.server._entry.cookie(_SECRET)
        assert cookie is not None
        self.admitted = cookie.partition(";")[0].encode()
        self._guarded: Any = self.server._application()
        self._thread = ThreadPoolExecutor(1)
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(self._failed)
        self._failure: object = None
        self._config = uvicorn.Config(
            self._guarded, log_config=None, access_log=False, lifespan="off", ws="none",
            server_header=False, date_header=False, proxy_headers=False,
        )  # fmt: skip
        self._config.load()

    def _act(self, action: str, sequence: int) -> bool:
        assert 0 < len(action) <= 64
        self.acted += 1
        return True

    def _failed(self, loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        self._failure = context

    def said(self, data: bytes) -> bytes:
        """All that is answered to *data*."""
        self._guarded._refusals = loopback._REFUSALS_AT_ONCE  # none of before
        # On a thread of its own: a browser that is driven from ours has its loop there.
        done = self._thread.submit(self._loop.run_until_complete, self._converse(data))
        answer = done.result()
        assert self._failure is None, self._failure
        assert not self.server._streams
        return answer

    async def _converse(self, data: bytes) -> bytes:
        state = ServerState()
        protocol = loopback._Patient(self._config, state, {}, self._loop)
        line = _Line(self._loop, protocol)
        protocol.connection_made(line)
        half = len(data) // 2
        for part in filter(None, (data[:half], data[half:])):
            if not line.is_closing():
                protocol.data_received(part)
                await asyncio.sleep(0)
        await self._quiet(state)
        line.close()
        await self._quiet(state)
        return bytes(line.answer)

    async def _quiet(self, state: ServerState) -> None:
        limiter = anyio.to_thread.current_default_thread_limiter()
        steps = 0
        while steps < _STEPS:
            await asyncio.sleep(0.0002 if limiter.borrowed_tokens else 0)
            steps = 0 if limiter.borrowed_tokens else steps + 1
            if not state.tasks and steps > 2:
                return


@cache
def inside() -> _Inside:
    """The page that is fuzzed."""
    return _Inside()


def _to_page(data: bytes) -> None:
    """Whatever is said: no answer has anything of the page in it without the secret, and nothing
    fails inside."""
    page = inside()
    data = data.replace(b"PORT", b"%d" % _PORT).replace(b"ADMITTED", page.admitted)
    data = data.replace(b"TOKEN", page.server._token.encode())
    acted = page.acted
    answer = page.said(data)
    assert b"\r\n\r\nTraceback" not in answer and b"HTTP/1.1 500 " not in answer
    if page.admitted not in data:
        assert page.acted == acted
        assert b"data-screen" not in answer and b"x-linli-token" not in answer.lower()
        assert f"{COOKIE}=".encode() not in answer or _SECRET.encode() in data


_BROWSER = {"Cookie": "ADMITTED", "X-Linli-Token": "TOKEN"}
TARGETS: Mapping[str, Target] = {
    "page": Target(
        _to_page,
        (),
        (
            *PAGE_REQUESTS,
            request("GET", "/", headers=_BROWSER),
            request("GET", "/events", headers=_BROWSER),
            request("POST", "/action", b'{"action": "home", "sequence": 1}', _BROWSER),
            request("POST", "/enter", b'{"secret": "%b"}' % _SECRET.encode()),
        ),
    )
}
