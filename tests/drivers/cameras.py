"""The camera driver as tests and benches run it: in place, on a reel, or in its own process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self, TypeVar

from agent.contract.clock import BootClock
from agent.contract.driver import Site
from agent.contract.signals import CameraWatch, Signal
from agent.core.child import ChildProcess
from agent.core.supervisor import Supervisor
from drivers.camera import Camera, CameraSettings
from drivers.vision.capture import Shot
from drivers.vision.pose import Frame
from tests.drivers.running import only_child
from tests.waiting import wait_for

Kind = TypeVar("Kind", bound=Signal)


def camera(source: str, models: Path, cache: Path) -> Camera:
    """Return a driver for *source*."""
    return Camera("hall", CameraSettings(source=source), Site(models, cache))


def process(source: str, models: Path, cache: Path, **settings: Any) -> ChildProcess:
    """Return the same in a process of its own, as the daemon runs it."""
    chosen = CameraSettings(source=source, **settings)
    return ChildProcess("camera", "hall", chosen, Site(models.resolve(), cache))


def looking(signals: Iterable[Signal]) -> list[bool]:
    """Return what the driver said of looking, in order."""
    return [signal.looking for signal in signals if isinstance(signal, CameraWatch)]


class Supervised:
    """Runs *driver*, which has a process of its own, under a supervisor within a ``with``."""

    def __init__(self, driver: ChildProcess) -> None:
        self._driver = driver
        self._supervisor = Supervisor(self._keep, BootClock())
        self.signals: list[Signal] = []
        self.times: list[float] = []
        """When each of them came, monotonic seconds."""

    def _keep(self, signal: Signal) -> None:
        self.times.append(time.monotonic())
        self.signals.append(signal)

    def wait(self, kind: type[Kind], timeout: float, number: int = 1) -> tuple[float, Kind]:
        """Return the time and the text of the signal of *kind* that comes as the *number*-th."""

        def found() -> tuple[float, Kind] | None:
            of_kind = [(at, one) for at, one in self._timed() if isinstance(one, kind)]
            return of_kind[number - 1] if len(of_kind) >= number else None

        found_one = wait_for(found, timeout)
        assert found_one is not None  # wait_for would have raised
        return found_one

    def _timed(self) -> list[tuple[float, Signal]]:
        return list(zip(self.times, self.signals, strict=False))

    def kill(self) -> float:
        """End its process as a crash in native code would; return when, monotonic seconds."""
        os.kill(only_child(), signal.SIGKILL)
        return time.monotonic()

    def __enter__(self) -> Self:
        self._supervisor.start(self._driver)
        return self

    def __exit__(self, *exc: object) -> None:
        self._supervisor.stop()


class Reel:
    """Stands in for `drivers.vision.capture.Capture`: pictures with stamps of their own.

    They are taken as fast as the driver takes them, so that minutes pass in a second.
    """

    source = "reel"

    def __init__(self, pictures: Iterable[tuple[float, Frame]]) -> None:
        self._pictures = iter(pictures)
        self.at = 0.0
        """Stamp of the newest picture, seconds."""
        self.ended = False

    def __call__(self, source: str, width: int, height: int, clock: BootClock) -> Self:
        """Be opened."""
        return self

    def start(self) -> None:
        """Nothing reads ahead."""

    def newest(self, after: int, timeout: float) -> Shot | None:
        """Return the next picture; None when there are no more."""
        shown = next(self._pictures, None)
        if shown is None:
            self.ended = True
            return None
        self.at, frame = shown
        return Shot(after + 1, self.at, frame)

    def close(self) -> None:
        """Nothing is open."""
