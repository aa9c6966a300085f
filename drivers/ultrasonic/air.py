"""Sensors side by side hear each other's echoes: one ping at a time, and rest in between."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

REST_S = 0.06
"""For so long the air rings after a ping: sound returns from 10 m, and makers advise 60 ms."""


class Air:
    """Whose turn it is to ping."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._quiet_at = 0.0  # monotonic clock: sound takes its time, whatever clock we live by

    @contextlib.contextmanager
    def ping(self) -> Iterator[None]:
        """Wait until the air is quiet, have it alone, and let it rest afterwards."""
        with self._turn:
            time.sleep(max(0.0, self._quiet_at - time.monotonic()))
            try:
                yield
            finally:
                self._quiet_at = time.monotonic() + REST_S


AIR = Air()
"""The air around this kiosk, for all sensors that it triggers itself."""
