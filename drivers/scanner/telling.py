"""How a scanned code is told: once while it stays there, and never in the log."""

from __future__ import annotations

import logging
import math

from agent.contract.clock import BootClock
from agent.contract.driver import Emit
from agent.contract.signals import Scanned, Unreadable
from drivers.scanner.frames import Found

log = logging.getLogger(__name__)

SAME_S = 2.0
"""A scanner that looks all the time sends a code as long as it is there: once is enough."""


class Telling:
    """Emits `Scanned`, or `Unreadable` for what is refused, for the scanner *name*."""

    def __init__(self, name: str, clock: BootClock, same_s: float = SAME_S) -> None:
        self._name = name
        self._same_s = same_s
        self._clock = clock
        self._seen: dict[Found, float] = {}
        """Codes of late, and when each was last there."""

    def is_held(self, code: Found) -> bool:
        """Whether it is the code that was there just now."""
        return self._clock.boot() - self._seen.get(code, -math.inf) < self._same_s

    def tell(self, code: Found, emit: Emit) -> None:
        """Emit *code*, unless it was told just now."""
        held = self.is_held(code)
        now = self._clock.boot()
        self._seen = {one: at for one, at in self._seen.items() if now - at < self._same_s}
        self._seen[code] = now
        if held:
            return
        if isinstance(code, str):
            log.warning("code refused driver=%s reason=%s", self._name, code)
            emit(Unreadable(source=self._name, why=code))
            return
        # Never the text: a resident's code is a secret of theirs
        symbology = code.symbology or "unknown"
        log.info("scanned driver=%s symbology=%s length=%d", self._name, symbology, len(code.text))
        emit(Scanned(source=self._name, text=code.text, symbology=code.symbology))
