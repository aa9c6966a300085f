"""The only code that starts threads and processes for drivers, and the only that catches all.

A driver that fails is run again after a growing pause; upstream and residents learn once that
it is down and once that it is back. One broken device never stops another.
"""

from __future__ import annotations

import logging
import math
import random
import threading
from typing import Any, Protocol

import msgspec

from agent.contract.clock import BootClock
from agent.contract.driver import DriverUnavailable, Emit, Wakeful
from agent.contract.orders import Order, States, checked
from agent.contract.signals import DeviceBack, Signal
from agent.core.gate import Gate
from agent.messages import DeviceDown
from config.addresses import without_secrets

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

    def __init__(self, emit: Emit, clock: BootClock) -> None:
        self._emit = emit
        self._clock = clock
        self._workers: dict[str, _Worker] = {}
        self._states: dict[str, States] = {}
        """What each device was last told to be."""

    def start(self, driver: Runnable) -> None:
        """Run *driver* from now on, again and again, until `stop`."""
        worker = _Worker(driver, self._emit, self._clock)
        # A new dictionary each time: others may be going through the old one.
        self._workers = {**self._workers, driver.name: worker}
        worker.thread.start()

    def exchange(self, name: str, driver: Runnable | None, timeout: float = 5.0) -> None:
        """End the driver *name*, and run *driver* in its place, which is told what still holds;
        None: nothing comes in its place."""
        worker = self._workers.get(name)
        if worker is not None:
            self._workers = {key: one for key, one in self._workers.items() if key != name}
            worker.stop.set()
            if isinstance(worker.driver, Wakeful):
                worker.driver.wake()
            worker.thread.join(timeout)
            if worker.thread.is_alive():
                log.warning("driver does not stop name=%s", name)
        if driver is None:
            self._states.pop(name, None)
            return
        for order in self._states.get(name, ()):
            if type(order) in getattr(driver, "accepts", ()):
                driver.command(order)  # type: ignore[attr-defined]
        self.start(driver)

    def command(self, device: str, order: Order) -> None:
        """Pass *order* to the driver *device*; that it is missing or refuses it is logged."""
        worker = self._workers.get(device)
        driver: Any = worker and worker.driver
        accepts = getattr(driver, "accepts", ())
        if type(order) not in accepts:
            takes = ", ".join(kind.__name__ for kind in accepts) or "no orders"
            log.error("order refused device=%s order=%r reason=it takes %s", device, order, takes)
            return
        self._states.setdefault(device, States()).note(order)
        try:
            driver.command(checked(order))
        except (msgspec.ValidationError, TypeError) as error:
            log.error("order refused device=%s order=%r reason=%s", device, order, error)
        except Exception:
            log.exception("order failed device=%s order=%r", device, order)

    def check_health(self) -> dict[str, str]:
        """Each driver's trouble, empty where it works.

        Raises:
            RuntimeError: a driver's thread has died, which no driver can cause.
        """
        for name, worker in self._workers.items():
            if not worker.thread.is_alive():
                raise RuntimeError(f"thread of {name} has died")
            worker.check_health()
        return {name: worker.trouble for name, worker in self._workers.items()}

    def stop(self, timeout: float = 5.0) -> None:
        """Ask all drivers to end, last started first, and wait at most *timeout* seconds."""
        deadline = self._clock.boot() + timeout
        for worker in reversed(self._workers.values()):
            worker.stop.set()
            if isinstance(worker.driver, Wakeful):
                worker.driver.wake()
        for name, worker in reversed(self._workers.items()):
            worker.thread.join(max(0.0, deadline - self._clock.boot()))
            if worker.thread.is_alive():
                log.warning("driver does not stop name=%s", name)


class _Worker:
    """One driver and its thread."""

    def __init__(self, driver: Runnable, emit: Emit, clock: BootClock) -> None:
        self._clock = clock
        self.driver = driver
        self.stop = threading.Event()
        self.trouble = ""
        self._settles: float = getattr(driver, "settles", _WORKS)
        self.thread = threading.Thread(target=self._work, name=driver.name, daemon=True)
        self._emit = emit
        self._lock = threading.Lock()
        self._announced: str | None = None  # trouble last announced; None: nothing yet
        self._began = float("inf")
        emits = getattr(driver, "emits", None)
        # The uplink and the page are parts of the daemon: they may say anything
        self._gate = None if emits is None else Gate(driver.name, emits, clock)

    def check_health(self) -> None:
        """Count a driver as working when it has run for a while without a word."""
        if self._clock.boot() - self._began >= self._settles:
            self._works()

    def _work(self) -> None:
        pause, failures = _FIRST_PAUSE, 0
        while not self.stop.is_set():
            self._began = self._clock.boot()
            # That a silent device is back must not wait for the next health check.
            proof = threading.Timer(min(self._settles, _LONGEST_PAUSE), self.check_health)
            proof.daemon = True
            if self.trouble and self._settles < math.inf:
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
            ran = self._clock.boot() - self._began
            self._began = float("inf")
            if self.stop.is_set():
                return
            self._fails(reason)
            if ran > _LONGEST_PAUSE:  # it had worked for a while: all over again
                pause, failures = _FIRST_PAUSE, 0
            failures += 1
            if failures > _SOON:
                pause = min(2 * pause, _LONGEST_PAUSE)
            self._clock.wait(self.stop, beat=pause * random.uniform(0.5, 1.0))

    def _pass_on(self, signal: Signal) -> None:
        admitted = signal if self._gate is None else self._gate.admit(signal)
        if admitted is None:
            return
        self._works()
        if not isinstance(admitted, DeviceBack):
            self._emit(admitted)

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
        reason = without_secrets(reason)  # it goes into log and record
        with self._lock:
            self.trouble = reason
            if self._announced:
                log.debug("device still down name=%s reason=%s", self.driver.name, reason)
                return
            self._announced = reason
        log.warning("device down name=%s reason=%s", self.driver.name, reason)
        self._emit(DeviceDown(source=self.driver.name, reason=reason))
