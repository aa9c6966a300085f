"""Taking JSON apart without reading it: one spoiled element must not condemn its neighbours."""

from __future__ import annotations

import re

import msgspec

_STRING = (
    rb'"(?:[^"\\\x80-\xff]|\\.'
    rb"|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
    rb"|[\x81-\xfe][\x40-\xfe]|[\x80-\xff])*+\""
)
"""A JSON string in UTF-8, or in GB18030, whose second bytes may look like a backslash."""

_TOKEN = re.compile(_STRING + rb"|[\[\]{},:]", re.DOTALL)
_COMMAND = re.compile(rb',\s*(?=\{\s*"(?:id|kind|data|expires_in)"\s*:)')
_KEY = re.compile(rb"\s*(" + _STRING + rb")\s*:", re.DOTALL)


def elements(array: bytes) -> list[bytes]:
    """The elements of a JSON array, each as it stands there.

    Raises:
        ValueError: it is no array, or has no end.
    """
    return _parts(array, b"[", b"]")


def commands(array: bytes) -> list[bytes]:
    """The elements of an array of commands, found again behind one whose brackets do not pair."""
    try:
        parts = elements(array)
    except ValueError:
        parts = [array.strip()[1:-1]]
    return [piece for part in parts for piece in _pieces(part)]


def _pieces(part: bytes) -> list[bytes]:
    try:
        msgspec.json.decode(part, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return _COMMAND.split(part)
    return [part]


def members(document: bytes) -> dict[bytes, bytes]:
    """The members of a JSON object, keys with their quotation marks, values as they stand there.

    Raises:
        ValueError: it is no object, or has no end.
    """
    found: dict[bytes, bytes] = {}
    for part in _parts(document, b"{", b"}"):
        key = _KEY.match(part)
        if key is not None:
            found[key[1]] = part[key.end() :].strip()
    return found


def _parts(text: bytes, opening: bytes, closing: bytes) -> list[bytes]:
    text = text.strip()
    if not (text.startswith(opening) and text.endswith(closing)):
        raise ValueError(f"expected {opening.decode()} … {closing.decode()}")
    parts: list[bytes] = []
    begin = 1
    nesting: list[bytes] = []
    for token in _TOKEN.finditer(text):
        match token[0]:
            case b"[" | b"{":
                nesting.append(b"]" if token[0] == b"[" else b"}")
            case b"]" | b"}":
                # A bracket that was forgotten spoils the element that it stands in, no other.
                while nesting and nesting[-1] != token[0]:
                    nesting.pop()
                if not nesting:
                    raise ValueError("a bracket closes what was never opened")
                nesting.pop()
                if not nesting:
                    if token.end() != len(text):
                        raise ValueError("something follows the end")
                    parts.append(text[begin : token.start()].strip())
            case b"," if len(nesting) == 1:
                parts.append(text[begin : token.start()].strip())
                begin = token.end()
    if nesting:
        raise ValueError("it has no end")
    return [] if parts == [b""] else parts
