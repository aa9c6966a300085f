"""What the uplink costs on this machine: ``python -m tests.bench.bench_uplink``.

Latency from the commit to upstream's having the record, records a second while a backlog
drains, bytes a record on the wire, and the CPU of both threads when there is nothing to do.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from pathlib import Path

from agent.contract.signals import Signal
from agent.core.clock import Clock
from agent.core.store.opening import open_store
from agent.core.store.store import Store
from agent.effects import Lane
from agent.messages import Delivered
from agent.settings import UpstreamSettings
from agent.uplink.commands import CommandPoll
from agent.uplink.https import Https
from agent.uplink.link import Link
from agent.uplink.sync import Uplink
from hw_mocks.ledger import Event
from hw_mocks.upstream import Upstream
from tests.agent.journal import READER
from tests.agent.recording import record

LATENCIES = 200
BACKLOG = 20_000
IDLE_S = 10.0

ORDER = {
    "order": "019330a2-7a56-7c4e-9a3e-0a5cf0c2b8f1",
    "pickup": "xinjing-sancun",
    "pickup_name": "新泾三村",
    "destination": "tongren",
    "destination_name": "同仁医院",
    "needs": [],
}


class _Counted(Https):
    """Counts what leaves."""

    sent = 0

    def send(self, batch, valid_for, stop, urgent=True):  # type: ignore[no-untyped-def]
        """See `Https.send`."""
        self.sent += len(batch)
        return super().send(batch, valid_for, stop, urgent)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, Upstream() as upstream:
        path = Path(folder) / "linli.db"
        clock = Clock()
        store = open_store(path, clock).store
        transport, link = _Counted(UpstreamSettings(url=upstream.url), "bench-01"), Link()
        uplink = Uplink(path, transport, link, clock)
        poll = CommandPoll(transport, READER, link, clock, lambda _: True)
        lock = threading.Lock()

        def emit(signal: Signal) -> None:
            if isinstance(signal, Delivered):
                with lock, store.transaction():
                    store.acknowledge(signal.lane, signal.sequence)

        stop = threading.Event()
        threads = [threading.Thread(target=part.run, args=(emit, stop)) for part in (uplink, poll)]
        for thread in threads:
            thread.start()
        _latency(store, lock, clock, uplink, upstream)
        _drain(store, lock, clock, uplink, upstream, transport)
        began = time.process_time()
        stop.wait(IDLE_S)
        print(f"idle           {(time.process_time() - began) / IDLE_S:.2%} of a core")
        stop.set()
        for thread in threads:
            thread.join()
        store.close()


def _latency(
    store: Store, lock: threading.Lock, clock: Clock, uplink: Uplink, upstream: Upstream
) -> None:
    arrived = threading.Event()

    def note(event: Event) -> None:
        if event.lane == 0:
            arrived.set()

    upstream.listen(note)
    taken = []
    for number in range(LATENCIES):
        arrived.clear()
        with lock, store.transaction():
            data = {**ORDER, "order": f"{ORDER['order']}-{number}"}
            store.append(record("taxi.requested", data, "o", Lane.LIFE, 180), clock.boot())
        began = time.perf_counter()
        uplink.wake()
        arrived.wait(10)
        taken.append((time.perf_counter() - began) * 1000)
        time.sleep(0.02)
    p95 = statistics.quantiles(taken, n=20)[-1]
    print(
        f"commit→upstream p50 {statistics.median(taken):.1f} ms, p95 {p95:.1f} ms (n={LATENCIES})"
    )


def _drain(
    store: Store,
    lock: threading.Lock,
    clock: Clock,
    uplink: Uplink,
    upstream: Upstream,
    transport: _Counted,
) -> None:
    upstream.mode = "offline"
    with lock, store.transaction():
        for number in range(BACKLOG):
            reading = {"bin": "north", "percent": number % 101, "mm": 1800 - number * 7 % 1500}
            store.append(record("bin.level", reading, "north", Lane.TELEMETRY), clock.boot())
    before, sent = len(upstream.received), transport.sent
    upstream.mode = "online"
    while len(upstream.received) == before:
        time.sleep(0.001)
    began, cpu, already = time.perf_counter(), time.process_time(), len(upstream.received)
    while len(upstream.received) < before + BACKLOG:
        time.sleep(0.01)
    seconds = time.perf_counter() - began
    records = before + BACKLOG - already
    print(f"drain          {records / seconds:.0f} records/s")
    print(f"CPU            {(time.process_time() - cpu) / records * 1e6:.0f} µs/record, both sides")
    print(f"on the wire    {(transport.sent - sent) / BACKLOG:.1f} bytes/record, gzipped body")


if __name__ == "__main__":
    main()
