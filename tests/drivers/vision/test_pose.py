"""What the pose model is shown of a dark or noisy picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drivers.camera import MODEL
from drivers.vision.pose import DIM, NOISY, Frame, PoseModel, as_frame, noise, readied
from drivers.vision.videos import frames
from tests.bench.spoiled import Spoil, darkened, noisy


def room(light: float = 1.0) -> Frame:
    """Return a picture with soft light, furniture with sharp edges and a striped carpet."""
    down, across = np.mgrid[0:192, 0:256]
    picture = 120 + 40 * np.sin(down / 60) + 30 * np.cos(across / 80)
    picture[60:150, 40:90] = 40
    picture[100:140, 150:230] = 220
    picture[160:, ::4] -= 60
    return as_frame(np.repeat((picture * light)[..., None], 3, axis=2))


@pytest.mark.parametrize("sigma", [2.0, 4.0, 8.0, 15.0])
def test_noise_is_measured_and_edges_are_not(sigma: float) -> None:
    """As its standard deviation, in grey levels."""
    assert noise(room()) < NOISY / 3
    assert noise(noisy(sigma)(room(), 1)) == pytest.approx(sigma, rel=0.2)


def test_a_clear_picture_is_shown_as_it_is() -> None:
    """Smoothing it would take away what the model knows people by."""
    assert (readied(room()) == room()).all()


@pytest.mark.parametrize("sigma", [4.0, 8.0, 15.0])
def test_noise_is_smoothed_and_edges_stay(sigma: float) -> None:
    """Most of the noise goes; an edge of furniture is still as steep."""
    clear, spoiled = room().astype(float), noisy(sigma)(room(), 1)
    shown = readied(spoiled).astype(float)
    flat = np.s_[20:50, 20:230]
    assert (shown - clear)[flat].std() < 0.5 * (spoiled - clear)[flat].std()
    edge = shown[105:135, 152].mean() - shown[105:135, 147].mean()
    assert edge == pytest.approx(clear[120, 152] - clear[120, 147], rel=0.1)


def test_a_dark_picture_is_brightened() -> None:
    """Up to a limit: where nothing is, nothing is shown."""
    assert readied(room(0.3)).mean() == pytest.approx(DIM, rel=0.05)
    assert readied(room(0.0)).max() == 0


@pytest.mark.parametrize("spoil", [noisy(18, 0.6), noisy(25, 0.6), darkened(0.12)])
def test_who_lies_is_seen_in_the_dusk_and_in_noise(
    spoil: Spoil, models: Path, data_dir: Path
) -> None:
    """Nearly as surely as in the clear picture."""
    model = PoseModel(models / MODEL)
    path = data_dir / "falls" / "Subject3_Fall_01.mp4"
    lying = [frame for _, frame in frames(path)][-60::6]

    def sure(pictures: list[Frame]) -> float:
        return float(np.median([max(score for _, score in model.look(one)) for one in pictures]))

    assert sure([spoil(frame, n) for n, frame in enumerate(lying)]) > 0.8 * sure(lying)
