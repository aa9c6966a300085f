"""Calls that need not be waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

T = TypeVar("T")

_LOOK = 0.5
"""Seconds between two looks at *stop*."""


class Abandoned(Exception):
    """The call was left behind: stop was set, or it took too long."""


def abandonable(work: Callable[[], T], stop: threading.Event, limit: float) -> T:
    """Run *work* and return its result, or leave it behind at *stop* or after *limit* seconds.

    A name look-up, a TLS handshake and a read cannot be interrupted, so the work gets a thread
    of its own, which ends by its own time-outs or with the process.

    Raises:
        Abandoned: the work still runs; what it uses must not be used again.
        Exception: whatever *work* raised.
    """
    result: Future[T] = Future()

    def run() -> None:
        try:
            result.set_result(work())
        except BaseException as error:
            result.set_exception(error)

    threading.Thread(target=run, name="uplink-call", daemon=True).start()
    deadline = time.monotonic() + limit
    while not wait([result], _LOOK).done:
        if stop.is_set() or time.monotonic() > deadline:
            raise Abandoned
    return result.result()
