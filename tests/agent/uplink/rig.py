"""A store, an uplink on a thread, and as much of the kernel as the uplink needs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from agent.contract.signals import Signal
from agent.core.clock import Clock
from agent.core.store.opening import open_store
from agent.effects import Lane
from agent.messages import Delivered, Refused
from agent.settings import UpstreamSettings
from agent.uplink.https import Https
from agent.uplink.lanes import ALL
from agent.uplink.link import Link
from agent.uplink.sync import Uplink
from tests.agent.recording import record

S = TypeVar("S", bound=Signal)


class TestClock(Clock):
    """A clock whose boot id, wall time and boot time a test can move."""

    __test__ = False

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0
        self.wrong = 0.0
        self.believed: bool | None = None

    def boot(self) -> float:
        return super().boot() + self.passed

    def wall(self) -> float:
        return super().wall() + self.wrong

    @property
    def trusted(self) -> bool:
        return super().trusted if self.believed is None else self.believed


class Rig:
    """What a kiosk has around its uplink."""

    def __init__(self, folder: Path) -> None:
        self.clock = TestClock()
        self.path = folder / "linli.db"
        self.store = open_store(self.path, self.clock).store
        self.signals: list[Signal] = []
        self.link = Link()
        self.buries = True
        """Whether the kernel takes up what the uplink reports."""
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._uplinks: list[Uplink] = []
        self.uplink: Uplink | None = None

    def start(
        self, url: str, apart: bool = False, bulk_bytes_s: float = 0.0, **settings: Any
    ) -> None:
        """Run the uplink against *url*; *apart*: what is urgent has one of its own, as in a
        kiosk."""
        transport = Https(UpstreamSettings(url=url, **settings), "k-01")
        groups = ((0,), (1, 2, 3)) if apart else (ALL,)
        self._uplinks = [
            Uplink(self.path, transport, self.link, self.clock, (), lanes, bulk_bytes_s)
            for lanes in groups
        ]
        self.uplink = self._uplinks[0]
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=uplink.run, args=(self.emit, self._stop))
            for uplink in self._uplinks
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the uplink; harmless when repeated."""
        self._stop.set()
        for uplink in self._uplinks:
            uplink.wake()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()

    def close(self) -> None:
        self.stop()
        self.store.close()

    def emit(self, signal: Signal) -> None:
        """What the kernel does with a signal of the uplink."""
        self.signals.append(signal)
        if not self.buries:
            return
        with self._lock, self.store.transaction():
            if isinstance(signal, Delivered) and not signal.unsent:
                self.store.acknowledge(signal.lane, signal.sequence, bytes.fromhex(signal.chain))
            elif isinstance(signal, Refused):
                self.store.set_aside(signal.lane, signal.sequence, signal.reason)

    def record(
        self,
        kind: str,
        lane: Lane = Lane.TASK,
        data: Mapping[str, Any] | None = None,
        expires_in: float | None = None,
        count: int = 1,
    ) -> None:
        """Commit *count* records with ``{"n": …}`` and wake the uplink."""
        with self._lock, self.store.transaction():
            for number in range(count):
                content = {"n": number, **(data or {})}
                entry = record(kind, content, "about", lane, expires_in)
                self.store.append(entry, self.clock.boot())
        if self.uplink is not None:
            self.uplink.wake()
        for uplink in self._uplinks:
            uplink.wake()

    def expire(self) -> None:
        """What the kernel does when a deadline comes."""
        with self._lock, self.store.transaction():
            self.store.expire(self.clock.boot())

    def evict(self, lane: Lane) -> None:
        """What the kernel does when the disk is full."""
        with self._lock:
            self.store.evict(lane)

    def of(self, kind: type[S]) -> list[S]:
        """Signals of one kind so far."""
        return [signal for signal in self.signals if isinstance(signal, kind)]

    def waiting(self) -> int:
        """Records that upstream has not acknowledged, as the store has it."""
        from agent.core.store.outbox import Outbox

        outbox = Outbox(self.path)
        try:
            return sum(depth.waiting for depth in outbox.depths())
        finally:
            outbox.close()
