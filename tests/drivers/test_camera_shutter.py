"""The camera behind a privacy shutter."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from agent.contract.orders import Look
from agent.contract.signals import CameraWatch, PersonDown, Signal
from drivers.camera import GONE
from hw_mocks.devices.camera import MockCamera
from tests.drivers.cameras import camera, looking, process
from tests.drivers.running import Running
from tests.waiting import wait_for

SHUT = CameraWatch(source="hall", looking=False, reason="shutter")
FALL = "falls/Subject3_Fall_01.mp4"


def test_the_shutter_closes_the_camera(
    mock: MockCamera, models: Path, data_dir: Path, tmp_path: Path
) -> None:
    """While it is shut nobody is connected, looks or complains; opened, falls are seen again."""
    driver = process(mock.url, models, tmp_path)
    with Running(driver) as running:
        wait_for(lambda: looking(running.signals) == [True], 15)
        assert mock.viewers == 1
        driver.command(Look(False))
        wait_for(lambda: looking(running.signals) == [True, False], 3)
        wait_for(lambda: mock.viewers == 0)
        assert running.signals[-1] == SHUT
        mock.unplug()  # nobody notices
        shut_at = time.monotonic()
        wait_for(lambda: time.monotonic() - shut_at > GONE + 1, GONE + 3)
        assert looking(running.signals) == [True, False] and running.gave_up == ""
        mock.plug()
        driver.command(Look(True))
        wait_for(lambda: looking(running.signals) == [True, False, True], 5)
        mock.play(data_dir / FALL)
        wait_for(lambda: any(isinstance(one, PersonDown) for one in running.signals), 15)
        driver.command(Look(False))
        wait_for(lambda: running.signals[-1] == SHUT)
        assert running.stop() < 1.0


def test_the_shutter_ends_the_timer_of_who_lies(
    mock: MockCamera, models: Path, data_dir: Path, tmp_path: Path
) -> None:
    """Who lay before it was shut is forgotten, and nothing of them stays on the disk."""
    memory = tmp_path / "hall-down.json"
    driver = process(mock.url, models, tmp_path)
    with Running(driver) as running:
        wait_for(lambda: looking(running.signals) == [True], 15)
        mock.play(data_dir / FALL)
        wait_for(memory.exists, 15)
        driver.command(Look(False))
        wait_for(lambda: looking(running.signals)[-1] is False, 3)
        assert not memory.exists()


def test_a_camera_that_may_not_look_is_not_opened(models: Path, tmp_path: Path) -> None:
    """Behind a closed shutter not even a missing device is noticed."""
    driver = camera("/dev/video97", models, tmp_path)
    driver.command(Look(False))
    with Running(driver) as running:
        wait_for(lambda: running.signals == [SHUT])
        driver.command(Look(True))
        assert "/dev/video97 is not there" in running.why(10)


def test_a_new_process_begins_with_the_last_word(models: Path, tmp_path: Path) -> None:
    """What was said before the process was born holds from its first moment."""
    driver = process("/dev/video97", models, tmp_path)
    driver.command(Look(False))
    signals: list[Signal] = []
    for _ in range(2):
        stop = threading.Event()
        signals.clear()
        thread = threading.Thread(target=driver.run, args=(signals.append, stop))
        thread.start()
        wait_for(lambda: signals == [SHUT], 20)
        stop.set()
        thread.join()
