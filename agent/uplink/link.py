"""Whether upstream can be reached: told once when it is lost and once when it is back."""

from __future__ import annotations

import logging
import random
import threading

from agent.contract.driver import Emit
from agent.messages import LinkChanged
from agent.uplink.transport import Busy, Failure, Misconfigured

log = logging.getLogger(__name__)

_FIRST_PAUSE = 0.5
"""Seconds: upper bound of the first pause after a failure."""


BESIDE = "sending.bulk"
"""The part whose troubles do not make the kiosk offline: nobody waits for what it sends."""


class Link:
    """What sending and polling know of upstream, taken together: online while both work."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._troubles: dict[str, Failure | None] = {}
        self._online: bool | None = None
        self.recoveries = 0
        """Counts how often a part worked again: a reason for the other to try at once."""

    def worked(self, part: str, emit: Emit) -> None:
        """*part* has had an answer from upstream."""
        with self._lock:
            if self._troubles.get(part) is not None:
                self.recoveries += 1
                log.info("upstream works part=%s", part)
            self._troubles[part] = None
            self._announce(emit)

    def failed(self, part: str, failure: Failure, emit: Emit) -> None:
        """*part* has had none. An upstream that is only busy is not lost."""
        if isinstance(failure, Busy):
            log.debug("upstream is busy part=%s retry_after=%g", part, failure.retry_after)
            return
        with self._lock:
            before = self._troubles.get(part)
            news = before is None or (
                isinstance(failure, Misconfigured) and not isinstance(before, Misconfigured)
            )
            level = logging.WARNING if news else logging.DEBUG
            log.log(level, "upstream fails part=%s reason=%s", part, failure)
            self._troubles[part] = failure
            self._announce(emit)

    def network_changed(self) -> None:
        """An address, a link or a route came or went: a reason to try at once."""
        with self._lock:
            self.recoveries += 1

    def _announce(self, emit: Emit) -> None:
        if not self._troubles.keys() - {BESIDE}:
            return
        online = all(trouble is None for part, trouble in self._troubles.items() if part != BESIDE)
        if online != self._online:
            self._online = online
            emit(LinkChanged(source="uplink", online=online))


class Backoff:
    """Pauses between attempts: doubled each time, with full jitter, so that a fleet of kiosks
    does not return all at once."""

    def __init__(self) -> None:
        self._failures = 0

    def reset(self) -> None:
        """It worked."""
        self._failures = 0

    def pause(self, longest: float, retry_after: float = 0.0) -> float:
        """Seconds until the next attempt.

        Args:
            longest: upper bound in seconds.
            retry_after: at least so many seconds.
        """
        bound = min(longest, _FIRST_PAUSE * 2.0**self._failures)
        self._failures = min(self._failures + 1, 16)
        return max(random.uniform(0, bound), retry_after)
