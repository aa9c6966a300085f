"""The only code that starts threads and processes for drivers, and the only that catches all.

A driver that fails is run again after a growing pause; upstream and residents learn once that
it is down and once that it is back. One broken device never stops another.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Mapping
from typing import Any, Protocol

from agent.contract.driver import Actor, DriverUnavailable, Emit
from agent.contract.signals import DeviceBack, Signal
from agent.messages import DeviceDown

log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a driver is run again, with jitter."""
_SOON = 3
"""Failures in a row that are followed by the first pause; from then on it doubles. A process that
was killed twice is not a broken one, and somebody may be lying there."""

_WORKS = 2.0
"""Seconds of running after which a driver that emits nothing (a lamp) counts as working, where
the driver's `settles` does not say another figure."""


class Runnable(Protocol):
    """What the supervisor needs of a driver, the uplink or the page's server."""

    @property
    def name(self) -> str:
        """Name in kiosk.toml, or of the part of the daemon."""

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """See `agent.contract.driver.Driver.run`."""


class Supervisor:
    """Runs each driver on a thread of its own, and knows how each one is."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._workers: dict[str, _Worker] = {}

    def start(self, driver: Runnable) -> None:
        """Run *driver* from now on, again and again, until `stop`."""
        worker = _Worker(driver, self._emit)
        self._workers[driver.name] = worker
        worker.thread.start()

    def command(self, device: str, action: Mapping[str, Any]) -> None:
        """Pass *action* to the driver *device*; that it is missing or cannot act is logged."""
        worker = self._workers.get(device)
        if worker is None or not isinstance(worker.driver, Actor):
            log.warning("no such device that acts device=%s action=%s", device, dict(action))
            return
        try:
            worker.driver.command(action)
        except Exception:
            log.exception("command failed device=%s action=%s", device, dict(action))

    def look(self) -> dict[str, str]:
        """Each driver's trouble, empty where it works.

        Raises:
            RuntimeError: a driver's thread has died, which no driver can cause.
        """
        for name, worker in self._workers.items():
            if not worker.thread.is_alive():
                raise RuntimeError(f"thread of {name} has died")
            worker.look()
        return {name: worker.trouble for name, worker in self._workers.items()}

    def stop(self, timeout: float = 5.0) -> None:
        """Ask all drivers to end, last started first, and wait at most *timeout* seconds."""
        deadline = time.monotonic() + timeout
        for worker in reversed(self._workers.values()):
            worker.stop.set()
        for name, worker in reversed(self._workers.items()):
            worker.thread.join(max(0.0, deadline - time.monotonic()))
            if worker.thread.is_alive():
                log.warning("driver does not stop name=%s", name)


class _Worker:
    """One driver and its thread."""

    def __init__(self, driver: Runnable, emit: Emit) -> None:
        self.driver = driver
        self.stop = threading.Event()
        self.trouble = ""
        self._settles: float = getattr(driver, "settles", _WORKS)
        self.thread = threading.Thread(target=self._work, name=driver.name, daemon=True)
        self._emit = emit
        self._lock = threading.Lock()
        self._announced: str | None = None  # trouble last announced; None: nothing yet
        self._began = float("inf")

    def look(self) -> None:
        """Count a driver as working when it has run for a while without a word."""
        if time.monotonic() - self._began >= self._settles:
            self._works()

    def _work(self) -> None:
        pause, failures = _FIRST_PAUSE, 0
        while not self.stop.is_set():
            self._began = time.monotonic()
            # That a silent device is back must not wait for the next look at all drivers.
            proof = threading.Timer(self._settles, self.look)
            proof.daemon = True
            if self.trouble:
                proof.start()
            try:
                self.driver.run(self._pass_on, self.stop)
                reason = "stopped by itself"
            except DriverUnavailable as error:
                reason = str(error)
            except Exception as error:
                log.exception("driver failed name=%s", self.driver.name)
                reason = f"{type(error).__name__}: {error}"
            proof.cancel()
            ran = time.monotonic() - self._began
            self._began = float("inf")
            if self.stop.is_set():
                return
            self._fails(reason)
            if ran > _LONGEST_PAUSE:  # it had worked for a while: all over again
                pause, failures = _FIRST_PAUSE, 0
            failures += 1
            if failures > _SOON:
                pause = min(2 * pause, _LONGEST_PAUSE)
            self.stop.wait(pause * random.uniform(0.5, 1.0))

    def _pass_on(self, signal: Signal) -> None:
        self._works()
        if not isinstance(signal, DeviceBack):
            self._emit(signal)

    def _works(self) -> None:
        with self._lock:
            self.trouble = ""
            if self._announced == "":
                return
            back = self._announced is not None
            self._announced = ""
        log.log(
            logging.WARNING if back else logging.DEBUG, "device works name=%s", self.driver.name
        )
        self._emit(DeviceBack(source=self.driver.name))

    def _fails(self, reason: str) -> None:
        with self._lock:
            self.trouble = reason
            if self._announced:
                log.debug("device still down name=%s reason=%s", self.driver.name, reason)
                return
            self._announced = reason
        log.warning("device down name=%s reason=%s", self.driver.name, reason)
        self._emit(DeviceDown(source=self.driver.name, reason=reason))
