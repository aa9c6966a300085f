"""The camera's process is killed while somebody lies: it is back soon, and remembers."""

from __future__ import annotations

from pathlib import Path

import cv2
import msgspec
import pytest

from agent.contract.clock import BootClock
from agent.contract.signals import CameraWatch, PersonDown
from agent.messages import DeviceDown
from drivers.vision.memory import Kept
from drivers.vision.videos import frames
from hw_mocks.devices.camera import MockCamera
from tests.drivers.cameras import Supervised, looking, process
from tests.waiting import wait_for

BACK = 3.0
"""Seconds until a killed camera looks again."""
KILLS = 3
FLOOR = 6.0
SLOW = 6
"""Times as slow as it was: no fall, but somebody who slides to the floor."""


def test_it_is_back_soon_each_time(mock: MockCamera, models: Path, tmp_path: Path) -> None:
    """One who dies several times in a row is down and back as often, each time within seconds."""
    with Supervised(process(mock.url, models, tmp_path)) as running:
        running.wait(CameraWatch, 15)
        for number in range(1, KILLS + 1):
            killed = running.kill()
            _, down = running.wait(DeviceDown, 2, number)
            assert "signal 9" in down.reason
            looks, _ = running.wait(CameraWatch, 10, number + 1)
            assert looks - killed < BACK
        assert looking(running.signals) == [True] * (KILLS + 1)


def test_a_fall_before_is_an_alarm_after(
    mock: MockCamera, models: Path, data_dir: Path, tmp_path: Path
) -> None:
    """What the next process sees is only the end, somebody lying: without memory no alarm."""
    with Supervised(process(mock.url, models, tmp_path)) as running:
        running.wait(CameraWatch, 15)
        mock.play(data_dir / "falls" / "Subject3_Fall_01.mp4")
        wait_for((tmp_path / "hall-down.json").exists, 15)
        running.kill()
        running.wait(DeviceDown, 2)
        assert not any(isinstance(one, PersonDown) for one in running.signals)
        running.wait(PersonDown, 10)


@pytest.fixture
def slide(data_dir: Path, tmp_path: Path) -> Path:
    """Somebody goes to the floor slowly, and stays there."""
    clip = data_dir / "falls" / "Subject2_Fall_13.mp4"
    pictures = [frame for _, frame in frames(clip)][48:72]
    film = tmp_path / "slide.avi"
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(
        str(film), cv2.VideoWriter.fourcc(*"MJPG"), 15.0 / SLOW, (width, height)
    )
    for picture in pictures:
        writer.write(picture)
    writer.release()
    return film


def test_a_timer_runs_on(mock: MockCamera, models: Path, slide: Path, tmp_path: Path) -> None:
    """The seconds on the floor before the kill and those after it are one sum."""
    memory = tmp_path / "hall-down.json"

    def lain() -> float:
        """Seconds on the floor that stand on the disk."""
        if not memory.exists():
            return 0.0
        people = msgspec.json.decode(memory.read_bytes(), type=list[Kept])
        return max((one.floor for one in people), default=0.0)

    with Supervised(process(mock.url, models, tmp_path, floor_seconds=FLOOR)) as running:
        running.wait(CameraWatch, 15)
        mock.play(slide)
        wait_for(lambda: lain() > FLOOR / 2, 30)
        running.kill()
        before = lain()
        running.wait(CameraWatch, 10, number=2)
        looks = BootClock().boot()
        _, alarm = running.wait(PersonDown, FLOOR + 2)
        assert alarm.reason == "floor"
        # The gap between the two counts for a second at most.
        assert FLOOR - before - 1.2 < alarm.at - looks < FLOOR - before + 0.5
