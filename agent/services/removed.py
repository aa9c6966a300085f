"""What was watched, and is no longer in kiosk.toml: what is open about it ends with a record.

It ends at the next start, or, after a live change, with its next reminder: a change that is taken
back within its two minutes has then ended nothing.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import TypeVar

T = TypeVar("T")

REASON = "配置里已经没有它了，这台终端不再看着；还没办完的，请另外安排人处理"
"""Why, for people."""


def parted(known: Mapping[str, T], configured: Container[str]) -> tuple[dict[str, T], dict[str, T]]:
    """What is *known* of things by short name: of those still *configured*, and of the others."""
    kept = {name: one for name, one in known.items() if name in configured}
    return kept, {name: one for name, one in known.items() if name not in configured}
