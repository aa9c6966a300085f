"""The log: lines on standard error, with their priority where the journal reads them.

What comes from outside cannot fill it, forge a line in it, or put a password into it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

from config.addresses import without_secrets

_PRIORITIES = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
"""Least level → priority of syslog(3), as sd-daemon(3) writes it in front of a line."""

BURST, EVERY_S = 30, 60.0
"""So many messages of one kind are written in so many seconds; the rest is counted."""
_KINDS = 512
"""Kinds that are counted at a time; the one that was silent longest is forgotten."""
_LONGEST_MESSAGE, _LONGEST = 2_000, 16_000
"""Characters of a message, and of it with its traceback."""


class Flood(logging.Filter):
    """Lets `BURST` messages of a kind through in `EVERY_S` seconds, and says how many it held back.

    A kind is what stands in the program: logger, level and the text before its holes are filled.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._lock = threading.Lock()
        self._kinds: dict[tuple[str, int, str], _Count] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether *record* is written; what was held back before it is said in it."""
        kind = (record.name, record.levelno, str(record.msg)[:200])
        now = self._now()
        with self._lock:
            count = self._kinds.pop(kind, None) or _Count(now)
            if now - count.since >= EVERY_S:
                held, count = count.held, _Count(now)
            else:
                held = 0
            self._kinds[kind] = count  # the last one is the one that spoke last
            if len(self._kinds) > _KINDS:
                del self._kinds[next(iter(self._kinds))]
            count.seen += 1
            if count.seen > BURST:
                count.held += 1
                return False
        record.held = (
            f" [{held} more of this kind were held back]"
            if held
            else (f" [more of this kind in {EVERY_S:.0f} s are counted, not written]")
            if count.seen == BURST
            else ""
        )
        return True


class _Count:
    """How often a kind of message came since a point in time."""

    def __init__(self, since: float) -> None:
        self.since = since
        self.seen = self.held = 0


class Lines(logging.Formatter):
    """A message on one line, without anything that a terminal obeys and without passwords, and
    its traceback below it."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        text = super().formatMessage(record) + getattr(record, "held", "")
        if len(text) > _LONGEST_MESSAGE:
            text = f"{text[:_LONGEST_MESSAGE]}… [{len(text)} characters]"
        return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        lines = super().format(record)[:_LONGEST].split("\n")
        return "\n".join(without_secrets(line) for line in lines)


class _ForTheJournal(Lines):
    """Each line of a record begins with ``<priority>``, so `journalctl -p warning` finds it."""

    def format(self, record: logging.LogRecord) -> str:
        priority = next((n for level, n in _PRIORITIES if record.levelno >= level), 7)
        return "\n".join(f"<{priority}>{line}" for line in super().format(record).split("\n"))


def configure_logging(level: int) -> None:
    """Log to standard error from *level* on."""
    handler = logging.StreamHandler()
    kind = _ForTheJournal if "JOURNAL_STREAM" in os.environ else Lines
    handler.setFormatter(kind("%(levelname)s %(name)s %(message)s"))
    handler.addFilter(Flood())
    logging.basicConfig(level=level, handlers=[handler])
