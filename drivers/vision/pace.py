"""How often the camera is looked at closely, while it is looked at without a pause."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)

PAUSE = 1.0
"""Seconds between two looks that are no pace: nothing moved."""
SETTLED = 50
"""Looks after which the pace is this machine's own."""
EVERY = 60.0
"""Seconds between two reports."""


class Pace:
    """Logs looks per second: once when they have settled, and each minute for the curious."""

    def __init__(self, name: str) -> None:
        """Report about the camera *name*."""
        self._name = name
        self._last: float | None = None
        self._said: float | None = None
        self._looks = self._ever = self._counted = 0
        self._seconds = 0.0

    def count(self, at: float, looks: int) -> None:
        """Take the number of *looks* until *at* seconds."""
        if looks != self._looks:
            if self._last is not None and at - self._last < PAUSE:
                self._ever += 1
                self._counted += 1
                self._seconds += at - self._last
                if self._ever == SETTLED:
                    self._tell(logging.INFO)
            self._looks, self._last = looks, at
        if self._said is None:
            self._said = at
        elif at - self._said >= EVERY:
            self._tell(logging.DEBUG)
            self._said, self._counted, self._seconds = at, 0, 0.0

    def _tell(self, level: int) -> None:
        rate = self._counted / self._seconds if self._seconds else 0.0
        log.log(level, "camera-pace name=%s looks_per_second=%.1f", self._name, rate)
