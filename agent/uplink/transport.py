"""What the uplink asks of a way to upstream, and how such a way reports that it failed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, NamedTuple, Protocol, TypeVar

from agent.uplink.wire import Commands, Receipt

T = TypeVar("T")


class Failure(Exception):
    """An exchange with upstream failed; the text says how, and the remedy where there is one."""

    arrived = False
    """What was sent may have reached upstream all the same."""

    def __init__(self, text: str, retry_after: float = 0.0) -> None:
        super().__init__(text)
        self.retry_after = retry_after
        """Seconds that upstream asks us to wait; 0: it did not say."""


class Unreached(Failure):
    """Nothing was sent: no network, no such name, nobody listens."""


class Unanswered(Failure):
    """Something was sent, but no answer came that can be relied upon."""

    arrived = True


class TooLarge(Failure):
    """Something on the way takes no batch of this size (a proxy's 413, a broker's limit)."""


class Busy(Failure):
    """Upstream is well but wants to be left alone for a while (429)."""


class Misconfigured(Failure):
    """A person must change something: token, address, certificate."""


class Rejected(Failure):
    """Upstream will never take this batch as it is (400, 413, 422); nothing of it was kept."""

    def __init__(self, text: str, for_residents: str = "") -> None:
        super().__init__(text)
        self.for_residents = for_residents
        """What residents may learn of it; the text itself is for technicians."""


class Stale(Exception):
    """The batch was withdrawn before any of it was sent."""


class Answer(NamedTuple, Generic[T]):
    """What upstream answered, and its time of day."""

    content: T
    wall: float | None
    """Seconds since 1970 when it answered; None when it did not say."""


ValidFor = Callable[[], float | None]
"""For how many seconds a batch may still be sent; None: always; 0 or less: not any more."""


def expired(valid_for: ValidFor) -> bool:
    """Whether a batch must not be sent any more."""
    left = valid_for()
    return left is not None and left <= 0


class Transport(Protocol):
    """A way to upstream. `poll` is called from one thread."""

    kiosk: str
    """Id of the kiosk whose records these are."""

    def send(
        self, batch: bytes, valid_for: ValidFor, stop: threading.Event, urgent: bool = True
    ) -> Answer[Receipt]:
        """Hand a batch to upstream; returns within 1 s of *stop*.

        Args:
            batch: gzipped array of CloudEvents, see `agent.uplink.wire.batch`.
            valid_for: asked when the connection stands, just before the batch leaves.
            stop: gives up when set.
            urgent: goes by a connection that nothing slow uses. Called from one thread for what
                is urgent and from one for what is not.

        Raises:
            Stale: it was not valid any more.
            Failure: it did not work.
        """

    def poll(self, after: str, wait_s: float, stop: threading.Event) -> Answer[Commands]:
        """Wait up to *wait_s* seconds for commands behind cursor *after*, which acknowledges
        those before it; returns within 1 s of *stop*.

        Raises:
            Failure: it did not work.
        """
