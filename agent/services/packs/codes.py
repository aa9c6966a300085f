"""The six digits by which residents ask what became of something."""

from __future__ import annotations

import hashlib


def code_of(id: str) -> str:
    """Six digits for what has this id: the same ones each time, not to be guessed from another."""
    return f"{int.from_bytes(hashlib.sha256(id.encode()).digest()[:8]) % 1_000_000:06d}"
