"""A store put back from a copy, with a whole uplink and an upstream: the next order arrives."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.core.store.outbox import Outbox
from agent.messages import Action
from agent.settings import UpstreamSettings
from agent.uplink.https import Https
from agent.uplink.link import Link
from agent.uplink.sync import Uplink
from hw_mocks.upstream import Upstream
from tests.agent.core.test_kernel import TAXI, TOUCH, Daemon, on
from tests.waiting import wait_for


@contextmanager
def kiosk(path: Path, upstream: Upstream) -> Iterator[Daemon]:
    """A kernel and an uplink over the store at *path*."""
    daemon, stop = Daemon(path, on(Action, TAXI)), threading.Event()
    uplink = Uplink(path, Https(UpstreamSettings(url=upstream.url), "k-01"), Link(), daemon.clock)
    daemon.outside.send = uplink.wake  # type: ignore[method-assign]
    thread = threading.Thread(target=uplink.run, args=(daemon.inbox.put, stop))
    thread.start()
    try:
        yield daemon
    finally:
        stop.set()
        uplink.wake()
        thread.join(5)
        daemon.close()


def wait_until_delivered(path: Path) -> None:
    def waits() -> bool:
        outbox = Outbox(path)
        try:
            return all(depth.waiting == 0 for depth in outbox.depths())
        finally:
            outbox.close()

    wait_for(waits, timeout=20)


@pytest.mark.parametrize("since", [1, 2, 4])
def test_no_order_is_taken_for_another(tmp_path: Path, since: int) -> None:
    """Upstream has two orders that the copy does not know. Whether fewer, as many or more have
    been made since, each of them reaches upstream, and it learns that an epoch began."""
    path, copy = tmp_path / "linli.db", tmp_path / "copy"
    with Upstream() as upstream:
        with kiosk(path, upstream) as daemon:
            daemon.put(TOUCH, TOUCH)
            wait_until_delivered(path)
        shutil.copy(path, copy)
        with kiosk(path, upstream) as daemon:
            daemon.put(TOUCH, TOUCH)
            wait_until_delivered(path)
            before = daemon.store.epoch
        shutil.copy(copy, path)
        upstream.mode = "offline"
        with kiosk(path, upstream) as daemon:
            daemon.put(*[TOUCH] * since)
            upstream.mode = "online"
            wait_for(lambda: daemon.store.epoch != before, timeout=20)
            wait_until_delivered(path)
        arrived = [one for one in upstream.received if one.epoch == daemon.store.epoch]
        assert [one.kind for one in arrived if one.lane == 0] == [
            "tombstone", *["taxi.requested"] * since
        ]  # fmt: skip
        [begun] = [one for one in arrived if one.kind == "store.epoch"]
        assert begun.data["before"] == before
