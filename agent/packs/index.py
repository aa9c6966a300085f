"""Packs without their items: what a start needs of a hundred packs is read in a moment."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from agent.packs.reader import understand_item
from agent.services.packs.format import Item, Listing, Manifest, Pack
from agent.services.packs.listing import LazyItems, LazyTexts

log = logging.getLogger(__name__)

_KEPT = b"listings with needs"
"""Another text when `Indexed` holds something else."""


class Indexed(msgspec.Struct, frozen=True):
    """A pack without its items."""

    manifest: Manifest
    listings: tuple[Listing, ...]
    keys: tuple[str, ...]


class _Cached(msgspec.Struct, frozen=True):
    digest: str
    packs: tuple[Indexed, ...]


def index_of(pack: Pack) -> Indexed:
    """What is kept of *pack*."""
    return Indexed(pack.manifest, pack.listings, pack.keys)


def lazy_pack(indexed: Indexed, names: tuple[str, ...], data: Callable[[str], bytes]) -> Pack:
    """A pack whose items are read when they are opened.

    Args:
        indexed: of the pack when it was read whole.
        names: of its files.
        data: the contents of one of them.
    """

    def item(id: str) -> Item:
        return understand_item(f"{id}.toml", data(f"{id}.toml"))

    ids = tuple(listing.id for listing in indexed.listings)
    texts = tuple(name for name in names if name.endswith(".md"))
    return Pack(
        indexed.manifest,
        LazyItems(ids, item),
        LazyTexts(texts, lambda name: data(name).decode("utf-8-sig")),
        indexed.listings,
        indexed.keys,
    )


def cached(folder: Path, cache: Path, read: Callable[[], dict[str, Pack]]) -> dict[str, Pack]:
    """The packs in *folder*: by the index in *cache* while nothing has changed, else by *read*.

    Args:
        folder: with one folder for each pack.
        cache: may be emptied at any time.
        read: reads them all, and says what is wrong.
    """
    digest = _digest(folder)
    file = cache / "packs.index"
    try:
        kept = msgspec.msgpack.decode(file.read_bytes(), type=_Cached)
        if kept.digest == digest:
            return {one.manifest.id: _from(folder, one) for one in kept.packs}
    except (OSError, msgspec.MsgspecError) as error:
        log.debug("no index of packs error=%s", error)
    packs = read()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        content = _Cached(digest, tuple(index_of(pack) for pack in packs.values()))
        file.write_bytes(msgspec.msgpack.encode(content))
    except OSError as error:
        log.info("index of packs not kept error=%s", error)
    return packs


def _from(folder: Path, indexed: Indexed) -> Pack:
    own = folder / indexed.manifest.id
    names = tuple(path.name for path in own.glob("*.md"))
    return lazy_pack(indexed, names, lambda name: (own / name).read_bytes())


def _digest(folder: Path) -> str:
    """Changes when any file does, or what is kept of them."""
    seen = hashlib.sha256(_KEPT)
    for path in sorted(folder.glob("*/*")):
        found = path.lstat()
        seen.update(f"{path.parent.name}/{path.name} {found.st_size} {found.st_mtime_ns}".encode())
    return seen.hexdigest()
