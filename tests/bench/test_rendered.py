"""Rendered people: their bodies stand where their points are, and their films hold what is said."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from drivers.vision.videos import frames, read_labels
from tests.bench.people import STAND, Build, Pose, joints

for name in ("anny", "vtk"):
    pytest.importorskip(name, reason="pip install -e '.[rendered]' brings anny and vtk")


@pytest.mark.timeout(400)  # Anny prepares itself for minutes when it is new
@pytest.mark.parametrize("pose", [STAND, Pose(lean=88), Pose(lean=-88, twist=30)])
def test_a_body_is_where_its_points_are(pose: Pose) -> None:
    """It touches the floor, is about as tall as it should be, and its head is at its head."""
    from tests.bench.bodies import Body

    build = Build(stature=1.6)
    points = joints(np.array([pose], float), build)[0]
    placed, normals = Body(build, np.random.default_rng(1)).posed(points, 0.0)
    assert placed[:, 2].min() == pytest.approx(0.004, abs=0.02)
    assert np.linalg.norm(placed.max(axis=0) - placed.min(axis=0)) == pytest.approx(1.7, abs=0.35)
    middle, highest = points.mean(axis=0), placed[np.argmax(placed @ (points[0] - points[15]))]
    assert np.linalg.norm(placed.mean(axis=0) - middle) < 0.25
    assert np.linalg.norm(highest - points[0]) < 0.3
    assert np.linalg.norm(normals, axis=1) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.timeout(400)
def test_a_film_shows_the_fall_where_its_label_says(tmp_path: Path) -> None:
    """Pictures before the onset and after the impact differ more than those within either."""
    from tests.bench.rendered import main

    assert main([str(tmp_path), "--runs", "1", "--kinds", "sideways", "sit", "--jobs", "1"]) == 0
    labels = read_labels(tmp_path / "labels.tsv")
    assert {name: label.fall for name, label in labels.items()} == {
        "sideways-0.avi": True,
        "sit-0.avi": False,
    }
    label = labels["sideways-0.avi"]
    pictures = [frame.astype(float) for _, frame in frames(tmp_path / "sideways-0.avi")]
    assert label.onset is not None and label.impact is not None
    before, after = pictures[label.onset - 1], pictures[label.impact + 1]
    calm = abs(pictures[label.onset - 2] - before).mean()
    assert abs(after - before).mean() > 1.5 * calm


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("kind", "seed"), [("bed_roll", 9), ("behind_table", 1)])
def test_a_fall_can_be_seen(kind: str, seed: int) -> None:
    """Nobody falls into the bed that they roll out of, or wholly behind a table."""
    from tests.bench.acting import FALLS, Scene
    from tests.bench.rendered import VISIBLE, bodies, staged

    chance = np.random.default_rng([zlib.crc32(kind.encode()), seed])
    scene = Scene(chance)
    FALLS[kind](scene)
    view, stage = staged(scene, chance)
    assert scene.impact is not None
    [fallen] = bodies(scene, view, np.array([scene.impact + 1.0]))
    assert stage.visible(fallen) >= VISIBLE
    before = stage.picture(fallen)
    stage.visible(fallen)
    assert np.array_equal(stage.picture(fallen), before)
