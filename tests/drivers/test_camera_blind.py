"""A camera that sends pictures and sees nothing: said with its reason, and taken back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from agent.contract.driver import DriverUnavailable
from agent.contract.signals import CameraWatch, Signal
from drivers.vision.health import AFTER
from drivers.vision.life import FROZEN_AFTER
from drivers.vision.pose import Frame, as_frame
from hw_mocks.devices.camera import SIZE, empty_room
from tests.drivers.cameras import Reel, camera
from tests.drivers.running import Running
from tests.waiting import wait_for

FPS = 5
ROOM = empty_room()
BLACK = as_frame(np.zeros_like(ROOM))
CLOTH = as_frame(np.full_like(ROOM, 60) + np.linspace(0, 40, SIZE[0], dtype=np.uint8)[:, None])
NOISES = [np.random.default_rng(seed).normal(0, 3, ROOM.shape) for seed in range(8)]


def live(frame: Frame, seconds: float) -> Iterator[Frame]:
    """Yield *frame* as a sensor sees it, never twice the same."""
    for number in range(round(seconds * FPS)):
        yield as_frame(np.clip(frame + NOISES[number % len(NOISES)], 0, 255))


def stuck(seconds: float) -> Iterator[Frame]:
    """Yield exactly the same picture of the room."""
    for _ in range(round(seconds * FPS)):
        yield as_frame(ROOM + 1)


BEFORE, AFTERWARDS = 30.0, 5.0


@pytest.mark.parametrize(
    ("trouble", "lasting", "word", "within"),
    [
        (live(BLACK, 10), 10.0, "黑屏", AFTER),
        (live(CLOTH, 10), 10.0, "遮挡", AFTER),
        (stuck(40), 40.0, "画面静止", FROZEN_AFTER),
    ],
    ids=["black", "covered", "frozen"],
)
def test_a_blind_camera_says_so_until_it_sees(
    trouble: Iterator[Frame],
    lasting: float,
    word: str,
    within: float,
    models: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once, with the reason, as soon as it is sure; and once, without, at the first good picture.

    The stamps of the pictures are the time.
    """

    def shown() -> Iterator[tuple[float, Frame]]:
        pictures = [*live(ROOM, BEFORE), *trouble, *live(ROOM, AFTERWARDS)]
        return ((number / FPS, frame) for number, frame in enumerate(pictures))

    reel = Reel(shown())
    monkeypatch.setattr("drivers.vision.capture.Capture", reel)
    said: list[tuple[float, CameraWatch]] = []

    def emit(signal: Signal) -> None:
        assert isinstance(signal, CameraWatch)  # nobody is in the room
        said.append((reel.at, signal))

    with pytest.raises(DriverUnavailable, match="ended"):
        camera("reel", models, tmp_path).run(emit, threading.Event())
    (_, sees), (blind_at, blind), (again_at, again) = said
    assert sees == again == CameraWatch(source="hall", looking=True)
    assert not blind.looking and word in blind.reason
    assert blind_at - BEFORE == pytest.approx(within, abs=2 / FPS)
    assert again_at == BEFORE + lasting


def test_a_film_that_goes_black_is_noticed_as_it_plays(models: Path, tmp_path: Path) -> None:
    """The same through the real capture, at a real file's own pace."""
    film = tmp_path / "lens.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"MJPG"), float(FPS), SIZE)
    for frame in (*live(ROOM, 1), *live(BLACK, AFTER + 1), *live(ROOM, 1)):
        writer.write(frame)
    writer.release()
    with Running(camera(str(film), models, tmp_path / "cache")) as running:
        wait_for(lambda: len(running.signals) == 3, AFTER + 10)
        assert "ended" in running.why(5)
    _, blind, again = running.signals
    assert isinstance(blind, CameraWatch) and "黑屏" in blind.reason
    assert again == CameraWatch(source="hall", looking=True)
