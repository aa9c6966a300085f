"""The camera driver, on a stand-in network camera and on files."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest

from agent.child import ChildProcess
from agent.contract import CameraWatch, DeviceDown, DriverUnavailable, PersonDown, Signal, Site
from agent.supervisor import Supervisor
from drivers.camera import GONE, Camera, CameraSettings
from hw_mocks.camera import SIZE, MockCamera, empty_room
from tests.drivers.running import Running
from tests.waiting import wait_for


@pytest.fixture
def mock() -> Iterator[MockCamera]:
    """A camera that shows an empty room."""
    camera = MockCamera()
    yield camera
    camera.close()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """One second of an empty room."""
    path = tmp_path / "room.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, SIZE)
    for _ in range(10):
        writer.write(empty_room())
    writer.release()
    return path


def camera(source: str, models: Path, cache: Path) -> Camera:
    """Return a driver for *source*."""
    return Camera("hall", CameraSettings(source=source), Site(models, cache))


def looking(running: Running) -> list[bool]:
    """Return what the driver said of looking, in order."""
    return [signal.looking for signal in running.signals if isinstance(signal, CameraWatch)]


def test_a_fall_before_a_network_camera_is_an_alarm(
    mock: MockCamera, models: Path, data_dir: Path, tmp_path: Path
) -> None:
    """Played at its own pace through HTTP, a real fall alarms; then it stops within a second."""
    with Running(camera(mock.url, models, tmp_path)) as running:
        wait_for(lambda: looking(running) == [True], 10)
        mock.play(data_dir / "falls" / "Subject3_Fall_01.mp4")
        wait_for(lambda: any(isinstance(signal, PersonDown) for signal in running.signals), 15)
        assert {signal.source for signal in running.signals} == {"hall"}
        assert running.stop() < 1.0
    assert [path.suffix for path in tmp_path.iterdir()] in ([], [".json"])


def test_a_short_loss_is_bridged(mock: MockCamera, models: Path, tmp_path: Path) -> None:
    """A camera that comes back in a moment is opened again, without troubling anybody else."""
    with Running(camera(mock.url, models, tmp_path)) as running:
        wait_for(lambda: looking(running) == [True], 10)
        mock.unplug()
        wait_for(lambda: looking(running) == [True, False])
        mock.plug()
        wait_for(lambda: looking(running) == [True, False, True])
        assert running.gave_up == ""


def test_a_lasting_loss_is_reported(mock: MockCamera, models: Path, tmp_path: Path) -> None:
    """Without a picture for some seconds the driver gives up, and names address and remedy."""
    with Running(camera(mock.url, models, tmp_path)) as running:
        wait_for(lambda: looking(running) == [True], 10)
        mock.unplug()
        why = running.why(10)
    assert mock.url in why and "cable" in why


def test_a_file_plays_once(film: Path, models: Path, tmp_path: Path) -> None:
    """It is watched, and then unavailable because it ended."""
    with Running(camera(str(film), models, tmp_path)) as running:
        assert running.why(10) == f"{film}: the video file ended"
    assert looking(running) == [True]


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("/dev/video97", "/dev/video97 is not there"),
        ("http://127.0.0.1:9/stream.mjpg", "gives no picture; check the camera's power"),
        (__file__, "gives no picture; is it a video?"),
    ],
)
def test_what_cannot_be_opened_is_named(
    source: str, part: str, models: Path, tmp_path: Path
) -> None:
    """Device, address and file each with their remedy."""
    with Running(camera(source, models, tmp_path)) as running:
        assert part in running.why(10)


def test_a_missing_model_names_the_command(film: Path, tmp_path: Path) -> None:
    """Without the model the camera cannot look."""
    with Running(camera(str(film), tmp_path, tmp_path)) as running:
        assert "linli models" in running.why()


def test_a_damaged_model_names_the_command(film: Path, tmp_path: Path) -> None:
    """A model file that is not one is said to be damaged."""
    (tmp_path / "movenet-multipose-lightning-fp16.tflite").write_bytes(b"TFL3" * 100)
    with Running(camera(str(film), tmp_path, tmp_path)) as running:
        assert "damaged" in running.why()


def test_network_options_do_not_leak(mock: MockCamera, models: Path, tmp_path: Path) -> None:
    """FFmpeg's options for cameras would spoil files opened later in the same process."""
    with Running(camera(mock.url, models, tmp_path)) as running:
        wait_for(lambda: looking(running) == [True], 10)
    assert "OPENCV_FFMPEG_CAPTURE_OPTIONS" not in os.environ


