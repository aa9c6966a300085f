"""The packs of one kiosk at its start: from the shelf where it has a set, else those that ship."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import NamedTuple

from agent.core.clock import Clock
from agent.packs.packaged import allowed_hosts, layered, packs_in
from agent.packs.shelf import Shelf
from agent.packs.sync import PackSync, Upstream
from agent.packs.trust import NotTrusted
from agent.services.packs.format import Pack
from agent.settings import UpstreamSettings
from agent.uplink.credentials import Credentials
from agent.uplink.https import open_session

log = logging.getLogger(__name__)

FILE = "packs.db"


class Stock(NamedTuple):
    """What is served, and what keeps it up to date."""

    packs: dict[str, Pack]
    sync: PackSync | None
    """None: only the packs that ship are served."""


def stock(
    root: str,
    upstream: UpstreamSettings,
    data: Path,
    clock: Clock,
    own: Path | None = None,
    cache: Path | None = None,
) -> Stock:
    """The packs in force.

    Args:
        root: file with the district's keys; empty: there is none.
        upstream: where packs are fetched from, if it is reached by HTTPS.
        data: folder of the shelf.
        clock: of the kiosk.
        own: folder of packs that the technician keeps on this kiosk.
        cache: folder that may be emptied at any time; None: nothing is kept for the next start.
    """
    local = packs_in(own).values() if own is not None and own.is_dir() else ()
    shipped = packs_in(cache=cache)
    if not root:
        return Stock(layered([*shipped.values(), *local]), None)
    try:
        shelf = Shelf(data / FILE, Path(root).read_bytes())
        packs = shelf.packs(allowed_hosts())
    except (OSError, sqlite3.Error, NotTrusted) as error:
        log.error("packs cannot be kept root=%s error=%s; those that ship are served", root, error)
        return Stock(layered([*shipped.values(), *local]), None)
    source = None
    if upstream.url.startswith("http"):
        credentials = Credentials(upstream)
        source = Upstream(upstream.url, lambda: open_session(credentials), upstream.timeout_s)
    given = packs or shipped
    return Stock(layered([*given.values(), *local]), PackSync(shelf, source, clock))
