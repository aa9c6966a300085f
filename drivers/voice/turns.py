"""Who speaks next: alarm before answer before information, one at a time."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

INFORMATION, ANSWER, ALARM = 0, 1, 2

PATIENCE = {INFORMATION: 15.0, ANSWER: 30.0, ALARM: float("inf")}
"""Seconds after which it is too late to say what had to wait."""
_WAITING_INFORMATION = 4


class Utterance(NamedTuple):
    """Something to be said."""

    text: str
    language: str
    urgency: int
    """0 information, 1 answer to a key, 2 alarm."""
    asked: float
    """When it was asked for, in seconds of the caller's clock."""
    rate: float = 1.0
    """How much faster than usual."""
    id: str = ""
    """Of whoever asked for it."""


class Turns:
    """What sounds and what waits; pure, so that every order of events can be tried."""

    def __init__(self) -> None:
        self.sounding: Utterance | None = None
        self._information: deque[Utterance] = deque(maxlen=_WAITING_INFORMATION)
        self._urgent: dict[int, Utterance] = {}

    def add(self, new: Utterance) -> bool:
        """Put it in the queue; true when what sounds now must yield to it.

        A newer answer or alarm replaces the one that waits. Information waits its turn; the
        same words are not said twice in a row, and the oldest go when too many wait.
        """
        if new.urgency != INFORMATION:
            self._urgent[new.urgency] = new
            return self.sounding is not None and self.sounding.urgency <= new.urgency
        sounding = (self.sounding,) if self.sounding else ()
        if all(new.text != other.text for other in (*self._information, *sounding)):
            self._information.append(new)
        return False

    def take(self, now: float) -> Utterance | None:
        """The next to sound, leaving out what has waited too long."""
        while waiting := self._pop():
            if now - waiting.asked <= PATIENCE[waiting.urgency]:
                self.sounding = waiting
                return waiting
        return None

    def ended(self) -> None:
        """Nothing sounds now."""
        self.sounding = None

    def silence(self) -> None:
        """Forget what waits, except an alarm."""
        self._information.clear()
        self._urgent.pop(ANSWER, None)

    def _pop(self) -> Utterance | None:
        for urgency in (ALARM, ANSWER):
            if urgency in self._urgent:
                return self._urgent.pop(urgency)
        return self._information.popleft() if self._information else None