def test_an_empty_source_is_refused() -> None:
    """The remedy names a device."""
    with pytest.raises(ValueError, match="/dev/video0"):
        CameraSettings(source=" ")


BACK = 5.0
"""Seconds until a killed camera looks again: 3 on an idle machine, and this one is busy."""


def process(mock: MockCamera, models: Path, cache: Path) -> Any:
    """Return a camera in a process of its own, as the daemon runs it."""
    chosen = CameraSettings(source=mock.url)
    return ChildProcess("camera", "hall", chosen, Site(models.resolve(), cache))


def descendants() -> list[int]:
    """Return the processes that this one has started."""
    children = Path("/proc/self/task").glob("*/children")
    return [int(pid) for path in children for pid in path.read_text().split()]


def test_the_shutter_closes_the_camera(
    mock: MockCamera, models: Path, data_dir: Path, tmp_path: Path
) -> None:
    """While it is shut nobody is connected, looks or complains; opened, falls are seen again."""
    camera = process(mock, models, tmp_path)
    with Running(camera) as running:
        wait_for(lambda: looking(running) == [True], 15)
        assert mock.viewers == 1
        camera.command({"look": False})
        wait_for(lambda: looking(running) == [True, False], 3)
        wait_for(lambda: mock.viewers == 0)
        last = running.signals[-1]
        assert isinstance(last, CameraWatch) and last.reason == "shutter"
        mock.unplug()  # nobody notices
        shut_at = time.monotonic()
        wait_for(lambda: time.monotonic() - shut_at > GONE + 1, GONE + 3)
        assert looking(running) == [True, False] and running.gave_up == ""
        mock.plug()
        camera.command({"look": True})
        wait_for(lambda: looking(running) == [True, False, True], 5)
        mock.play(data_dir / "falls" / "Subject3_Fall_01.mp4")
        wait_for(lambda: any(isinstance(one, PersonDown) for one in running.signals), 15)


def test_the_shutter_ends_the_timer_of_who_lies(
    mock: MockCamera, models: Path, data_dir: Path, tmp_path: Path
) -> None:
    """Who lay before it was shut is forgotten, and nothing of them stays on the disk."""
    memory = tmp_path / "hall-down.json"
    camera = process(mock, models, tmp_path)
    with Running(camera) as running:
        wait_for(lambda: looking(running) == [True], 15)
        mock.play(data_dir / "falls" / "Subject3_Fall_01.mp4")
        wait_for(memory.exists, 15)
        camera.command({"look": False})
        wait_for(lambda: looking(running)[-1] is False, 3)
        assert not memory.exists()


def test_a_killed_process_is_back_and_remembers(
    mock: MockCamera, models: Path, data_dir: Path, tmp_path: Path
) -> None:
    """kill -9 while somebody lies: the next process looks soon, and its timer runs on.

    What it sees is only the end of the fall, somebody lying: without memory no alarm.
    """
    signals: list[Signal] = []
    before = set(descendants())
    supervisor = Supervisor(signals.append)
    supervisor.start(process(mock, models, tmp_path))
    try:
        wait_for(lambda: any(isinstance(one, CameraWatch) for one in signals), 15)
        (child,) = set(descendants()) - before
        mock.play(data_dir / "falls" / "Subject3_Fall_01.mp4")
        wait_for((tmp_path / "hall-down.json").exists, 15)
        os.kill(child, signal.SIGKILL)
        killed = time.monotonic()
        wait_for(lambda: any(isinstance(one, DeviceDown) for one in signals))
        assert not any(isinstance(one, PersonDown) for one in signals)
        wait_for(lambda: sum(isinstance(one, CameraWatch) for one in signals) == 2, 10)
        assert time.monotonic() - killed < BACK
        wait_for(lambda: any(isinstance(one, PersonDown) for one in signals), 5)
    finally:
        supervisor.stop()


def test_password_of_a_camera_is_never_told() -> None:
    """What a failing network camera is called in logs and records lacks its password."""
    from drivers.vision.capture import Capture

    with pytest.raises(DriverUnavailable) as failure:
        Capture("rtsp://admin:geheim@127.0.0.1:9/live", 640, 480)
    assert "geheim" not in str(failure.value) and "127.0.0.1:9/live" in str(failure.value)
