"""Fetches packs from upstream, and notices those that a technician brought on a stick.

``GET /v1/packs`` gives the signed documents, ``GET /v1/packs/<sha256>`` one file, from a byte on.
What is taken is decided by `agent.packs.shelf`; this only carries.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import logging
import re
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Protocol

import msgspec
import requests
from msgspec import Meta
from urllib3.exceptions import HTTPError

from agent.contract.driver import Emit
from agent.core.clock import Clock
from agent.messages import PacksRefusal, PacksReplaced
from agent.packs.packaged import allowed_hosts
from agent.packs.shelf import Offer, Shelf, Signed
from agent.packs.trust import MAX_INDEX, File, NotTrusted
from agent.records import shortened
from agent.uplink.transport import Failure

log = logging.getLogger(__name__)

_EVERY = 900.0
"""Seconds between questions whether there is something new."""
_LOOK = 30.0
"""Seconds between looks whether a technician has brought something."""
_SIGNATURES = 16_384
"""Bytes of all signatures of a document."""
_PIECE = 64 * 1024
"""Bytes that are read at once."""
_KEPT, _KEPT_OF = 256 * 1024, 16
"""So many bytes of a file, and no less than such a part of it, are written at once: whatever small
pieces it comes in, the card is not written to for each."""
_PATIENCE, _SLOWEST = 30.0, 500.0
"""Seconds after which whoever sends fewer bytes a second for all that while is hung up on."""


class _Document(msgspec.Struct, frozen=True):
    body: Annotated[str, Meta(max_length=2 * MAX_INDEX)]
    """Base64: exactly what was signed."""
    signatures: Annotated[str, Meta(max_length=_SIGNATURES)]


class _Offered(msgspec.Struct, frozen=True):
    index: _Document
    roots: Annotated[tuple[_Document, ...], Meta(max_length=50)] = ()
    delegated: Annotated[dict[str, _Document], Meta(max_length=40)] = {}


class Source(Protocol):
    """Where packs come from."""

    def offer(self, root: int) -> Offer:
        """The documents, with the roots that follow number *root*.

        Raises:
            OSError: it cannot be reached.
            NotTrusted: it answers something else.
        """

    def file(self, file: File, start: int) -> Iterator[bytes]:
        """The bytes of *file* from *start* on, in pieces.

        Raises:
            OSError: it broke off.
        """


class Upstream:
    """Packs over HTTPS."""

    def __init__(self, url: str, session: Callable[[], requests.Session], timeout: float) -> None:
        self._url = url.rstrip("/")
        self._open = session
        self._timeout = timeout

    def offer(self, root: int) -> Offer:
        """See `Source`."""
        with self._open() as session:
            answer = session.get(
                f"{self._url}/v1/packs",
                params={"root": str(root)},
                timeout=self._timeout,
                stream=True,
                allow_redirects=False,
            )
            if answer.status_code != requests.codes.ok:
                raise OSError(f"upstream answers {answer.status_code}")
            body = b"".join(_bounded(answer, 8 * MAX_INDEX))
        try:
            offered = msgspec.json.decode(body, type=_Offered)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise NotTrusted(f"no offer of packs: {error}") from error
        return Offer(
            _signed(offered.index),
            tuple(_signed(one) for one in offered.roots),
            {name: _signed(one) for name, one in offered.delegated.items()},
        )

    def file(self, file: File, start: int) -> Iterator[bytes]:
        """See `Source`."""
        with self._open() as session:
            answer = session.get(
                f"{self._url}/v1/packs/{file.sha256}",
                headers={"Range": f"bytes={start}-", "Accept-Encoding": "identity"},
                timeout=self._timeout,
                stream=True,
                allow_redirects=False,
            )
            wanted = (
                (requests.codes.partial,) if start else (requests.codes.partial, requests.codes.ok)
            )
            if answer.status_code not in wanted:
                raise OSError(f"upstream answers {answer.status_code} for {file.name}")
            yield from _bounded(answer, file.length - start)


class Stick:
    """Packs in a folder, as a technician brings them."""

    def __init__(self, folder: Path) -> None:
        """*folder* holds index.json, roots and delegates' indexes, each with its .minisig, and the
        packs' folders below ``packs``."""
        self._folder = folder
        self._files: dict[str, Path] = {}

    def offer(self, root: int) -> Offer:
        """See `Source`."""
        for path in sorted((self._folder / "packs").glob("*/*")):
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_INDEX:
                self._files[hashlib.sha256(path.read_bytes()).hexdigest()] = path
        others = sorted(self._folder.glob("*.json"))
        roots = sorted(
            (path for path in others if re.fullmatch(r"(root-)?[0-9]{1,9}", path.stem)),
            key=lambda path: int(path.stem.removeprefix("root-")),
        )
        following = [path for path in roots if int(path.stem.removeprefix("root-")) > root]
        delegated = [path for path in others if path not in roots and path.stem != "index"]
        return Offer(
            self._read(self._folder / "index.json"),
            tuple(map(self._read, following)),
            {path.stem: self._read(path) for path in delegated},
        )

    def file(self, file: File, start: int) -> Iterator[bytes]:
        """See `Source`."""
        if file.sha256 not in self._files:
            raise OSError(f"{file.name} is not in {self._folder}/packs as the index says")
        yield self._files[file.sha256].read_bytes()[start:]

    def _read(self, path: Path) -> Signed:
        body = _plain(path, MAX_INDEX)
        try:
            signatures = _plain(path.with_name(f"{path.name}.minisig"), _SIGNATURES).decode()
        except UnicodeDecodeError as error:
            raise NotTrusted(f"{path.name}.minisig is no text: {error}") from error
        return Signed(body, signatures)


