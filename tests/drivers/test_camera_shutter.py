"""The camera behind a privacy shutter."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.child import ChildProcess
from agent.contract import CameraWatch, Signal, Site
from drivers.camera import Camera, CameraSettings
from hw_mocks.camera import MockCamera
from tests.drivers.running import Running
from tests.waiting import wait_for

SHUT = CameraWatch(source="hall", looking=False, reason="shutter")
LOOKS = CameraWatch(source="hall", looking=True)


@pytest.fixture
def mock() -> Iterator[MockCamera]:
    """A camera that shows an empty room."""
    camera = MockCamera()
    yield camera
    camera.close()


def connected(mock: MockCamera) -> bool:
    """Whether this process holds a connection to the camera."""
    remote = f":{mock.port:04X}"
    rows = (line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:])
    return any(row[2].endswith(remote) and row[3] == "01" for row in rows)


def test_the_shutter_closes_the_camera(mock: MockCamera, models: Path, tmp_path: Path) -> None:
    """Told not to look it lets go of the camera; told to look it opens it again."""
    driver = Camera("hall", CameraSettings(source=mock.url), Site(models, tmp_path))
    with Running(driver) as running:
        wait_for(lambda: running.signals == [LOOKS], 20)
        assert connected(mock)
        driver.command({"look": False})
        wait_for(lambda: running.signals == [LOOKS, SHUT], 5)
        wait_for(lambda: not connected(mock), 5)
        driver.command({"look": True})
        wait_for(lambda: running.signals == [LOOKS, SHUT, LOOKS], 20)
        driver.command({"look": False})
        wait_for(lambda: running.signals[-1] == SHUT, 5)
        assert running.stop() < 1.0


def test_a_camera_that_may_not_look_is_not_opened(models: Path, tmp_path: Path) -> None:
    """Behind a closed shutter not even a missing device is noticed."""
    driver = Camera("hall", CameraSettings(source="/dev/video97"), Site(models, tmp_path))
    driver.command({"look": False})
    with Running(driver) as running:
        wait_for(lambda: running.signals == [SHUT])
        driver.command({"look": True})
        assert "/dev/video97 is not there" in running.why(10)


def test_a_new_process_begins_with_the_last_word(models: Path, tmp_path: Path) -> None:
    """What was said before the process was born holds from its first moment."""
    settings = CameraSettings(source="/dev/video97")
    child = ChildProcess("camera", "hall", settings, Site(models, tmp_path))
    child.command({"look": False})
    signals: list[Signal] = []
    for _ in range(2):
        stop = threading.Event()
        signals.clear()
        thread = threading.Thread(target=child.run, args=(signals.append, stop))
        thread.start()
        wait_for(lambda: signals == [SHUT], 20)
        stop.set()
        thread.join()
