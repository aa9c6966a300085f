"""Whose packs are taken: a root of keys, an index of packs, delegations to estates and others.

The rules are those of The Update Framework (theupdateframework.github.io/specification): a
threshold of keys signs; a new root must be signed by the old one's keys too; versions never go
back; what has expired is not taken any more, while what was taken stays. A delegate may give only
packs whose ids begin with its name, and only the kinds that it was allowed.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from agent.signing import BadSignature, PublicKey, public_key, signers

MAX_INDEX = 1024 * 1024
"""Bytes of a root or an index."""

T = TypeVar("T", bound=Struct)

Id = Annotated[str, Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
Version = Annotated[int, Meta(ge=1, le=2_000_000_000)]
KeyId = Annotated[str, Meta(pattern="^[0-9A-F]{16}$")]
KeyLine = Annotated[str, Meta(max_length=200)]
"""A public key in minisign's base64, with or without its comment."""
Count = Annotated[int, Meta(ge=1, le=16)]


class NotTrusted(ValueError):
    """Not taken; the text says why."""


class Role(Struct, frozen=True, forbid_unknown_fields=True):
    """How many of which keys must have signed."""

    keys: Annotated[tuple[KeyId, ...], Meta(min_length=1, max_length=16)]
    threshold: Count = 1


class Root(Struct, frozen=True, forbid_unknown_fields=True, tag="root", tag_field="type"):
    """The keys of the district."""

    version: Version
    expires: datetime.date
    keys: Annotated[tuple[KeyLine, ...], Meta(min_length=1, max_length=32)]
    """Public keys in minisign's base64."""
    root: Role
    index: Role


class File(Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a pack."""

    name: Annotated[str, Meta(max_length=60)]
    length: Annotated[int, Meta(ge=0, le=512 * 1024)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Listed(Struct, frozen=True, forbid_unknown_fields=True):
    """One pack of an index."""

    id: Id
    version: Version
    files: Annotated[tuple[File, ...], Meta(min_length=1, max_length=200)]


class Delegation(Struct, frozen=True, forbid_unknown_fields=True):
    """Who else may give packs, and which."""

    name: Id
    keys: Annotated[tuple[KeyLine, ...], Meta(min_length=1, max_length=8)]
    kinds: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=20)]
    """Kinds of items that its packs may hold."""
    threshold: Count = 1


class Index(Struct, frozen=True, forbid_unknown_fields=True, tag="index", tag_field="type"):
    """What there is to be had, from one who may give it."""

    version: Version
    expires: datetime.date
    packs: Annotated[tuple[Listed, ...], Meta(max_length=200)] = ()
    delegations: Annotated[tuple[Delegation, ...], Meta(max_length=40)] = ()
    """Only in the district's own."""


def first_root(body: bytes) -> Root:
    """The root that came with the kiosk: trusted because it is there.

    Raises:
        NotTrusted: it is no root.
    """
    return _decoded(body, Root, "root")


def next_root(now: Root, body: bytes, signatures: str) -> Root:
    """The root that follows *now*: signed by a threshold of its keys and of its own.

    Raises:
        NotTrusted: wrong signatures, or not the next version.
    """
    new = _decoded(body, Root, "root")
    if new.version != now.version + 1:
        raise NotTrusted(f"root {new.version} does not follow root {now.version}")
    _signed(body, signatures, now.keys, now.root, f"root {now.version}")
    _signed(body, signatures, new.keys, new.root, f"root {new.version}")
    return new


def index(
    root: Root, body: bytes, signatures: str, *, known: int = 0, today: datetime.date | None = None
) -> Index:
    """The district's index.

    Args:
        root: whose keys count.
        body: the index as it was signed.
        signatures: in minisign's format.
        known: version of the index that is in force; an older one is refused.
        today: None where the clock is not to be trusted: then nothing expires.

    Raises:
        NotTrusted: wrong signatures, older than what is known, or expired.
    """
    _signed(body, signatures, root.keys, root.index, "the index")
    return _current(_decoded(body, Index, "index"), known, today)


def delegated(
    delegation: Delegation,
    body: bytes,
    signatures: str,
    *,
    known: int = 0,
    today: datetime.date | None = None,
) -> Index:
    """A delegate's index: of its own packs only, and without delegates of its own.

    Raises:
        NotTrusted: as `index`, or it oversteps.
    """
    keys = tuple(_keys(delegation.keys))
    role = Role(tuple(key.id for key in keys), delegation.threshold)
    _signed(body, signatures, delegation.keys, role, delegation.name)
    found = _current(_decoded(body, Index, "index"), known, today)
    if found.delegations:
        raise NotTrusted(f"{delegation.name} may not delegate")
    for pack in found.packs:
        if not pack.id.startswith(f"{delegation.name}-"):
            raise NotTrusted(f"{delegation.name} may not give the pack {pack.id}")
    return found


def _current(found: Index, known: int, today: datetime.date | None) -> Index:
    if found.version < known:
        raise NotTrusted(f"index {found.version} is older than {known}, which is in force")
    if today is not None and found.expires < today:
        raise NotTrusted(f"index {found.version} expired on {found.expires}")
    ids = [pack.id for pack in found.packs]
    if len(ids) != len(set(ids)):
        raise NotTrusted("the index names a pack twice")
    return found


def _signed(body: bytes, signatures: str, keys: Iterable[str], role: Role, what: str) -> None:
    able = [key for key in _keys(keys) if key.id in role.keys]
    try:
        found = signers(body, signatures, able)
    except BadSignature as error:
        raise NotTrusted(f"{what}: {error}") from error
    if len(found) < role.threshold:
        raise NotTrusted(f"{what}: {len(found)} of {role.threshold} signatures needed")


def _keys(texts: Iterable[str]) -> Iterable[PublicKey]:
    for text in texts:
        try:
            yield public_key(text)
        except BadSignature as error:
            raise NotTrusted(str(error)) from error


def _decoded(body: bytes, kind: type[T], what: str) -> T:
    if len(body) > MAX_INDEX:
        raise NotTrusted(f"the {what} has {len(body)} bytes; at most {MAX_INDEX}")
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise NotTrusted(f"no {what}: {error}") from error
