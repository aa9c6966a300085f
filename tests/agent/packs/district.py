"""A district that signs: keys made here, signatures in minisign's format."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.packs.shelf import Signed

FILES: Mapping[str, bytes] = {
    "pack.toml": """
id = "demo"
version = 1
title = "样例"
group = "办事"
responsible = "居委会"
""".encode(),
    "how-to.toml": """
type = "article"
title = "怎么用"
paragraphs = ["按一下确定键。"]
""".encode(),
}


class Signer:
    """Somebody with a key."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self._id = os.urandom(8)
        raw = self._key.public_key().public_bytes_raw()
        self.public = base64.b64encode(b"Ed" + self._id + raw).decode()
        self.id = self._id[::-1].hex().upper()

    def sign(self, data: bytes, comment: str = "timestamp:0") -> str:
        """A prehashed signature, as `minisign -S` makes it."""
        signature = self._key.sign(hashlib.blake2b(data).digest())
        line = base64.b64encode(b"ED" + self._id + signature).decode()
        whole = base64.b64encode(self._key.sign(signature + comment.encode())).decode()
        return f"untrusted comment: test\n{line}\ntrusted comment: {comment}\n{whole}\n"


def signed(document: Mapping[str, Any], *signers: Signer) -> Signed:
    """The document as it is sent, with a signature of each."""
    body = json.dumps(document).encode()
    return Signed(body, "".join(one.sign(body) for one in signers))


def root(keys: Sequence[Signer], *, version: int = 1, threshold: int = 1) -> dict[str, Any]:
    """A root in which all *keys* may sign roots and indexes."""
    role = {"keys": [key.id for key in keys], "threshold": threshold}
    return {
        "type": "root",
        "version": version,
        "expires": "2030-01-01",
        "keys": [key.public for key in keys],
        "root": role,
        "index": role,
    }


def listed(id: str, files: Mapping[str, bytes], version: int = 1) -> dict[str, Any]:
    """A pack as an index names it."""
    entries = [
        {"name": name, "length": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
    ]
    return {"id": id, "version": version, "files": entries}


def index(*packs: Mapping[str, Any], version: int = 1, **more: Any) -> dict[str, Any]:
    """An index of these packs."""
    return {
        "type": "index",
        "version": version,
        "expires": "2030-01-01",
        "packs": list(packs),
        **more,
    }
