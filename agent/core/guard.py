"""Who raises is set aside with what they raised at; everybody else goes on."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from agent.contract.signals import Signal
from agent.core.clock import Clock
from agent.core.dead_letters import DeadLetters, Letter, cause, described
from agent.records import DeadLetter

log = logging.getLogger(__name__)

T = TypeVar("T")

_MOST_CAUSES = 100
"""Different failures that are kept and told upstream in one life of the daemon."""


class Failure(NamedTuple):
    """Somebody has raised."""

    position: int
    """Of the signal within its batch."""
    part: str
    """The service that raised, or the part of the daemon."""
    what: object
    """The signal or effect at which it did."""
    error: Exception


class Failed(Exception):
    """A batch cannot be committed as it is."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.part)
        self.failure = failure


class Guard:
    """Collects what failed, until it is on its way to technician and upstream."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Keep dead letters in *folder*."""
        self._letters = DeadLetters(folder)
        self._clock = clock
        self._told: set[DeadLetter] = set()
        self.waiting: list[Failure] = []
        """Those of which upstream learns with the next commit."""

    def forget(self) -> None:
        """Drop letters that were kept for long enough."""
        self._letters.forget()

    def run(self, part: str, what: object, act: Callable[[], T]) -> T | None:
        """What *act* returns; None when it raises, which is then set aside.

        Raises:
            sqlite3.DatabaseError: the store is in trouble, which is nobody's fault.
        """
        try:
            return act()
        except Exception as error:
            if of_store(error):
                raise
            self.waiting.append(Failure(0, part, what, error))
            return None

    def works(self, part: str, what: object, act: Callable[[], None]) -> bool:
        """Whether *act* does not raise, see `run`."""
        failures = len(self.waiting)
        self.run(part, what, act)
        return len(self.waiting) == failures

    def news(self, failures: Sequence[Failure]) -> list[DeadLetter]:
        """What upstream is to learn of *failures*: each cause once."""
        letters = dict.fromkeys(map(_letter, failures))
        return [one for one in letters if one not in self._told][: _MOST_CAUSES - len(self._told)]

    def bury(self, failures: Sequence[Failure]) -> None:
        """They are reported: log them all, keep each cause once for a technician."""
        fresh = set(self.news(failures))
        for failure in failures:
            letter = _letter(failure)
            log.error("set aside part=%s at=%s", letter.part, letter.signal, exc_info=failure.error)
            if letter in fresh:
                fresh.remove(letter)
                self._told.add(letter)
                self._letters.put(
                    Letter(
                        self._clock.wall(),
                        letter.part,
                        letter.signal,
                        letter.cause,
                        described(failure.what),
                    )
                )


def of_store(error: Exception) -> bool:
    """Whether the store is in trouble, rather than somebody having given it nonsense."""
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError


def blamed(position: int, part: str, signal: Signal, error: Exception) -> Exception:
    """What to raise when *error* was raised by *part* at *signal*, which stood at *position* of its
    batch: trouble of the store is nobody's fault."""
    return error if of_store(error) else Failed(Failure(position, part, signal, error))


def _letter(failure: Failure) -> DeadLetter:
    what = failure.what
    if isinstance(what, Signal):
        name = str(what.__struct_config__.tag)
    else:
        name = what if isinstance(what, str) else type(what).__name__
    return DeadLetter(part=failure.part, signal=name, cause=cause(failure.error))
