"""Where packs are kept: contents by hash, and the set that is in force, swapped whole.

One SQLite file beside the store. A download goes on where it stopped; a set is taken in one
transaction, after every pack in it was read and found right, so a power cut leaves the old set
or the new one. What is in force is never thrown away for something that cannot be read.
"""

from __future__ import annotations

import datetime
import hashlib
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from agent.packs import trust
from agent.packs.index import Indexed, index_of, lazy_pack
from agent.packs.reader import likeness, understand_pack
from agent.packs.trust import File, Index, Listed, NotTrusted, Root
from agent.services.packs.format import Pack
from agent.services.packs.registry import STRUCTS, kind_of

MAX_BYTES = 64 * 1024 * 1024
"""Of all packs of a set together."""

_TABLES = """
CREATE TABLE IF NOT EXISTS blob (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS part (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS document (name TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS listing (pack TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS pack (id TEXT PRIMARY KEY, version INTEGER, giver TEXT, files BLOB);
"""


class Signed(NamedTuple):
    """A document and who signed it."""

    body: bytes
    signatures: str


class Offer(NamedTuple):
    """All documents of one set, as upstream or a USB stick gives them."""

    district: Signed
    """The index of the district."""
    roots: tuple[Signed, ...] = ()
    """Roots that follow the one in force, oldest first."""
    delegated: Mapping[str, Signed] = {}
    """Indexes of the delegates, by their names."""


class Plan(NamedTuple):
    """A set that may be taken: who gives which packs."""

    root: Root
    root_body: bytes
    versions: Mapping[str, int]
    """Version of each index, by its giver; ``district`` is the district's own."""
    packs: Mapping[str, tuple[str, Listed]]
    """Pack id → giver and listing."""
    kinds: Mapping[str, frozenset[str]]
    """Giver → kinds of items that it may give."""

    def files(self) -> dict[str, File]:
        """All files of the set, by hash."""
        return {file.sha256: file for _, listed in self.packs.values() for file in listed.files}


