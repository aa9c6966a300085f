"""What a rule of reading is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

_LOOK_BACK = 32
"""Characters before a place that may decide how it is read."""

Say = Callable[[re.Match[str]], str | None]
"""The reading of what matched; None leaves it to the next rule."""


class Rule(NamedTuple):
    """How one kind of figures is said."""

    pattern: re.Pattern[str]
    say: Say
    after: re.Pattern[str] | None
    """What must stand right before."""
    unless: re.Pattern[str] | None
    """What must not stand right before."""

    def read(self, text: str, at: int) -> tuple[str, int] | None:
        """The reading of what begins at *at*, and where it ends."""
        start = max(0, at - _LOOK_BACK)
        match = self.pattern.match(text, at)
        if match is None or match.end() == at:
            return None
        if self.after and not self.after.search(text, start, at):
            return None
        if self.unless and self.unless.search(text, start, at):
            return None
        said = self.say(match)
        return None if said is None else (said, match.end())


def rule(pattern: str, say: Say, after: str = "", unless: str = "", case: bool = False) -> Rule:
    """A rule from its patterns, which ignore case unless *case* counts."""
    flags = re.ASCII if case else re.ASCII | re.IGNORECASE
    before, never = (re.compile(rf"(?:{one})$", flags) if one else None for one in (after, unless))
    return Rule(re.compile(pattern, flags), say, before, never)
