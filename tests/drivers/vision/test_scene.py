"""Which pictures are looked at: not the spoiled ones, and no good one is lost to them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.vision.motion import Cells, shrink
from drivers.vision.pose import Frame, as_frame
from drivers.vision.scene import ASIDE, REMEMBERED, Fit, Scene
from hw_mocks.devices.camera import empty_room

FPS = 10
ROOM = empty_room()
OTHER = as_frame(np.flipud(ROOM // 2))
"""Another room, or another film."""
NOISES = [np.random.default_rng(seed).normal(0, 3, ROOM.shape) for seed in range(4)]
BLACK = as_frame(np.zeros_like(ROOM))


def half(colour: tuple[int, int, int]) -> Frame:
    """Return the room of which the lower half has one *colour*."""
    frame = ROOM.copy()
    frame[200:] = colour
    return frame


def torn() -> Frame:
    """Return the room whose lower part is shifted."""
    frame = ROOM.copy()
    frame[150:] = np.roll(frame[150:], 250, axis=1)
    return frame


SPOILED = {
    "black": BLACK,
    "grey": as_frame(np.full_like(ROOM, 128)),
    "green": as_frame(np.full_like(ROOM, (0, 135, 0))),
    "half grey": half((128, 128, 128)),
    "half pink": half((180, 0, 255)),
    "torn": torn(),
    "noise": as_frame(np.random.default_rng(0).integers(0, 255, ROOM.shape)),
    "upside down": as_frame(np.ascontiguousarray(ROOM[::-1])),
    "another": OTHER,
    "overexposed": as_frame(cv2.convertScaleAbs(ROOM, alpha=1.7, beta=40)),
    "underexposed": as_frame(cv2.convertScaleAbs(ROOM, alpha=0.3)),
}


def noisy(frame: Frame, number: int) -> Cells:
    """Return the small picture of *frame* with a sensor's noise."""
    return shrink(as_frame(np.clip(frame + NOISES[number % 4], 0, 255)))


def fits(pictures: Sequence[Frame]) -> list[Fit]:
    """Return what is made of *pictures* with a sensor's noise."""
    scene = Scene()
    return [scene.fit(number / FPS, noisy(one, number)) for number, one in enumerate(pictures)]


def infrared(frame: Frame) -> Frame:
    """Return *frame* by the light of a lamp beside the lens."""
    grey = 255 * (cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) / 255) ** 0.6
    down, right = np.mgrid[-1 : 1 : len(grey) * 1j, -1 : 1 : grey.shape[1] * 1j]
    lit = np.clip(grey * (1.3 - 0.8 * np.hypot(down, right)), 0, 255)
    return as_frame(np.repeat(lit.astype(np.uint8)[:, :, None], 3, axis=2))


@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_picture_is_set_aside(name: str) -> None:
    """One, and one a second; the next good one is the room again, with all that is known of it."""
    spoiled = SPOILED[name]
    once = fits([ROOM] * 5 + [spoiled] + [ROOM] * 5)
    assert once == ["same"] * 5 + ["aside"] + ["same"] * 5
    found = fits([*([ROOM] * 9), spoiled] * 5)
    assert found == ([*(["same"] * 9), "aside"]) * 5


def test_a_stream_that_begins_with_spoiled_pictures_is_the_room_after_them() -> None:
    """Black while the camera warms up, then green: neither is ever taken for the room."""
    found = fits([BLACK] * 8 + [SPOILED["green"]] + [ROOM] * 3 + [BLACK] + [ROOM] * 3)
    assert found[:10] == ["aside"] * 9 + ["same"]
    assert found[10:] == ["same", "same", "aside", "same", "same", "same"]


@pytest.mark.parametrize("seconds", [0.6, 1.5])
@pytest.mark.parametrize("name", ["black", "grey", "noise"])
def test_a_gap_leads_back_into_the_same_room(name: str, seconds: float) -> None:
    """Nothing is begun anew after pictures that show nothing."""
    gap = round(seconds * FPS)
    assert set(fits([ROOM] * 3 + [SPOILED[name]] * gap + [ROOM] * 5)) <= {"same", "aside"}


