"""Signatures in minisign's format: Ed25519 over the text, or over its BLAKE2b-512 hash.

Format: https://jedisct1.github.io/minisign/#signature-format. A signature is four lines; several
may stand one below the other. `minisign -S` makes them, `minisign -V` checks them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAX_SIGNATURES = 16
_TRUSTED = "trusted comment: "


class BadSignature(ValueError):
    """The text names what is wrong."""


class PublicKey(NamedTuple):
    """Who may sign."""

    id: str
    """Sixteen hexadecimal digits, as minisign prints it."""
    key: Ed25519PublicKey


def public_key(text: str) -> PublicKey:
    """A key as `minisign -G` writes it: its line in base64, with or without the comment line.

    Raises:
        BadSignature: it is something else.
    """
    line = text.strip().split("\n")[-1].strip()
    algorithm, id, key = _unpacked(line, 32, "public key")
    if algorithm != b"Ed":
        raise BadSignature(f"'{line[:20]}' is no Ed25519 key; make one with: minisign -G")
    return PublicKey(id, Ed25519PublicKey.from_public_bytes(key))


def signers(data: bytes, signatures: str, keys: Iterable[PublicKey]) -> dict[str, str]:
    """Whose signatures of *data* are right: id of the key → its trusted comment.

    Signatures by other keys are passed over; a wrong one by a known key is refused.

    Raises:
        BadSignature: not in minisign's format, too many, or wrong.
    """
    known: Mapping[str, PublicKey] = {key.id: key for key in keys}
    lines = signatures.strip().split("\n")
    if len(lines) % 4 or len(lines) > 4 * MAX_SIGNATURES:
        raise BadSignature(f"{len(lines)} lines are no signatures: each has four")
    found: dict[str, str] = {}
    for start in range(0, len(lines), 4):
        _, line, comment, whole = (part.rstrip("\r") for part in lines[start : start + 4])
        algorithm, id, signature = _unpacked(line, 64, "signature")
        if id not in known:
            continue
        if not comment.startswith(_TRUSTED) or algorithm not in (b"Ed", b"ED"):
            raise BadSignature(f"the signature by {id} is not in minisign's format")
        signed = hashlib.blake2b(data).digest() if algorithm == b"ED" else data
        said = comment.removeprefix(_TRUSTED)
        try:
            known[id].key.verify(signature, signed)
            known[id].key.verify(_decoded(whole, "signature"), signature + said.encode())
        except InvalidSignature:
            raise BadSignature(f"the signature by {id} does not fit the text") from None
        found[id] = said
    return found


def _unpacked(line: str, length: int, what: str) -> tuple[bytes, str, bytes]:
    raw = _decoded(line, what)
    if len(raw) != 2 + 8 + length:
        raise BadSignature(f"a {what} has {2 + 8 + length} bytes, this has {len(raw)}")
    return raw[:2], raw[2:10][::-1].hex().upper(), raw[10:]


def _decoded(line: str, what: str) -> bytes:
    try:
        return base64.b64decode(line.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature(f"'{line[:20]}' is no {what} in base64") from None
