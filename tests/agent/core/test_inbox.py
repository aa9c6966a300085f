"""The inbox: never blocks, and what people do is never dropped."""

from __future__ import annotations

import threading

from agent.contract.signals import Key, Measured
from agent.core.clock import Clock
from agent.core.inbox import Inbox


def test_signals_are_stamped_once() -> None:
    """Time and id are given where missing, and kept where the emitter knew better."""
    inbox = Inbox(Clock())
    inbox.put(Key(key="enter"))
    inbox.put(Key(key="enter", at=5.0, id="mine"))
    fresh, known = inbox.take(0)
    assert fresh.at > 0 and len(fresh.id) == 36
    assert (known.at, known.id) == (5.0, "mine")


def test_a_flood_of_telemetry_is_bounded_and_counted() -> None:
    """A sensor gone wild fills its share and no more; a key behind it still gets in."""
    inbox = Inbox(Clock())
    for _ in range(10_000):
        inbox.put(Measured(quantity="distance", value=1, unit="mm"))
    inbox.put(Key(key="enter"))
    batch = inbox.take(0)
    assert len(batch) + inbox.dropped == 10_001
    assert len(batch) < 5_000
    assert isinstance(batch[-1], Key)


def test_settle_waits_until_the_batch_is_done() -> None:
    """`settle` is true only after the batch that holds the signal was taken and finished."""
    inbox = Inbox(Clock())
    inbox.put(Key(key="enter"))
    assert not inbox.settle(0.01)
    inbox.take(0)
    assert not inbox.settle(0.01)
    inbox.take(0)
    assert inbox.settle(0)


def test_take_ends_at_once_when_woken() -> None:
    """`wake` ends a long wait with an empty batch."""
    inbox = Inbox(Clock())
    threading.Timer(0.02, inbox.wake).start()
    assert inbox.take(30) == []
