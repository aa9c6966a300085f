"""The log: lines on standard error, with their priority where the journal reads them.

What comes from outside cannot fill it, forge a line in it, or put a password into it.
"""

from __future__ import annotations

import logging
import os
import sys
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
        return _safe(super().formatMessage(record) + getattr(record, "held", ""))

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        lines = super().format(record)[:_LONGEST].split("\n")
        return "\n".join(without_secrets(line) for line in lines)


class _ForTheJournal(Lines):
    """Each line of a record begins with ``<priority>``, so `journalctl -p warning` finds it."""

    def format(self, record: logging.LogRecord) -> str:
        priority = next((n for level, n in _PRIORITIES if record.levelno >= level), 7)
        return "\n".join(f"<{priority}>{line}" for line in super().format(record).split("\n"))


_LINES, _LINES_A_SECOND = 200.0, 2.0
"""Lines that a child may write at once, and for long."""


class ChildLines:
    """What a child process writes on its standard error, on ours: as lines of its own name, of
    which there are not too many, without passwords. It may be anybody's: its libraries print what
    they like, and who has taken it over may forge the daemon's own lines."""

    def __init__(self, name: str, now: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._now = now
        self._filled, self._left, self._held = now(), _LINES, 0
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Write the lines that *data* completes; what is longer than a message is cut."""
        *lines, rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._write(line)
        self._rest = rest[: 4 * _LONGEST_MESSAGE]

    def end(self) -> None:
        """It will write no more."""
        if self._rest:
            self._write(self._rest)
        self._rest = b""

    def _write(self, line: bytes) -> None:
        now = self._now()
        self._left = min(_LINES, self._left + (now - self._filled) * _LINES_A_SECOND)
        self._filled = now
        if self._left < 1:
            self._held += 1
            return
        self._left -= 1
        text = line.decode("utf-8", "replace")
        level = ""
        if len(text) > 2 and text[0] == "<" and text[1] in "34567" and text[2] == ">":
            level, text = text[:3], text[3:]
        held = f" [{self._held} lines were held back]" if self._held else ""
        self._held = 0
        print(f"{level}[{self._name}] {_safe(without_secrets(text))}{held}", file=sys.stderr)


def _safe(text: str) -> str:
    if len(text) > _LONGEST_MESSAGE:
        text = f"{text[:_LONGEST_MESSAGE]}… [{len(text)} characters]"
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def configure_logging(level: int) -> None:
    """Log to standard error from *level* on."""
    handler = logging.StreamHandler()
    kind = _ForTheJournal if "JOURNAL_STREAM" in os.environ else Lines
    handler.setFormatter(kind("%(levelname)s %(name)s %(message)s"))
    handler.addFilter(Flood())
    logging.basicConfig(level=level, handlers=[handler])
