"""Packs fetched over HTTP by hash, with resumption, and packs brought on a stick."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import requests

from agent.cli import main
from agent.contract.signals import Signal
from agent.core.clock import Clock
from agent.messages import PacksRefusal, PacksReplaced
from agent.packs import sync
from agent.packs.shelf import Shelf, Signed
from agent.packs.sync import PackSync, Upstream
from agent.packs.trust import NotTrusted
from tests.agent.packs.district import FILES, Signer, index, listed, root, signed


class District(BaseHTTPRequestHandler):
    """A content server that may break off."""

    index: ClassVar[Signed]
    breaks: ClassVar[bool] = False
    page: ClassVar[bytes] = b""
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """The offer, or a file from a byte on."""
        District.asked.append(f"{self.path} {self.headers.get('Range', '')}")
        if District.page:
            return self._send(200, District.page)
        if self.path.startswith("/v1/packs?"):
            return self._send(200, json.dumps({"index": document(District.index)}).encode())
        name = self.path.rsplit("/", 1)[1]
        entries = listed("demo", FILES)["files"]
        data = FILES[next(one["name"] for one in entries if one["sha256"] == name)]
        start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        if District.breaks and not start:
            self.send_response(206)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[:20])
            self.wfile.flush()
            self.close_connection = True
            return None
        return self._send(206, data[start:])

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def document(signed: Signed) -> dict[str, str]:
    """As it is sent."""
    return {"body": base64.b64encode(signed.body).decode(), "signatures": signed.signatures}


@pytest.fixture
def key() -> Signer:
    """The district's key."""
    return Signer()


@pytest.fixture
def shelf(tmp_path: Path, key: Signer) -> Iterator[Shelf]:
    """An empty shelf."""
    shelf = Shelf(tmp_path / "packs.db", json.dumps(root([key])).encode())
    yield shelf
    shelf.close()


@pytest.fixture
def upstream(key: Signer) -> Iterator[Upstream]:
    """A district that offers one pack."""
    District.index = signed(index(listed("demo", FILES)), key)
    District.breaks, District.asked, District.page = False, [], b""
    server = ThreadingHTTPServer(("127.0.0.1", 0), District)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Upstream(f"http://127.0.0.1:{server.server_port}", requests.Session, 5.0)
    server.shutdown()
    thread.join()
    server.server_close()


def once(shelf: Shelf, source: Upstream) -> list[Signal]:
    """What one look comes to."""
    emitted: list[Signal] = []
    stop = threading.Event()

    def emit(signal: Signal) -> None:
        emitted.append(signal)
        stop.set()

    thread = threading.Thread(target=PackSync(shelf, source, Clock()).run, args=(emit, stop))
    thread.start()
    thread.join(2)
    stop.set()
    thread.join(5)
    return emitted


def test_a_set_is_fetched_and_told(shelf: Shelf, upstream: Upstream) -> None:
    """Once: the next look finds nothing new and fetches no file."""
    (replaced,) = once(shelf, upstream)
    assert isinstance(replaced, PacksReplaced)
    assert list(replaced.packs) == ["demo"] and replaced.versions == {"district": 1}
    District.asked = []
    assert once(shelf, upstream) == []
    assert len(District.asked) == 1


def test_a_download_that_broke_off_goes_on_there(shelf: Shelf, upstream: Upstream) -> None:
    """The second time asks from the byte on that was missing."""
    District.breaks = True
    assert once(shelf, upstream) == []
    assert shelf.packs() == {}
    for _ in range(5):
        once(shelf, upstream)
    assert list(shelf.packs()) == ["demo"]
    assert any("bytes=20-" in asked for asked in District.asked)


def test_a_forged_set_is_refused_and_said_once(
    shelf: Shelf, upstream: Upstream, key: Signer
) -> None:
    """The reason goes up; what was in force stays."""
    once(shelf, upstream)
    District.index = signed(index(version=2), Signer())
    (refused,) = once(shelf, upstream)
    assert isinstance(refused, PacksRefusal) and "0 of 1 signatures" in refused.reason
    assert list(shelf.packs()) == ["demo"]


@pytest.mark.parametrize("body", [b"<html>", b"[" * 5000, b"[]", b"{}"])
def test_an_answer_that_is_no_offer_is_refused(upstream: Upstream, body: bytes) -> None:
    """A proxy's page, nesting, a list."""
    District.page = body
    with pytest.raises(NotTrusted):
        upstream.offer(1)


def test_a_technician_brings_packs_on_a_stick(
    tmp_path: Path, key: Signer, capsys: pytest.CaptureFixture[str]
) -> None:
    """`linli pack take` says what is in force; a changed file on the stick is refused."""
    stick, data = tmp_path / "stick", tmp_path / "data"
    (stick / "packs" / "demo").mkdir(parents=True)
    data.mkdir()
    for name, content in FILES.items():
        (stick / "packs" / "demo" / name).write_bytes(content)
    offered = signed(index(listed("demo", FILES)), key)
    (stick / "index.json").write_bytes(offered.body)
    (stick / "index.json.minisig").write_text(offered.signatures)
    (tmp_path / "root.json").write_text(json.dumps(root([key])))
    command = ["pack", "take", str(stick), "--root", str(tmp_path / "root.json")]
    command += ["--data", str(data)]
    (stick / "packs" / "demo" / "how-to.toml").write_text("type = 1")
    assert main(command) == 2
    assert "not taken" in capsys.readouterr().err
    (stick / "packs" / "demo" / "how-to.toml").write_bytes(FILES["how-to.toml"])
    assert main(command) == 0
    assert "demo 1" in capsys.readouterr().out


class _Drip:
    """An answer that comes a byte at a time, each after *every* seconds."""

    def __init__(self, data: bytes, every: float) -> None:
        self.raw = self
        self.now = 0.0
        self._data = iter(data)
        self._every = every

    def read1(self, most: int, decode_content: bool) -> bytes:
        self.now += self._every
        return bytes([byte]) if (byte := next(self._data, None)) is not None else b""


def test_who_drips_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte every two seconds never fails a time-out, and would hold the thread for a year; a
    line that is merely slow is waited for."""
    dripping = _Drip(bytes(1000), every=2.0)
    monkeypatch.setattr("agent.packs.sync.time.monotonic", lambda: dripping.now)
    with pytest.raises(OSError, match="bytes in 32 s"):
        list(sync._bounded(dripping, 1000))  # type: ignore[arg-type]
    slow = _Drip(bytes(60_000), every=0.001)
    monkeypatch.setattr("agent.packs.sync.time.monotonic", lambda: slow.now)
    assert b"".join(sync._bounded(slow, 60_000)) == bytes(60_000)  # type: ignore[arg-type]


def test_small_pieces_cost_the_card_few_writes() -> None:
    """A file that comes byte by byte is kept in large pieces, and what came before the line broke
    is not lost."""

    def pieces() -> Iterator[bytes]:
        yield from (b"x" for _ in range(1000))
        raise OSError("broke off")

    gathered = sync._gathered(pieces(), 300)
    assert [len(next(gathered)) for _ in range(4)] == [300, 300, 300, 100]
    with pytest.raises(OSError, match="broke off"):
        next(gathered)
