"""The log: lines on standard error, with their priority where the journal reads them."""

from __future__ import annotations

import logging
import os

_PRIORITIES = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
"""Least level → priority of syslog(3), as sd-daemon(3) writes it in front of a line."""


class _ForTheJournal(logging.Formatter):
    """Each line of a record begins with ``<priority>``, so `journalctl -p warning` finds it."""

    def format(self, record: logging.LogRecord) -> str:
        priority = next((n for level, n in _PRIORITIES if record.levelno >= level), 7)
        return "\n".join(f"<{priority}>{line}" for line in super().format(record).split("\n"))


def configure_logging(level: int) -> None:
    """Log to standard error from *level* on."""
    handler = logging.StreamHandler()
    kind = _ForTheJournal if "JOURNAL_STREAM" in os.environ else logging.Formatter
    handler.setFormatter(kind("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
