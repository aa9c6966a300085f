"""The packs that come with the kiosk, and the district's list of hosts."""

from __future__ import annotations

import logging
import tomllib
from collections import ChainMap
from collections.abc import Iterable
from pathlib import Path

import config
from agent.packs.index import cached
from agent.packs.reader import read_pack
from agent.services.packs.format import Pack

log = logging.getLogger(__name__)

FOLDER = Path(config.__file__).parent / "packs"


def allowed_hosts(folder: Path = FOLDER) -> tuple[str, ...]:
    """Hosts that links of packs may lead to; none where the list cannot be read."""
    try:
        listed = tomllib.loads((folder / "hosts.toml").read_text(encoding="utf-8"))["host"]
    except (OSError, ValueError, KeyError) as error:
        log.warning("no list of hosts folder=%s error=%s", folder, error)
        return ()
    return tuple(host for host in listed if isinstance(host, str))


LEVELS = ("sub-district", "block", "estate", "scene")
"""From the farthest to the nearest."""


def layered(packs: Iterable[Pack]) -> dict[str, Pack]:
    """All packs by id, with what is nearer to the resident in place of what is farther."""
    found: dict[str, Pack] = {}
    for pack in sorted(packs, key=lambda pack: LEVELS.index(pack.manifest.level)):
        base = found.get(pack.manifest.over)
        if base is None:
            found[pack.manifest.id] = pack
        else:
            nearer = {listing.id: listing for listing in pack.listings}
            kept = {listing.id: listing for listing in base.listings}
            found[base.manifest.id] = Pack(
                base.manifest,
                ChainMap(pack.items, base.items),  # type: ignore[arg-type]
                ChainMap(pack.texts, base.texts),  # type: ignore[arg-type]
                tuple({**kept, **nearer}.values()),
                base.keys,
            )
    return found


def packs_in(folder: Path = FOLDER, cache: Path | None = None) -> dict[str, Pack]:
    """The packs in *folder*, by id; a wrong one is left out, and said.

    Args:
        folder: with one folder for each pack.
        cache: where an index of them is kept, so that the next start is quick; None: nowhere.
    """
    if cache is not None:
        return cached(folder, cache, lambda: packs_in(folder))
    # A technician's own packs lead where the district's may, unless there is a list beside them.
    hosts = allowed_hosts(folder if (folder / "hosts.toml").is_file() else FOLDER)
    found: dict[str, Pack] = {}
    for path in sorted(folder.glob("*/pack.toml")):
        pack, problems = read_pack(path.parent, hosts)
        for problem in problems:
            log.error("pack wrong problem=%s", problem)
        if pack is not None:
            found[pack.manifest.id] = pack
    return found