def _plain(path: Path, most: int) -> bytes:
    """What stands in a file that is neither a link nor a pipe, and not too long."""
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise NotTrusted(f"{path.name} is not a plain file")
    if found.st_size > most:
        raise NotTrusted(f"{path.name} has {found.st_size} bytes; at most {most}")
    return path.read_bytes()


def fetch(
    shelf: Shelf, source: Source, today: datetime.date | None, hosts: tuple[str, ...]
) -> bool:
    """Take what *source* offers; whether it is another set than the one in force.

    Raises:
        OSError: it broke off; what came is kept, and the next time goes on there.
        NotTrusted: it was refused; the old set stays.
    """
    plan = shelf.plan(source.offer(shelf.root_version()), today)
    if plan.versions == shelf.versions() and plan.root.version == shelf.root_version():
        return False
    for file, had in shelf.missing(plan):
        start = had
        for piece in _gathered(source.file(file, start), max(_KEPT, file.length // _KEPT_OF)):
            if shelf.add(file, piece):
                break
        else:
            raise OSError(f"{file.name} broke off")
    shelf.take(plan, hosts)
    return True


class PackSync:
    """Keeps the packs up to date while the kiosk runs."""

    name = "packs"
    isolated: ClassVar[bool] = False

    def __init__(self, shelf: Shelf, source: Source | None, clock: Clock) -> None:
        """*source*: None where nothing is fetched and only sticks are looked for."""
        self._shelf = shelf
        self._source = source
        self._clock = clock
        self._refused = ""

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Ask and look until *stop* is set."""
        ask_at = 0.0
        while not stop.is_set():
            changed = self._shelf.changed_by_others()
            if self._source is not None and self._clock.boot() >= ask_at:
                ask_at = self._clock.boot() + _EVERY
                changed |= self._ask(self._source, emit)
            if changed:
                packs = self._shelf.packs(allowed_hosts())
                versions: Mapping[str, int] = self._shelf.versions()
                emit(PacksReplaced(source=self.name, packs=packs, versions=versions))
            if self._clock.wait(stop, self._clock.boot() + _LOOK):
                return

    def _ask(self, source: Source, emit: Emit) -> bool:
        today = None
        if self._clock.trusted:
            today = datetime.datetime.fromtimestamp(self._clock.wall(), datetime.UTC).date()
        try:
            return fetch(self._shelf, source, today, allowed_hosts())
        except (OSError, requests.RequestException, HTTPError, Failure) as error:
            log.info("packs not fetched error=%s", error)
        except (NotTrusted, sqlite3.Error) as error:
            log.warning("packs refused reason=%s", error)
            if str(error) != self._refused:  # said once
                self._refused = str(error)
                emit(PacksRefusal(source=self.name, reason=shortened(self._refused)))
        return False


def _signed(document: _Document) -> Signed:
    try:
        return Signed(base64.b64decode(document.body, validate=True), document.signatures)
    except (binascii.Error, ValueError) as error:
        raise NotTrusted(f"a document is no base64: {error}") from error


def _gathered(pieces: Iterator[bytes], least: int) -> Iterator[bytes]:
    """*pieces* joined to *least* bytes; what is there when they break off comes before that."""
    held, broken = bytearray(), None
    try:
        for piece in pieces:
            held += piece
            if len(held) >= least:
                yield bytes(held)
                held.clear()
    except (OSError, requests.RequestException, HTTPError) as error:
        broken = error
    if held:
        yield bytes(held)
    if broken is not None:
        raise broken


def _bounded(answer: requests.Response, most: int) -> Iterator[bytes]:
    """What is sent, in pieces.

    Raises:
        OSError: it comes so slowly that it would never end.
        NotTrusted: it is too long.
    """
    had, began = 0, time.monotonic()
    # As it comes: what was read before the connection broke is kept.
    while piece := answer.raw.read1(_PIECE, decode_content=True):
        had += len(piece)
        if had > most:
            raise NotTrusted(f"upstream sends more than {most} bytes")
        took = time.monotonic() - began
        if took > _PATIENCE and had < took * _SLOWEST:
            raise OSError(f"upstream sent {had} bytes in {took:.0f} s; the next time goes on there")
        yield piece
