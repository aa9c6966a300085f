"""The camera driver, on a stand-in network camera and on files."""

from __future__ import annotations

import os
import time
from pathlib import Path

import cv2
import pytest

from agent.contract.driver import DriverUnavailable
from agent.contract.signals import CameraWatch, DeviceBack, PersonDown
from agent.messages import DeviceDown
from drivers.camera import GONE, SILENT, CameraSettings
from drivers.vision.capture import START
from drivers.vision.temporal import FallModel
from hw_mocks.devices.camera import SIZE, MockCamera, empty_room
from tests.drivers.cameras import Supervised, camera, looking, process
from tests.drivers.running import Running
from tests.waiting import wait_for


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """One second of an empty room."""
    path = tmp_path / "room.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, SIZE)
    for _ in range(10):
        writer.write(empty_room())
    writer.release()
    return path


def test_a_fall_before_a_network_camera_is_an_alarm(
    mock: MockCamera, models: Path, data_dir: Path, tmp_path: Path
) -> None:
    """Played at its own pace through HTTP, a real fall alarms; then it stops within a second."""
    with Running(camera(mock.url, models, tmp_path)) as running:
        wait_for(lambda: looking(running.signals) == [True], 10)
        mock.play(data_dir / "falls" / "Subject3_Fall_01.mp4")
        wait_for(lambda: any(isinstance(signal, PersonDown) for signal in running.signals), 15)
        assert {signal.source for signal in running.signals} == {"hall"}
        assert running.stop() < 1.0
    assert [path.suffix for path in tmp_path.iterdir()] in ([], [".json"])


def test_a_short_loss_is_bridged(mock: MockCamera, models: Path, tmp_path: Path) -> None:
    """A camera that comes back in a moment is opened again, without troubling anybody else."""
    with Running(camera(mock.url, models, tmp_path)) as running:
        wait_for(lambda: looking(running.signals) == [True], 10)
        mock.unplug()
        wait_for(lambda: looking(running.signals) == [True, False])
        mock.plug()
        wait_for(lambda: looking(running.signals) == [True, False, True])
        assert running.gave_up == ""


def test_a_lasting_loss_is_reported(mock: MockCamera, models: Path, tmp_path: Path) -> None:
    """Without a picture for some seconds the driver gives up, and names address and remedy."""
    with Running(camera(mock.url, models, tmp_path)) as running:
        wait_for(lambda: looking(running.signals) == [True], 10)
        mock.unplug()
        why = running.why(10)
    assert mock.url in why and "cable" in why


def test_a_camera_that_dies_and_returns_is_watched_again(
    mock: MockCamera, models: Path, tmp_path: Path
) -> None:
    """Gone for so long that the driver gave up: down once, back once, and it looks again."""
    with Supervised(process(mock.url, models, tmp_path)) as running:
        running.wait(CameraWatch, 15)
        mock.unplug()
        _, down = running.wait(DeviceDown, GONE + 3)
        assert mock.url in down.reason
        mock.plug()
        running.wait(DeviceBack, 10, number=2)
        wait_for(lambda: looking(running.signals) == [True, False, True])
        assert sum(isinstance(one, DeviceDown) for one in running.signals) == 1


def test_a_camera_that_hangs_is_said_and_taken_back(
    mock: MockCamera, models: Path, tmp_path: Path
) -> None:
    """Connected but silent: said after some seconds, and taken back with the next picture."""
    with Running(camera(mock.url, models, tmp_path)) as running:
        wait_for(lambda: looking(running.signals) == [True], 10)
        mock.hang()
        wait_for(lambda: looking(running.signals) == [True, False], SILENT + 2)
        last = running.signals[-1]
        assert isinstance(last, CameraWatch) and last.reason == "no picture comes from the camera"
        mock.recover()
        wait_for(lambda: looking(running.signals) == [True, False, True])
        assert running.gave_up == ""


def test_a_camera_that_hangs_for_good_is_given_up(
    mock: MockCamera, models: Path, tmp_path: Path
) -> None:
    """A read that never returns keeps the driver neither from saying so nor from ending."""
    with Running(camera(mock.url, models, tmp_path)) as running:
        wait_for(lambda: looking(running.signals) == [True], 10)
        mock.hang()
        hung = time.monotonic()
        assert mock.url in running.why(GONE + 3)
        assert time.monotonic() - hung < GONE + 2
        assert running.stop() < 1.0


def test_a_camera_whose_first_picture_takes_long_is_waited_for(
    mock: MockCamera, models: Path, tmp_path: Path
) -> None:
    """Connected at once, and silent for longer than it may be later: it is looked through."""
    mock.hang()
    with Running(camera(mock.url, models, tmp_path)) as running:
        began = time.monotonic()
        wait_for(lambda: time.monotonic() > began + GONE + 1, GONE + 5)
        assert running.gave_up == "" and running.signals == []
        mock.recover()
        wait_for(lambda: looking(running.signals) == [True], 10)


def test_a_camera_that_never_sends_is_given_up(
    mock: MockCamera, models: Path, tmp_path: Path
) -> None:
    """Patience ends."""
    mock.hang()
    with Running(camera(mock.url, models, tmp_path)) as running:
        assert mock.url in running.why(START + 5)


def test_a_file_plays_once(film: Path, models: Path, tmp_path: Path) -> None:
    """It is watched, and then unavailable because it ended."""
    with Running(camera(str(film), models, tmp_path)) as running:
        assert running.why(10) == f"{film}: the video file ended"
    assert looking(running.signals) == [True]


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


def test_damaged_weights_name_the_remedy(
    film: Path, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network that tells falls came with linli, so it comes again with it."""
    (tmp_path / "temporal.npz").write_bytes(b"")
    monkeypatch.setattr(FallModel.__init__, "__defaults__", (tmp_path / "temporal.npz",))
    with Running(camera(str(film), models, tmp_path)) as running:
        assert "install linli again" in running.why()


def test_network_options_do_not_leak(mock: MockCamera, models: Path, tmp_path: Path) -> None:
    """FFmpeg's options for cameras would spoil files opened later in the same process."""
    with Running(camera(mock.url, models, tmp_path)) as running:
        wait_for(lambda: looking(running.signals) == [True], 10)
    assert "OPENCV_FFMPEG_CAPTURE_OPTIONS" not in os.environ


def test_an_empty_source_is_refused() -> None:
    """The remedy names a device."""
    with pytest.raises(ValueError, match="/dev/video0"):
        CameraSettings(source=" ")


def test_password_of_a_camera_is_never_told() -> None:
    """What a failing network camera is called in logs and records lacks its password."""
    from drivers.vision.capture import Capture

    with pytest.raises(DriverUnavailable) as failure:
        Capture("rtsp://admin:geheim@127.0.0.1:9/live", 640, 480)
    assert "geheim" not in str(failure.value) and "127.0.0.1:9/live" in str(failure.value)
