"""What a driver may tell the kernel: what it declares, in its own name, in bounds, not too fast."""

from __future__ import annotations

import logging
import math

import msgspec

from agent.contract.clock import BootClock
from agent.contract.signals import Signal

log = logging.getLogger(__name__)

_RATE, _BURST = 50.0, 250.0
"""Signals a second that one driver may send for long, and at once. Readings and all else are
counted apart: a sensor that floods never costs an alarm."""
_AHEAD_S = 1.0
"""No signal is of a later time than now; this much is forgiven."""
_LONGEST_ID = 64
_SAY_EVERY_S = 60.0


class Gate:
    """Lets the signals of one driver through, or refuses them, counts that and says it."""

    def __init__(self, name: str, emits: tuple[type[Signal], ...], clock: BootClock) -> None:
        self.refused = 0
        """Signals that were not let through."""
        self._name = name
        self._emits = emits
        self._clock = clock
        self._tokens = {True: _BURST, False: _BURST}
        self._filled = self._clock.boot()
        self._said = -math.inf

    def admit(self, signal: Signal) -> Signal | None:
        """The signal with all its fields checked; None when it was refused."""
        try:
            reason = self._objection(signal)
            if not reason:
                # The fields of a struct are checked only when it is decoded
                return msgspec.convert(msgspec.to_builtins(signal), type(signal))
        except (msgspec.ValidationError, TypeError, OverflowError) as error:
            reason = f"{type(signal).__name__}: {error}"
        self.refuse(reason)
        return None

    def refuse(self, reason: str) -> None:
        """Count one more; say so at once, and then once a minute."""
        self.refused += 1
        now = self._clock.boot()
        if now - self._said >= _SAY_EVERY_S:
            self._said = now
            log.error(
                "signal refused driver=%s reason=%s refused=%d", self._name, reason, self.refused
            )

    def _objection(self, signal: Signal) -> str:
        kind = type(signal)
        if kind not in self._emits:
            return f"{kind.__name__} is not among what this driver emits"
        if signal.source != self._name:
            return f"it speaks in the name of {str(signal.source)[:40]!r}"
        if len(signal.id) > _LONGEST_ID:
            return f"id has {len(signal.id)} characters; at most {_LONGEST_ID}"
        if not 0 <= signal.at <= self._clock.boot() + _AHEAD_S:
            return f"at is {signal.at}: no time, or one to come"
        if not self._take(kind.telemetry):
            return f"more than {_RATE:g} a second"
        return ""

    def _take(self, telemetry: bool) -> bool:
        now = self._clock.boot()
        fresh = (now - self._filled) * _RATE
        self._filled = now
        self._tokens = {k: min(_BURST, had + fresh) for k, had in self._tokens.items()}
        if self._tokens[telemetry] < 1:
            return False
        self._tokens[telemetry] -= 1
        return True
