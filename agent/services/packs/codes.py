"""The six digits by which residents ask what became of something."""

from __future__ import annotations


def code_of(id: str) -> str:
    """Six digits by which a resident asks for what has this id."""
    return f"{int(id.replace('-', '')[-12:] or '0', 16) % 1_000_000:06d}"
