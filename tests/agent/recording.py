"""Records of any shape, for tests of what carries them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import msgspec

from agent.effects import Record
from agent.records import Lane, RecordData


def record(
    kind: str,
    data: Mapping[str, Any] | None = None,
    subject: str = "",
    lane: Lane = Lane.TASK,
    expires_in: float | None = None,
) -> Record:
    """A record of a kind that no service has declared."""
    content = data or {}
    return Record(_struct(kind, tuple(content), lane)(**content), subject, expires_in)


@cache
def _struct(kind: str, fields: tuple[str, ...], lane: Lane) -> type[RecordData]:
    struct: Any = msgspec.defstruct(
        "Anything",
        [(name, Any) for name in fields],
        bases=(RecordData,),
        namespace={"kind": kind, "lane": lane},
        frozen=True,
        kw_only=True,
    )
    return cast(type[RecordData], struct)