@pytest.mark.parametrize("light", ["overexposed", "underexposed"])
def test_another_light_is_the_same_room(light: str) -> None:
    """A lamp is switched on: the second such picture is looked at, and nobody is forgotten."""
    assert fits([ROOM] * 3 + [SPOILED[light]] * 4) == ["same"] * 3 + ["aside"] + ["same"] * 3


@pytest.mark.parametrize("dark", [0, 4])
def test_infra_red_is_the_same_room(dark: int) -> None:
    """Grey, lit from the camera, with or without some black before."""
    found = fits([ROOM] * 3 + [BLACK] * dark + [infrared(ROOM)] * 4)
    assert found == ["same"] * 3 + ["aside"] * (dark + 1) + ["same"] * 3


@pytest.mark.parametrize("light", [1.0, 0.3])
def test_another_room_is_a_cut_and_the_first_is_known_again(light: float) -> None:
    """By day and in the dusk."""
    room, other = (as_frame(one * light) for one in (ROOM, OTHER))
    found = fits([room] * 3 + [other] * 5 + [room] * 4)
    assert found[3:] == ["aside", "cut", "same", "same", "same", "aside", "back", "same", "same"]


def test_a_room_of_long_ago_is_another_room() -> None:
    """Whoever was in it has gone their ways."""
    scene = Scene()
    room, other = shrink(ROOM), shrink(OTHER)
    times = [0.0, 0.1, 0.2, 0.3, REMEMBERED + 1, REMEMBERED + 1.1]
    found = [scene.fit(at, one) for at, one in zip(times, [room, *[other] * 3, *[room] * 2])]  # noqa: B905
    assert found == ["same", "aside", "cut", "same", "aside", "cut"]


def test_a_shaken_camera_and_somebody_near_are_no_change() -> None:
    """The picture shifts by a twentieth, and somebody takes a fifth of it."""
    near = ROOM.copy()
    near[60:, 250:400] = (40, 45, 50)
    shaken = [as_frame(np.roll(ROOM, by, axis=1)) for by in (0, 12, -14, 20, 5, -8)]
    assert set(fits([*shaken[:4], near, *shaken[4:]])) == {"same"}


def walked(step: int) -> Frame:
    """Return the room with somebody in it, *step* steps after the door."""
    frame = ROOM.copy()
    frame[200:320, 100 + 20 * step : 150 + 20 * step] = (40, 45, 50)
    return frame


@pytest.mark.parametrize("many", [1, 6])
def test_old_pictures_are_set_aside(many: int) -> None:
    """Pictures that were shown a second ago come again, out of order; then it goes on."""
    walk = [walked(step) for step in range(24)]
    found = fits([*walk[:14], *walk[2 : 2 + many], *walk[14:]])
    assert found == ["same"] * 14 + ["aside"] * many + ["same"] * 10


def test_who_walks_to_and_fro_is_looked_at() -> None:
    """Whoever is where they were is not set aside for longer than stated."""
    walk = [walked(abs(step % 20 - 10)) for step in range(120)]
    found = fits(walk)
    assert found.count("aside") < len(walk) / 4


PICTURES = [[noisy(frame, number) for number in range(4)] for frame in (ROOM, *SPOILED.values())]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PICTURES), st.integers(1, 40)), max_size=8))
def test_nobody_looks_away_for_long(runs: list[tuple[list[Cells], int]]) -> None:
    """Whatever comes, pictures are set aside for no longer than stated."""
    scene, looked = Scene(), 0.0
    shown = (noisy for noisy, times in runs for _ in range(times))
    for number, each in enumerate(shown):
        if scene.fit(number / FPS, each[number % 4]) != "aside":
            looked = number / FPS
        assert number / FPS - looked <= ASIDE + 1 / FPS
