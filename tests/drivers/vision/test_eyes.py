"""Motion, and whether the camera sees at all."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.vision.health import AFTER, FROZEN_AFTER, Health
from drivers.vision.motion import MotionGate, shrink
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
    assert said[int(FROZEN_AFTER)] == "" and "frozen" in said[-1]
