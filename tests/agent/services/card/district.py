"""A district that gives cards, with a key of its own."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.services.card.code import Card, write
from agent.services.card.settings import CardSettings
from agent.signing import public_key

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(32))


def line(key: Ed25519PrivateKey) -> str:
    """The public key as kiosk.toml has it."""
    raw = key.public_key().public_bytes_raw()
    return base64.b64encode(b"Ed" + raw[:8] + raw).decode()


def code(card: Card, key: Ed25519PrivateKey = KEY, claims: Ed25519PrivateKey | None = None) -> str:
    """*card*, signed with *key*; it claims to be signed with *claims*."""
    return write(card, public_key(line(claims or key)).id, key)


SETTINGS = CardSettings(keys=(line(KEY),))
_ANY = Card(bytes(16), 65535)
REFUSED = (
    "https://qr.alipay.com/bax01234",
    "LLK1.AAAA",
    code(_ANY, STRANGER),
    code(_ANY, STRANGER, claims=KEY),
)
"""A pay code, a torn card, one of another district, a forged one."""
