"""Films simulated people: the jointed ones of `tests.bench.acting` as bodies in furnished rooms.

    pip install -e '.[dev,rendered]'
    python -m tests.bench.rendered DIR [--runs 6] [--seed 0] [--kinds KIND …]
    make judge-falls CLIPS=DIR

The folder then holds videos and the labels.tsv that `linli falls`, `judge_falls` and
`train_temporal` read; where two people are in the picture, it says where the fallen one lies.
What the pose model makes of these people is not assumed but seen; how they move, and that they are
no photographs, is what is left of the simulation. A clip ends some seconds after the fall, and
daily life after `LONGEST`.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.vision.pose import Frame, as_frame
from tests.bench.acting import ACTS, ALLOWED, FALLS, Actor, Scene
from tests.bench.people import COLUMNS, Array
from tests.bench.seeing import View, view_of
from tests.bench.stage import Stage

FPS = 10.0
BEFORE, AFTER = 4.0, 5.0
"""Seconds that are shown before somebody begins to fall and after the impact."""
LONGEST = 20.0
"""Seconds of daily life."""
VISIBLE, TRIES = 0.4, 20
"""Share of a body that is to be seen after a fall, and how often another view is tried for it."""


def _worn(chance: np.random.Generator, pictures: Iterator[Frame]) -> Iterator[Frame]:
    """Spoil *pictures* as one camera does: its light, blur and noise."""
    light = chance.uniform(0.6, 1.4) * (0.4 if chance.random() < 0.12 else 1.0)
    blur = chance.choice([0.0, 0.4, 0.8], p=[0.4, 0.4, 0.2])
    noise = chance.choice([0.0, 2.0, 4.0, 6.0, 10.0], p=[0.2, 0.3, 0.25, 0.15, 0.1])
    for picture in pictures:
        spoiled: NDArray[Any] = picture * np.float32(light)
        if blur:
            spoiled = cv2.GaussianBlur(spoiled, (0, 0), blur)
        spoiled = spoiled + chance.normal(0, noise, picture.shape)
        yield as_frame(np.clip(spoiled, 0, 255))


def carried(actor: Actor, times: Array) -> Array:
    """Return how high (metres) is what bears *actor*'s body at *times*, or its lowest point."""
    rows = actor.rows(times)
    height: Array = rows[:, COLUMNS["base"]] + rows[:, COLUMNS["air"]]
    return height


def bodies(scene: Scene, view: View, times: Array) -> Iterator[list[tuple[Array, float]]]:
    """Yield where everybody's body is at each of *times*, and how high is what bears it."""
    played = [view.place(actor.played(times)) for actor in scene.actors]
    bases = [carried(actor, times) for actor in scene.actors]
    for n in range(len(times)):
        yield [(body[n], float(base[n])) for body, base in zip(played, bases, strict=True)]


def staged(scene: Scene, chance: np.random.Generator) -> tuple[View, Stage]:
    """Return a camera and a room: such that whoever falls is seen afterwards."""
    for _ in range(TRIES):
        view = view_of(scene, chance)
        stage = Stage(scene, view, chance)
        if scene.impact is None:
            break
        after = np.array([scene.impact, scene.impact + 1.0])
        if max(map(stage.visible, bodies(scene, view, after))) >= VISIBLE:
            break
    return view, stage


def film(kind: str, seed: int, folder: Path) -> dict[str, str]:
    """Film the clip that *kind* and *seed* name; return its row of labels.tsv."""
    chance = np.random.default_rng([zlib.crc32(kind.encode()), seed])
    scene = Scene(chance)
    (FALLS | ACTS)[kind](scene)
    begin, end = 0.0, min(scene.end, LONGEST)
    if scene.onset is not None and scene.impact is not None:
        begin, end = max(0.0, scene.onset - BEFORE), min(scene.end, scene.impact + AFTER)
    times = np.arange(begin, end, 1 / FPS)
    if scene.backwards:
        times = times[::-1]
    view, stage = staged(scene, chance)
    pictures = map(stage.picture, bodies(scene, view, times))
    name = f"{kind}-{seed}.avi"
    video: cv2.VideoWriter | None = None
    for picture in _worn(chance, pictures):
        if video is None:
            code = cv2.VideoWriter.fourcc(*"MJPG")
            video = cv2.VideoWriter(str(folder / name), code, FPS, picture.shape[1::-1])
        video.write(picture)
    assert video is not None
    video.release()
    row = {"file": name, "label": "adl", "onset_frame": "", "impact_frame": "", "fallen_at": ""}
    if scene.onset is not None and scene.impact is not None:
        moments = {"onset_frame": scene.onset, "impact_frame": scene.impact}
        frames = {key: str(round((at - begin) * FPS)) for key, at in moments.items()}
        row |= {"label": "fall"} | frames
        if len(scene.actors) > 1:
            body = view.place(scene.actors[0].played(np.array([scene.impact])))[0]
            place = np.clip(view.project(body.mean(axis=0))[0], 0, 1)
            row["fallen_at"] = "{:.2f},{:.2f}".format(*place)
    return row


def _film(task: tuple[str, int, Path]) -> dict[str, str]:
    cv2.setNumThreads(1)
    return film(*task)


def main(argv: Sequence[str] | None = None) -> int:
    """Write videos and their labels."""
    parser = argparse.ArgumentParser(description="Film simulated people.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=6, help="of each kind (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the first (default: %(default)s)")
    parser.add_argument("--kinds", nargs="+", metavar="KIND", help="only these")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    options = parser.parse_args(argv)
    every = [kind for kind in FALLS | ACTS if kind not in ALLOWED]
    if unknown := [kind for kind in options.kinds or [] if kind not in every]:
        parser.error(f"no kind {', '.join(unknown)}; there are: {', '.join(every)}")
    options.folder.mkdir(parents=True, exist_ok=True)
    seeds = range(options.seed, options.seed + options.runs)
    tasks = [(kind, seed, options.folder) for seed in seeds for kind in options.kinds or every]
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        rows = list(pool.imap(_film, tasks))
    with (options.folder / "labels.tsv").open("w", encoding="utf-8", newline="") as lines:
        table = csv.DictWriter(lines, rows[0], delimiter="\t", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    print(f"{len(rows)} videos in {options.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
