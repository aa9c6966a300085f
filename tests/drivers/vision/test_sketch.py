"""Sketches: enough of a room to draw on, and nothing of its people but where they are."""

from __future__ import annotations

import itertools
import string
import sys
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from drivers.camera import MODEL
from drivers.vision.glance import Order, Reply
from drivers.vision.pose import Frame, PoseModel, as_frame
from drivers.vision.posture import HEAD, VISIBLE
from drivers.vision.sketch import MOST_CORNERS, MOST_LINES, Sketch, draw
from drivers.vision.zones import Zone
from hw_mocks.devices.camera import empty_room
from tests.drivers.test_privacy import AS_ROOT, USER_MAP, fence, observed

__all__ = ["fence"]  # a fixture
SMALL = 40_000
"""Bytes of JSON; the smallest of these pictures has 921 600 of light."""


def frame_of(clip: Path, number: int = 50) -> Frame:
    """One picture of a film."""
    video = cv2.VideoCapture(str(clip))
    video.set(cv2.CAP_PROP_POS_FRAMES, number)
    taken, frame = video.read()
    video.release()
    assert taken
    return as_frame(frame)


def corners(sketch: Sketch) -> list[tuple[float, float]]:
    """All corners of all lines."""
    return [point for line in sketch.lines for point in line]


def test_real_rooms_become_few_lines(data_dir: Path) -> None:
    """Rooms with people: between a dozen and a hundred lines, all inside, a few kilobytes."""
    for clip in sorted((data_dir / "falls").glob("*.mp4")):
        sketch = draw(frame_of(clip))
        assert 12 <= len(sketch.lines) <= 100, clip.name
        assert len(corners(sketch)) < MOST_CORNERS
        assert all(0 <= part <= 1 for point in corners(sketch) for part in point)
        assert len(msgspec.json.encode(sketch)) < SMALL / 2


def test_furniture_stands_where_it_was() -> None:
    """The mock's door and window are drawn within a hundredth of where they are."""
    found = np.array(corners(draw(empty_room())))
    for x, y in ((390, 110), (470, 110), (190, 90), (310, 190)):
        away = np.abs(found - (x / 640, y / 480)).max(axis=1).min()
        assert away < 0.02, (x, y)


def test_dark_rooms_are_drawn_and_darkness_is_not() -> None:
    """A tenth of the light gives the same room; noise alone gives nothing."""
    bright, dark = draw(empty_room()), draw(as_frame(empty_room() * 0.1))
    assert abs(len(bright.lines) - len(dark.lines)) <= 2
    noise = np.random.default_rng(3).normal(4.0, 2.5, (480, 640, 3))
    assert draw(as_frame(np.clip(noise, 0, 255))).lines == []


@pytest.mark.parametrize("scale", [0.4, 0.6, 0.8])
def test_small_print_is_a_smear(scale: float) -> None:
    """Letters of up to a twentieth of the picture's height leave at most an outline or two."""
    paper = np.full((480, 640, 3), 190, np.uint8)
    for row in range(3):
        where = (60, 120 + 100 * row)
        text = "Zhang Guifen 3871 0244 95"
        cv2.putText(paper, text, where, cv2.FONT_HERSHEY_SIMPLEX, scale, (20, 20, 20), 2)
    assert 0 < len(draw(paper).lines) < 3 * 5


def test_no_line_is_on_a_head(data_dir: Path, models: Path) -> None:
    """Where the model sees a face there is nothing; where people are is known all the same."""
    model = PoseModel(models / MODEL)
    seen = 0
    for clip in sorted((data_dir / "falls").glob("*_ADL_*.mp4")):
        frame = frame_of(clip)
        people = [points for points, score in model.look(frame) if score > 0.22]
        sketch = draw(frame, people)
        assert len(sketch.people) == len(people)
        for points in people:
            head = points[list(HEAD)]
            head = head[head[:, 2] >= VISIBLE, :2]
            if len(head) < 3:
                continue
            seen += 1
            middle = head.mean(axis=0)
            reach = np.hypot(*(head - middle).T).max()
            away = np.hypot(*(np.array(corners(sketch)) - middle).T).min()
            assert away > reach
    assert seen >= 5


def test_any_picture_stays_within_the_limits() -> None:
    """Checks, noise and stripes in all sizes: the number of lines and corners is bounded."""
    generator = np.random.default_rng(5)
    for height, width in itertools.product((120, 480, 1080), (160, 1920)):
        rows, columns = np.indices((height, width))
        for grey in (
            (rows // 9 + columns // 9) % 2 * 255,
            columns // 11 % 2 * 255,
            generator.integers(0, 255, (height, width)),
        ):
            sketch = draw(as_frame(np.dstack([grey] * 3)))
            assert len(sketch.lines) <= MOST_LINES
            assert len(corners(sketch)) <= MOST_CORNERS
            assert len(msgspec.json.encode(sketch)) < SMALL


def glance(folder: Path, order: Order) -> tuple[Reply, int]:
    """The real process behind the fence: its reply, all of it, and that it did nothing else."""
    line = msgspec.json.encode(order) + b"\n"
    seen = observed(folder, [sys.executable, "-m", "drivers.vision.glance"], line)
    assert seen.elsewhere <= (USER_MAP if AS_ROOT else 0)
    assert (seen.packets, seen.held, seen.files) == (0, frozenset(), {})
    assert len(seen.logged) < 2_000 and set(seen.logged.decode()) <= set(string.printable)
    reply = msgspec.json.decode(seen.told, type=Reply)
    assert len(msgspec.json.encode(reply)) == len(seen.told)  # nothing rides along
    return reply, len(seen.told)


def test_a_look_hands_on_a_sketch_and_nothing_else(
    tmp_path: Path, data_dir: Path, models: Path
) -> None:
    """Not a byte leaves the process but the sketch, black in what is private."""
    order = Order(
        source=str((data_dir / "falls" / "Subject3_ADL_07.mp4").resolve()),
        width=640,
        height=480,
        private=[Zone(name="门", kind="private", polygon=[(0.7, 0), (1, 0), (1, 1), (0.7, 1)])],
        model=str((models / MODEL).resolve()),
    )
    reply, size = glance(tmp_path / "g", order)
    sketch = msgspec.convert(reply.sketch, Sketch)
    assert size < SMALL
    assert len(sketch.people) == 1
    assert sketch.lines
    assert max(x for x, _ in corners(sketch)) < 0.72


def test_a_look_at_no_camera_says_why(tmp_path: Path) -> None:
    """A device that is not there is named, with what to check."""
    order = Order(source="/dev/video77", width=640, height=480, private=[], model=None)
    reply, _ = glance(tmp_path / "g", order)
    assert reply == Reply(trouble="/dev/video77 is not there; check the camera's cable")