class Shelf:
    """Packs on this kiosk. Used by one thread at a time."""

    def __init__(self, path: Path, first_root: bytes) -> None:
        """Open *path*, or make it.

        Args:
            path: of the SQLite file.
            first_root: the root that came with the kiosk, for a shelf that has none yet.

        Raises:
            sqlite3.Error: it cannot be opened.
            NotTrusted: *first_root* is no root.
        """
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(_TABLES)
        self._root_body = self._document("root") or first_root
        self._root = trust.first_root(self._root_body)
        (self._version,) = self._db.execute("PRAGMA data_version").fetchone()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # -- what is in force ------------------------------------------------------------------

    def changed_by_others(self) -> bool:
        """Whether another process has taken a set since this was last asked."""
        (version,) = self._db.execute("PRAGMA data_version").fetchone()
        changed = bool(version != self._version)
        self._version = version
        if changed:
            self._root_body = self._document("root") or self._root_body
            self._root = trust.first_root(self._root_body)
        return changed

    def versions(self) -> dict[str, int]:
        """Version of each index in force, by its giver."""
        body = self._document("versions")
        return msgspec.json.decode(body, type=dict[str, int]) if body else {}

    def root_version(self) -> int:
        """Version of the root in force."""
        return self._root.version

    def packs(self, hosts: Iterable[str] = ()) -> dict[str, Pack]:
        """The packs in force; their items are read when they are opened."""
        rows = self._db.execute(
            "SELECT pack.id, files, body FROM pack LEFT JOIN listing ON pack = id ORDER BY id"
        ).fetchall()
        found: dict[str, Pack] = {}
        for id, encoded, body in rows:
            files = msgspec.json.decode(encoded, type=tuple[File, ...])
            if body is not None:
                found[id] = self._lazy(files, msgspec.msgpack.decode(body, type=Indexed))
            elif (pack := self._whole(id, files, tuple(hosts))) is not None:
                found[id] = pack  # taken by a release that kept no listings
        return found

    def _lazy(self, files: tuple[File, ...], indexed: Indexed) -> Pack:
        at = {file.name: file.sha256 for file in files}

        def data(name: str) -> bytes:
            found = self._blob(at[name])
            if found is None:
                raise ValueError(f"{name} is not on the shelf any more")
            return found

        return lazy_pack(indexed, tuple(at), data)

    def _whole(self, id: str, files: tuple[File, ...], hosts: tuple[str, ...]) -> Pack | None:
        contents = {file.name: self._blob(file.sha256) for file in files}
        whole = {name: data for name, data in contents.items() if data is not None}
        return understand_pack(id, whole, hosts).pack if len(whole) == len(files) else None

    # -- a new set -------------------------------------------------------------------------

    def plan(self, offer: Offer, today: datetime.date | None) -> Plan:
        """What *offer* comes to, if its signatures and versions are right.

        Raises:
            NotTrusted: they are not; nothing was changed.
        """
        root, root_body = self._root, self._root_body
        for signed in offer.roots:
            root, root_body = trust.next_root(root, *signed), signed.body
        known = self.versions()
        main = trust.index(root, *offer.district, known=known.get("district", 0), today=today)
        versions = {"district": main.version}
        kinds = {"district": frozenset(STRUCTS)}
        packs = {pack.id: ("district", pack) for pack in main.packs}
        for delegation in main.delegations:
            name = delegation.name
            signed_by_delegate = offer.delegated.get(name)
            if signed_by_delegate is None:
                continue
            found: Index = trust.delegated(
                delegation, *signed_by_delegate, known=known.get(name, 0), today=today
            )
            versions[name], kinds[name] = found.version, frozenset(delegation.kinds)
            for pack in found.packs:
                if pack.id in packs:
                    raise NotTrusted(
                        f"{name} gives the pack {pack.id}, as does {packs[pack.id][0]}"
                    )
                packs[pack.id] = (name, pack)
        self._never_back(packs)
        total = sum(file.length for _, pack in packs.values() for file in pack.files)
        if total > MAX_BYTES:
            raise NotTrusted(f"all packs together have {total} bytes; at most {MAX_BYTES}")
        return Plan(root, root_body, versions, packs, kinds)

    def _never_back(self, packs: Mapping[str, tuple[str, Listed]]) -> None:
        for id, version in self._db.execute("SELECT id, version FROM pack"):
            if id in packs and packs[id][1].version < version:
                older = packs[id][1].version
                raise NotTrusted(f"pack {id}: version {older} is older than {version}")

    def missing(self, plan: Plan) -> list[tuple[File, int]]:
        """Files of the set that are not here yet, each with the bytes that are."""
        return [
            (file, len(self._part(sha256)))
            for sha256, file in plan.files().items()
            if self._blob(sha256) is None
        ]

    def add(self, file: File, data: bytes) -> bool:
        """More bytes of *file*; true when it is whole.

        Raises:
            NotTrusted: it is longer than said, or another; what was here of it is forgotten.
        """
        data = self._part(file.sha256) + data
        if len(data) < file.length:
            self._db.execute("INSERT OR REPLACE INTO part VALUES (?, ?)", (file.sha256, data))
            return False
        self._db.execute("DELETE FROM part WHERE sha256 = ?", (file.sha256,))
        if len(data) > file.length or hashlib.sha256(data).hexdigest() != file.sha256:
            raise NotTrusted(f"{file.name} is not what the index says")
        self._db.execute("INSERT OR REPLACE INTO blob VALUES (?, ?)", (file.sha256, data))
        return True

    def take(self, plan: Plan, hosts: Iterable[str] = ()) -> dict[str, Pack]:
        """Put the set in force, whole.

        Raises:
            NotTrusted: a file is missing, or a pack in it is wrong; the old set stays.
        """
        allowed = tuple(hosts)
        packs: dict[str, Pack] = {}
        for id, (giver, listed) in plan.packs.items():
            packs[id] = self._read(id, listed, allowed)
            for name, item in packs[id].items.items():
                kind = kind_of(item)
                if kind not in plan.kinds[giver]:
                    raise NotTrusted(f"pack {id}: {giver} may not give '{name}', a {kind}")
            if packs[id].manifest.version != listed.version:
                raise NotTrusted(f"pack {id}: its version is not that of the index")
        _apart(packs, plan)
        kept = tuple(plan.files())
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("DELETE FROM pack")
            self._db.executemany(
                "INSERT INTO pack VALUES (?, ?, ?, ?)",
                [
                    (id, listed.version, giver, msgspec.json.encode(listed.files))
                    for id, (giver, listed) in plan.packs.items()
                ],
            )
            self._db.execute("DELETE FROM listing")
            self._db.executemany(
                "INSERT INTO listing VALUES (?, ?)",
                [(id, msgspec.msgpack.encode(index_of(pack))) for id, pack in packs.items()],
            )
            for name, body in (
                ("root", plan.root_body),
                ("versions", msgspec.json.encode(plan.versions)),
            ):
                self._db.execute("INSERT OR REPLACE INTO document VALUES (?, ?)", (name, body))
            self._db.execute("DELETE FROM part")
            held = [row[0] for row in self._db.execute("SELECT sha256 FROM blob")]
            unused = [(sha256,) for sha256 in held if sha256 not in kept]
            self._db.executemany("DELETE FROM blob WHERE sha256 = ?", unused)
        self._root, self._root_body = plan.root, plan.root_body
        return packs

    def _read(self, id: str, listed: Listed, hosts: tuple[str, ...]) -> Pack:
        files: dict[str, bytes] = {}
        for file in listed.files:
            data = self._blob(file.sha256)
            if data is None:
                raise NotTrusted(f"pack {id}: {file.name} is not here yet")
            files[file.name] = data
        pack, problems = understand_pack(id, files, hosts)
        if pack is None:
            raise NotTrusted(f"pack {id}: {problems[0]}")
        return pack

    # -- rows ------------------------------------------------------------------------------

    def _document(self, name: str) -> bytes | None:
        row = self._db.execute("SELECT body FROM document WHERE name = ?", (name,)).fetchone()
        return bytes(row[0]) if row else None

    def _blob(self, sha256: str) -> bytes | None:
        row = self._db.execute("SELECT data FROM blob WHERE sha256 = ?", (sha256,)).fetchone()
        return bytes(row[0]) if row else None

    def _part(self, sha256: str) -> bytes:
        row = self._db.execute("SELECT data FROM part WHERE sha256 = ?", (sha256,)).fetchone()
        return bytes(row[0]) if row else b""


def _apart(packs: Mapping[str, Pack], plan: Plan) -> None:
    """No pack may pass for one of somebody else's.

    Raises:
        NotTrusted: two givers' packs have titles that look alike.
    """
    seen: dict[str, str] = {}
    for id, pack in packs.items():
        titles = pack.manifest.title
        for title in (titles,) if isinstance(titles, str) else titles.values():
            other = seen.setdefault(likeness(title), id)
            if plan.packs[other][0] != plan.packs[id][0] and not pack.manifest.over:
                raise NotTrusted(f"pack {id}: its title looks like that of {other}")
