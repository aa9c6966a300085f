"""What crosses the border to upstream: commands that come in, as typed and bounded values.

Each kind is a frozen struct beside the service that it is for, in ``services/<name>/messages.py``.
What does not fit its struct is refused here, with the place and the reason.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

_LONGEST_REASON = 200
"""Characters of a reason; longer ones are cut."""

_DEEPEST = 16
"""Levels of nesting in a command's data."""

_EXACT = 2.0**53
"""Beyond this a float is no exact integer."""

Id = Annotated[str, Meta(min_length=1, max_length=200)]
"""Names an order, a fall, a command; opaque to whom it was not made by."""

Revision = Annotated[int, Meta(ge=0, le=2**53)]
"""Counts what was said about one thing: a lower one that comes late is older."""

Minutes = Annotated[float, Meta(ge=0, le=600)]
"""Minutes until somebody comes; ten hours at the most."""


class CommandData(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all commands. A field that upstream leaves out, or sends as null, is absent."""

    kind: ClassVar[str]
    """Dotted, noun first: ``taxi.accepted``."""


class Rejected(ValueError):
    """A command that does not fit."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        """Where in the command: ``data.minutes``."""
        self.reason = shortened(reason)
        """What is wrong there, for who wrote the command."""


class CommandReader:
    """Knows all kinds of commands."""

    def __init__(self, kinds: Iterable[type[CommandData]]) -> None:
        self._kinds = {kind.kind: kind for kind in kinds}

    def read(self, kind: str, data: Mapping[str, Any]) -> CommandData:
        """The command of *kind* with *data* as JSON has it: null is absent, 3.0 is 3.

        Raises:
            Rejected: there is no such kind, or *data* is not what it takes.
        """
        struct = self._kinds.get(kind)
        if struct is None:
            near = difflib.get_close_matches(kind[:100], self._kinds, n=1)
            meant = f"; did you mean {near[0]}?" if near else ""
            raise Rejected("kind", f"no such kind of command{meant}")
        try:
            return msgspec.convert(_plain(data, _DEEPEST), struct)
        except msgspec.ValidationError as error:
            raise Rejected(*_place(str(error), "data")) from error


def rejected_by(error: msgspec.MsgspecError | RecursionError) -> Rejected:
    """What was wrong with a whole command that could not be decoded."""
    if isinstance(error, RecursionError):
        return Rejected("", "nested too deeply")
    return Rejected(*_place(str(error), ""))


def shortened(text: str, most: int = _LONGEST_REASON) -> str:
    """*text* on one line, at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _plain(value: Any, levels: int) -> Any:
    """*value* with integers for integral floats, and without what is null."""
    if isinstance(value, float) and abs(value) <= _EXACT and value.is_integer():
        return int(value)
    if not isinstance(value, dict | list):
        return value
    if not levels:
        raise Rejected("data", f"nested more than {_DEEPEST} levels deep")
    if isinstance(value, list):
        return [_plain(one, levels - 1) for one in value]
    return {name: _plain(one, levels - 1) for name, one in value.items() if one is not None}


def _place(message: str, within: str) -> tuple[str, str]:
    """msgspec's ``… - at `$.minutes` `` as place and reason."""
    reason, _, path = message.partition(" - at `$")
    inner = path.rstrip("`").lstrip(".")
    return ".".join(part for part in (within, inner) if part), reason
