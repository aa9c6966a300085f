"""A record's data as text: canonical JSON, so that its proof holds wherever it is read."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from agent.core.store.verify import canonical

# Not "deterministic", which leaves the fields of structs in the order of their class.
_encode = msgspec.json.Encoder(order="sorted").encode
_SPECIAL = re.compile(rb"\d[.eE]|-0|[\xee-\xf4\x7f]")
"""Where msgspec's JSON may differ from the canonical: numbers with a fraction or an exponent,
and the order of keys beyond U+DFFF."""


def encode(data: Any) -> str:
    """*data* as canonical JSON (RFC 8785).

    Raises:
        TypeError, ValueError: it is no JSON.
    """
    raw = _encode(data)
    return canonical(json.loads(raw)) if _SPECIAL.search(raw) else raw.decode()
