"""A parser to be fuzzed: what it is given, what it may raise, and good inputs to begin with."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import NamedTuple

SLOW_S = 1.0
"""Seconds of processor time for one input of the usual length."""


def _as_it_is(data: bytes) -> bytes:
    return data


def _none() -> bytes:
    return b""


class Target(NamedTuple):
    """A parser that takes bytes from outside."""

    run: Callable[[bytes], object]
    raises: tuple[type[Exception], ...] = ()
    """What it declares."""
    seeds: tuple[bytes, ...] = (b"",)
    sealed: Callable[[bytes], bytes] = _as_it_is
    """Makes the sums right, so that what lies behind them is reached: for every other input."""
    longest: int = 4096
    """Bytes of an input."""
    most: int = 2**62
    """Bytes in all, where each input takes a while of waiting."""
    slow: float = SLOW_S
    """Seconds of processor time that are too many for one input."""
    grows: float = 16.0
    """MB of resident memory that its process may gain after a tenth of its input."""
    made: Callable[[], bytes] = _none
    """Makes one more good input, where that takes a while."""

    def good(self) -> tuple[bytes, ...]:
        """All good inputs."""
        made = self.made()
        return (*self.seeds, made) if made else self.seeds


def once(target: Target, data: bytes) -> float:
    """Give *data* to the parser; returns seconds of processor time.

    Raises:
        AssertionError: it took too long, or said something that cannot be.
        Exception: any that it does not declare.
    """
    began = time.process_time()
    with contextlib.suppress(*target.raises):
        target.run(data)
    took = time.process_time() - began
    assert took < target.slow, f"slow, {took:.1f} s: {data[:200]!r}"
    return took
