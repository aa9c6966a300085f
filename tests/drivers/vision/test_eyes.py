"""Motion, and whether the camera sees at all."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
import pytest

from drivers.vision.health import AFTER, Health
from drivers.vision.life import FROZEN_AFTER
from drivers.vision.motion import Cells, MotionGate, shrink
from drivers.vision.pose import Frame, as_frame
from hw_mocks.devices.camera import empty_room

ROOM = empty_room()
NOISES = [np.random.default_rng(seed).normal(0, 1, ROOM.shape) for seed in range(5)]


def noisy(frame: Frame, seed: int, sigma: float = 4.0) -> Frame:
    """Return *frame* as a sensor sees it."""
    return as_frame(np.clip(frame + sigma * NOISES[seed % len(NOISES)], 0, 255))


def somebody(frame: Frame, x: int = 300, height: int = 60) -> Frame:
    """Return *frame* with a dark upright shape, *height* pixels high."""
    frame = frame.copy()
    frame[300 - height : 300, x : x + height // 3] = (40, 45, 50)
    return frame


@pytest.mark.parametrize("brightness", [1.0, 0.25])
def test_noise_and_exposure_are_not_motion(brightness: float) -> None:
    """An empty room stays empty by day, in the dusk, and when exposure shifts."""
    gate = MotionGate()
    gate.looked(shrink(noisy(as_frame(ROOM * brightness), 0)))
    assert gate.moved(shrink(noisy(as_frame(ROOM * brightness), 1))) is None
    shifted = as_frame(np.clip(ROOM * brightness + 10.0, 0, 255))
    assert gate.moved(shrink(noisy(shifted, 2))) is None


def test_somebody_far_away_is_motion() -> None:
    """A shape of an eighth of the picture's height is noticed, and where it is."""
    gate = MotionGate()
    gate.looked(shrink(noisy(ROOM, 0)))
    moved = gate.moved(shrink(noisy(somebody(ROOM), 1)))
    assert moved is not None
    assert moved * (640, 480) == pytest.approx(np.array([[300, 240], [320, 300]]), abs=8)


def test_creeping_is_motion_in_the_end() -> None:
    """However slowly somebody moves, the picture differs from the last look at some time."""
    gate = MotionGate()
    gate.looked(shrink(noisy(somebody(ROOM, x=200), 0)))
    steps = [gate.moved(shrink(noisy(somebody(ROOM, x=200 + by), by))) for by in range(30)]
    assert steps[0] is None and steps[-1] is not None


def reasons(frames: list[Frame], seconds: float) -> list[str]:
    """Return what Health says of the looked-at *frames* over *seconds*, without repetitions."""
    health = Health()
    said: list[str] = []
    for number in range(int(seconds * 4)):
        frame = frames[min(number * len(frames) // int(seconds * 4), len(frames) - 1)]
        reason = health.check(number / 4, shrink(noisy(frame, number)))
        if not said or said[-1] != reason:
            said.append(reason)
    return said


BLACK = np.zeros_like(ROOM)
HAND = as_frame(np.full_like(ROOM, 60) + np.linspace(0, 40, 640, dtype=np.uint8)[None, :, None])


@pytest.mark.parametrize(("frame", "word"), [(BLACK, "black"), (HAND, "covered")])
def test_blindness_is_said_and_ends(frame: Frame, word: str) -> None:
    """A black or covered picture is a reason after some seconds; the room again is not."""
    said = reasons([ROOM, frame, ROOM], 60)
    assert len(said) == 3 and word in said[1] and said[0] == said[2] == ""


def test_a_passing_hand_is_not_blindness() -> None:
    """Less than the time that it takes says nothing."""
    assert reasons([ROOM] * 9 + [HAND] + [ROOM] * 10, AFTER * 10) == [""]


def test_identical_pictures_are_frozen() -> None:
    """Sensors are never silent: exactly the same picture for long is a frozen one."""
    health = Health()
    cells = shrink(ROOM)
    said = [health.check(float(at), cells) for at in range(int(FROZEN_AFTER) + 3)]
    assert said[int(FROZEN_AFTER) - 1] == "" and "frozen" in said[-1]


def coded(frame: Frame, quality: int) -> Frame:
    """Return *frame* through a JPEG."""
    _, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return as_frame(cv2.imdecode(data, cv2.IMREAD_COLOR))


def clocks(where: tuple[int, int], quality: int) -> list[Cells]:
    """Return the still room with ten times of day and a name written on it, as cameras do."""
    found = []
    for second in range(10):
        frame = ROOM.copy()
        for text, x in ((f"2026-11-29 08:00:0{second}", where[0]), ("HALL", 520)):
            colour = (255, 255, 255)
            cv2.putText(frame, text, (x, where[1]), cv2.FONT_HERSHEY_SIMPLEX, 0.9, colour, 2)
        found.append(shrink(coded(frame, quality) if quality else frame))
    return found


def frozen_at(pictures: Iterable[Cells], fps: float = 4.0) -> float | None:
    """Return the second at which *pictures* are first said to be frozen."""
    health = Health()
    for number, cells in enumerate(pictures):
        if "frozen" in health.check(number / fps, cells):
            return number / fps
    return None


@pytest.mark.parametrize("where", [(8, 30), (8, 470), (200, 250)])
@pytest.mark.parametrize("quality", [0, 60])
def test_a_clock_that_runs_is_no_sign_of_life(where: tuple[int, int], quality: int) -> None:
    """Wherever it is written, as it is and in a JPEG: the rest of the picture stands still."""
    shown = clocks(where, quality)
    at = frozen_at(shown[number // 4 % 10] for number in range(160))
    assert at is not None and FROZEN_AFTER - 1 <= at <= FROZEN_AFTER + 2


LIVE = [shrink(coded(noisy(ROOM, seed, 2.5), 80)) for seed in range(5)]
"""A sensor's noise, through a coder."""
STUCK = [shrink(coded(noisy(ROOM, 0, 2.5), quality)) for quality in (80, 85, 90)]
"""One picture, coded again and again."""


def test_a_picture_that_stands_still_and_is_coded_anew_is_frozen() -> None:
    """Its coder makes it flicker, and far less than its sensor did."""
    live = [LIVE[number % 5] for number in range(280)]
    at = frozen_at([*live, *(STUCK[number % 3] for number in range(320))])
    assert at is not None and 70 <= at <= 70 + 2 * FROZEN_AFTER + 2


@pytest.mark.parametrize("every", [1, 40])
def test_an_empty_room_is_alive(every: int) -> None:
    """For minutes, while the light goes on and off, and repeated exactly between key frames."""
    shown = (
        LIVE[number // every % 5] * (1.4 if 400 < number < 800 else 1.0) for number in range(1200)
    )
    assert frozen_at(shown) is None


def test_a_frozen_picture_that_moves_again_is_alive_at_once() -> None:
    """Exactly still or coded anew."""
    for stuck in (STUCK[:1], STUCK):
        health = Health()
        shown = [LIVE[n % 5] for n in range(280)] + [stuck[n % len(stuck)] for n in range(320)]
        said = [health.check(n / 4, cells) for n, cells in enumerate([*shown, *LIVE])]
        assert "frozen" in said[599] and said[-1] == ""
