"""The temporal model: which moments it sees, what it reads of them, and what it makes of falls."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers.vision.temporal import (
    CHANNELS,
    FRESH,
    SPACING,
    STEPS,
    WEIGHTS,
    FallModel,
    Film,
    Floats,
    features,
    moments,
)
from drivers.vision.tracker import Skeleton
from tests.bench.filmed import followed
from tests.bench.people import STAND
from tests.bench.sweep_falls import staged
from tests.drivers.vision.bodies import ASPECT, ON_SIDE, PRONE, Act, View, played


@pytest.fixture(scope="module")
def model() -> FallModel:
    """The network that ships."""
    return FallModel()


@pytest.mark.parametrize("content", [None, b"", b"hello" * 50, WEIGHTS.read_bytes()[:1000]])
def test_weights_that_cannot_be_read_are_named(tmp_path: Path, content: bytes | None) -> None:
    """Missing, empty, another file, cut off by a dying card: which file, and what to do."""
    path = tmp_path / "temporal.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"temporal\.npz is missing or damaged .* install linli"):
        FallModel(path)


@given(st.lists(st.floats(0.02, 2.0), min_size=1, max_size=80))
def test_a_look_stands_only_for_moments_just_after_it(gaps: list[float]) -> None:
    """The latest look before a moment, unless it is stale; the last look is the last moment."""
    times = np.cumsum(gaps)
    chosen = moments(times)
    grid = times[-1] - np.arange(STEPS - 1, -1, -1) * SPACING
    assert chosen[-1] == len(times) - 1
    for moment, look in zip(grid, chosen, strict=True):
        earlier = times[(times <= moment + 1e-6) & (moment - times <= FRESH)]
        assert (look == -1) == (len(earlier) == 0)
        assert look == -1 or times[look] == earlier[-1]


def test_a_film_keeps_five_seconds() -> None:
    """Older looks are forgotten, so that a film does not grow."""
    film = Film()
    for number in range(600):
        film.add(number / 10, Skeleton(np.full((17, 3), 0.5, np.float32), 0.5, 4 / 3))
    assert film.looks[-1].at == 59.9
    assert len(film.looks) == pytest.approx(10 * (STEPS * SPACING + FRESH), abs=1)


def _film(view: View, acts: list[Act], fps: float = 10.0) -> Film:
    film = Film()
    for at, points in played(acts, view, fps):
        if points is not None:
            film.add(at, Skeleton(points, 0.5, ASPECT))
    return film


def test_a_leap_begins_the_film_anew() -> None:
    """Nobody stands in one look and lies in the next: that is somebody else, or another scene."""
    film = _film(View(), [Act(STAND, 0, 3), Act(PRONE, 0, 1)])
    assert film.looks[0].at == pytest.approx(3.0)


def test_one_bad_skeleton_is_left_out_of_the_film() -> None:
    """The film goes on when the next look agrees with the one before."""
    film = _film(View(), [Act(STAND, 0, 2)])
    wrong = next(points for _, points in played([Act(PRONE, 0, 1)], View()) if points is not None)
    film.add(2.0, Skeleton(wrong, 0.5, ASPECT))
    film.add(2.1, film.looks[-1].skeleton)
    assert [round(look.at, 1) for look in film.looks][-3:] == [1.8, 1.9, 2.1]


def test_a_fall_is_no_leap() -> None:
    """The way down stays in the film, at ten looks a second and at four."""
    for fps in (4.0, 10.0):
        film = _film(View(), [Act(STAND, 0, 2), Act(ON_SIDE, 0.7, 1)], fps)
        assert film.looks[0].at == 0.0


def _read(place: Floats, seen: NDArray[np.bool_] | None = None) -> Floats:
    confidence = np.full(place.shape[:3], 0.5, np.float32)
    here = np.ones(place.shape[:2], bool) if seen is None else seen
    return features(place, confidence, here * np.float32(0.5), here)


def test_near_and_far_bodies_read_alike() -> None:
    """Only two channels tell where and how large a body is in the picture."""
    place = np.random.default_rng(1).uniform(0.2, 0.8, (3, STEPS, 17, 2)).astype(np.float32)
    whole = _read(place)
    half = _read(place * np.float32(0.5) + np.array([0.3, 0.0], np.float32))
    assert whole.shape == (3, STEPS, CHANNELS)
    np.testing.assert_allclose(whole[..., :53], half[..., :53], atol=1e-4)
    assert not np.allclose(whole[..., 53:], half[..., 53:])


def test_moments_without_a_look_read_as_nothing() -> None:
    """Whatever stands in the place of a missing look is not read."""
    place = np.random.default_rng(2).uniform(0.2, 0.8, (1, STEPS, 17, 2)).astype(np.float32)
    seen = np.arange(STEPS)[None] % 3 > 0
    first = _read(place, seen)
    place[~seen] = 7.0
    np.testing.assert_array_equal(first, _read(place, seen))
    assert not first[~seen].any()


def _surest(model: FallModel, kind: str, seed: int) -> float:
    clip = staged(kind, seed)
    surest = 0.0
    for track in followed(clip.looks, clip.view.aspect):
        film = Film()
        for look, _ in track:
            film.add(look.at, look.skeleton)
            surest = max(surest, model.fallen([film])[0])
    return surest


@pytest.mark.parametrize("kind", ["trip", "slip", "sideways", "rising", "helped"])
def test_falls_are_told(model: FallModel, kind: str) -> None:
    """People fall in every direction, before any camera: most are told with confidence."""
    assert np.median([_surest(model, kind, seed) for seed in range(5)]) > 0.9


@pytest.mark.parametrize("kind", ["walk_across", "sit", "squat", "pick_bent", "crawl", "mat"])
def test_daily_life_is_not_taken_for_a_fall(model: FallModel, kind: str) -> None:
    """Nor is what brings somebody to the floor on purpose, in steps."""
    assert np.median([_surest(model, kind, seed) for seed in range(5)]) < 0.2
