"""A driver on a thread, as the supervisor runs it."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any, Self

from agent.contract.clock import BootClock
from agent.contract.driver import DriverUnavailable, Site, Wakeful
from agent.contract.signals import Signal
from agent.core.supervisor import Runnable
from tests.waiting import wait_for


def site(pin_factory: Any = None, clock: BootClock | None = None) -> Site:
    """A site without models or cache."""
    return Site(Path("models"), Path("cache"), pin_factory, clock or BootClock())


def only_child() -> int:
    """The process of an isolated driver (a recorder is the child of one)."""
    tasks = Path("/proc/self/task").glob("*/children")
    children = [int(pid) for task in tasks for pid in task.read_text().split()]
    return next(
        pid for pid in children if b"agent.core.child" in Path(f"/proc/{pid}/cmdline").read_bytes()
    )


class Running:
    """Runs *driver* within a ``with``; keeps what it emits and why it gave up."""

    def __init__(self, driver: Runnable) -> None:
        self.signals: list[Signal] = []
        self.gave_up = ""
        self._driver = driver
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self._driver.run(self.signals.append, self._stop)
        except DriverUnavailable as error:
            self.gave_up = str(error)

    def stop(self) -> float:
        """Ask it to stop; seconds that it took."""
        asked = time.monotonic()
        self._stop.set()
        if isinstance(self._driver, Wakeful):
            self._driver.wake()
        self._thread.join(10)
        assert not self._thread.is_alive()
        return time.monotonic() - asked

    def has_emitted(self) -> bool:
        """Whether any signal came yet."""
        return bool(self.signals)

    def why(self, timeout: float = 5.0) -> str:
        """The text of its DriverUnavailable."""
        return wait_for(lambda: self.gave_up, timeout)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
