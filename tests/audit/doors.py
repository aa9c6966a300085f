"""Servers that others on the machine or the network reach, as targets: bytes on a connection."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import tempfile
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from agent.contract.driver import Site
from drivers.intake.events import signature
from drivers.intake.webhook import IntakeHttp, IntakeHttpSettings
from tests.audit.target import Target

_SECRET = b"0123456789abcdef0123456789abcdef"
_PATIENCE_S = 2.0

OPEN = contextlib.ExitStack()
"""The servers that were begun; whoever fuzzes closes them."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def said(port: int, data: bytes, most: int = 65_536) -> bytes:
    """The answer to *data* and the end of what we say."""
    answer = b""
    with (
        socket.create_connection(("127.0.0.1", port), _PATIENCE_S) as connection,
        contextlib.suppress(ConnectionError, TimeoutError),
    ):
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        while len(answer) < most and (part := connection.recv(65_536)):
            answer += part
    return answer


@cache
def _page() -> int:
    from tests.kiosk_ui.browsing import Site as PageSite

    site = PageSite("a-secret")
    OPEN.callback(_page.cache_clear)
    OPEN.callback(site.stop)
    return site.port


def _page_is_up() -> bytes:
    _page()
    return PAGE_REQUESTS[0]


def _to_page(data: bytes) -> None:
    """Whatever is said: no answer has anything of the page in it without the secret, and the page
    answers the next one."""
    answer = said(_page(), data.replace(b"PORT", b"%d" % _page()))
    assert b"data-screen" not in answer and b"x-linli-token" not in answer.lower()
    assert b"\r\n\r\nTraceback" not in answer and b" 500 " not in answer[:20]


@cache
def _intake() -> int:
    port = free_port()
    secret = Path(tempfile.mkdtemp(prefix="linli-fuzz-")) / "secret"
    secret.touch(mode=0o600)
    secret.write_bytes(_SECRET)
    settings = IntakeHttpSettings(port=port, secret_file=str(secret), takes=("presence",))
    driver = IntakeHttp("door", settings, Site(secret.parent, secret.parent))
    stop = threading.Event()
    server = threading.Thread(target=driver.run, args=(lambda _: None, stop))
    server.start()
    OPEN.callback(_intake.cache_clear)
    OPEN.callback(server.join)
    OPEN.callback(stop.set)
    for _ in range(200):
        with contextlib.suppress(ConnectionError):
            socket.create_connection(("127.0.0.1", port)).close()
            break
        os.sched_yield()
    return port


def _to_intake(data: bytes) -> None:
    answer = said(_intake(), data)
    assert not answer or answer.startswith((b"HTTP/1.", b"<!DOCTYPE"))


def request(
    method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = MappingProxyType({})
) -> bytes:
    """As a browser would say it; PORT stands for the port."""
    fields = {"Host": "127.0.0.1:PORT", "Origin": "http://127.0.0.1:PORT", **headers}
    if body:
        fields |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{key}: {value}" for key, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


_CHOICE = json.dumps({"action": "home", "sequence": 1}).encode()
_EVENT = b'{"nonce": "0123456789abcdef", "at": 1, "event": {"kind": "presence", "present": true}}'
UPGRADE = {
    "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}  # fmt: skip
PAGE_REQUESTS = (
    request("GET", "/"),
    request("GET", "/events", headers={"Cookie": "linli=0"}),
    request("POST", "/action", _CHOICE, {"X-Linli-Token": "0", "Cookie": "linli=0"}),
    request("POST", "/enter", b'{"secret": "guess"}'),
    request("GET", "/static/page.js", headers={"Range": "bytes=0-1"}),
    request("GET", "/events", headers=UPGRADE) + b"\x81\x85\x00\x00\x00\x00hello",
)

TARGETS: Mapping[str, Target] = {
    "page served": Target(_to_page, (), PAGE_REQUESTS, made=_page_is_up, most=200_000),
    "posted": Target(
        _to_intake, (),
        (request("POST", "/", _EVENT, {"X-Linli-Signature": signature(_SECRET, _EVENT)}),),
    ),
}  # fmt: skip
