"""The code of a resident's card: an opaque id and wishes, signed by the district.

``LLK1.`` and base64url without padding of: 8 bytes that name the key, 64 bytes of an Ed25519
signature (RFC 8032) over `CONTEXT` and the body, the body: a `Card` as an array of MessagePack. So
it works offline, and nobody learns at which kiosk a card was shown. It tells no name, number or
address; whoever can read it knows the wishes, so they are few and each is the resident's choice.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Meta

from agent.signing import PublicKey

PREFIX = "LLK1."
CONTEXT = b"linli resident card 1\n"
"""Before what is signed: no other signature by the same key is one of a card."""
MAX_LENGTH = 256
"""Characters of a code: as many as a scanner passes on."""
_KEY, _SIGNATURE = 8, 64

Need = Literal["视力", "听力", "言语", "肢体", "智力", "精神", "多重"]
"""The classes of GB/T 26341."""
Speech = Literal["usual", "guided", "silent"]
"""guided: finds the way by ear; silent: needs no speech, so only alarms are spoken."""
Reason = Literal["other", "unreadable", "unset", "unknown", "forged", "expired", "revoked"]


class Card(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a card asks of the kiosk."""

    id: Annotated[bytes, Meta(min_length=16, max_length=16)]
    """Random; only the district knows whose it is, if anybody does."""
    expires: Annotated[int, Meta(ge=0, le=65535)]
    """Last day on which it is good, in days since 1970-01-01."""
    language: Annotated[str, Meta(pattern="^([a-z]{2}(-[A-Z]{2})?)?$", max_length=5)] = ""
    """BCP 47; empty: the kiosk's own."""
    text_size: Annotated[int, Meta(ge=0, le=2)] = 0
    """0 usual, 1 large, 2 largest."""
    contrast: bool = False
    speech: Speech = "usual"
    pace: Annotated[int, Meta(ge=-3, le=3)] = 0
    """Steps slower (below 0) or faster than usual."""
    needs: Annotated[tuple[Need, ...], Meta(max_length=7)] = ()
    serial: Annotated[int, Meta(ge=0, le=255)] = 0
    """Which issue of the card this is: one that takes the place of a lost one has the next."""


class Refused(ValueError):
    """The code is not taken."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def read(text: str, keys: Iterable[PublicKey], today: int | None) -> Card:
    """The card of a code.

    Args:
        text: as it was scanned.
        keys: of the district.
        today: in days since 1970-01-01; None where the clock is not to be trusted: then nothing
            expires.

    Raises:
        Refused: no card, damaged, by another's key, changed, or too old.
    """
    if not text.startswith(PREFIX):
        raise Refused("other")
    encoded = text.removeprefix(PREFIX)
    try:
        raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except (binascii.Error, ValueError):
        raise Refused("unreadable") from None
    # One card has one code: what decodes alike but is written otherwise was tampered with.
    if len(text) > MAX_LENGTH or _encoded(raw) != text or len(raw) <= _KEY + _SIGNATURE:
        raise Refused("unreadable")
    name, signature, body = raw[:_KEY], raw[_KEY : _KEY + _SIGNATURE], raw[_KEY + _SIGNATURE :]
    known = {key.id: key for key in keys}
    if not known:
        raise Refused("unset")
    signer = known.get(name[::-1].hex().upper())
    if signer is None:
        raise Refused("unknown")
    try:
        signer.key.verify(signature, CONTEXT + body)
    except InvalidSignature:
        raise Refused("forged") from None
    try:
        card = msgspec.msgpack.decode(body, type=Card)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Refused("unreadable") from None
    if today is not None and today > card.expires:
        raise Refused("expired")
    return card


def write(card: Card, key_id: str, key: Ed25519PrivateKey) -> str:
    """The code of *card*, signed with *key*, which has the id *key_id* (see `PublicKey`)."""
    fields = msgspec.structs.astuple(card)
    if not card.serial:  # kiosks that know of no serial take the first issue of a card
        fields = fields[:-1]
    body = msgspec.msgpack.encode(fields)
    return _encoded(bytes.fromhex(key_id)[::-1] + key.sign(CONTEXT + body) + body)


def _encoded(raw: bytes) -> str:
    return PREFIX + base64.urlsafe_b64encode(raw).decode().rstrip("=")
