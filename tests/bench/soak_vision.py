"""Hours of coming and going before the camera, in minutes: not one alarm may come of it.

Clips of daily living, and falls played backwards behind clips of people on their feet, are
looked at once by the pose model as they are, darkened and with noise. What it saw is joined at
random: mirrored, faster and slower, at several rates, with people coming back. Tracker and
decision are the real ones; where the whole picture changes between two clips they are told so,
as the pipeline would tell them.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from drivers.camera import MODEL
from drivers.vision.decision import Decision, Sighting
from drivers.vision.motion import Cells, other_scene, shrink
from drivers.vision.pose import PoseModel
from drivers.vision.posture import Points, measure
from drivers.vision.report import Label, frames, read_labels
from drivers.vision.tracker import FOLLOW, Skeleton, Tracker
from tests.bench import spoiled

ROOT = Path(__file__).resolve().parents[2]
MODELS = Path(os.environ.get("LINLI_MODELS", ROOT / ".linli" / "models"))
CLIPS = Path(os.environ.get("LINLI_DATA", ROOT.parent / "shared" / "data")) / "falls"
SPOILS = {
    "as they are": spoiled.unspoiled,
    "dark": spoiled.darkened(0.3),
    "noise": spoiled.after(spoiled.darkened(0.7), spoiled.noisy(12)),
}
SPEEDS = (0.7, 0.85, 1.0, 1.2, 1.5)
RATES = (4.0, 7.0, 10.0)
CUT = 0.1
PAUSES = (CUT, CUT, 1.0, 3.0)
"""Seconds between two clips."""
UPRIGHT = ("Subject1_ADL_10.mp4", "Subject3_ADL_19.mp4")
"""People on their feet, behind whom a fall is played backwards."""


class Clip(NamedTuple):
    """What the model saw of one clip."""

    name: str
    aspect: float
    looks: list[tuple[float, list[tuple[Points, float]]]]
    first: Cells
    last: Cells

    def backwards(self) -> Clip:
        """The same from its end to its beginning."""
        end = self.looks[-1][0]
        looks = [(end - at, found) for at, found in reversed(self.looks)]
        return Clip(f"{self.name} backwards", self.aspect, looks, self.last, self.first)


def seen(model: PoseModel, name: str, label: Label, how: str) -> Clip:
    """Look at the clip *name*, spoiled."""
    looks, cells, due, aspect = [], [], 0.0, 1.0
    for number, (at, frame) in enumerate(frames(CLIPS / name, label.fps)):
        if at + 1e-6 < due:
            continue
        due += 1 / max(RATES)
        picture = SPOILS[how](frame, number)
        aspect = frame.shape[1] / frame.shape[0]
        looks.append((at, model.look(picture)))
        cells.append(shrink(picture))
    return Clip(f"{name} {how}", aspect, looks, cells[0], cells[-1])


class Day:
    """One camera's tracker and decision over many clips."""

    def __init__(self, generator: random.Random) -> None:
        self._generator = generator
        self._tracker, self._decision = Tracker(), Decision()
        self._before: Cells | None = None
        self.at = 0.0
        self.alarms: list[str] = []

    def show(self, clip: Clip, pause: float = CUT) -> None:
        """Play *clip* in some way from now on, then nothing for *pause* seconds."""
        choose = self._generator.choice
        speed, rate, mirror = choose(SPEEDS), choose(RATES), choose((False, True))
        if self._before is not None and other_scene(self._before, clip.first):
            for number in self._decision.new_scene():
                self._tracker.forget(number)
        self._before = clip.last
        began, due = self.at, 0.0
        for moment, found in clip.looks:
            if moment / speed + 1e-6 < due:
                continue
            due = moment / speed + 1 / rate
            self.at = began + moment / speed
            self._look(clip, found, mirror)
        self.at += pause

    def _look(self, clip: Clip, found: list[tuple[Points, float]], mirror: bool) -> None:
        skeletons = []
        for points, score in found:
            if mirror:
                points = points.copy()
                points[:, 0] = 1 - points[:, 0]
            if score >= FOLLOW:
                skeletons.append(Skeleton(points, score, clip.aspect))
        tracks = self._tracker.update(self.at, skeletons)
        sightings = [
            Sighting(
                track.number,
                measure(track.skeleton.points, clip.aspect, track.skeleton.score)
                if track.seen
                else None,
            )
            for track in tracks
        ]
        verdicts = self._decision.observe(self.at, sightings)
        watched = self._decision.watched
        for track in tracks:
            track.kept = track.number in watched
        self.alarms += [
            f"{self.at:.0f} s {clip.name} {verdict.reason}" for verdict in verdicts if verdict.down
        ]


def coming_and_going(clips: Sequence[Clip], hours: float, seed: int) -> Day:
    """Show *clips* of daily living, some of them backwards, for *hours*."""
    generator = random.Random(seed)
    day = Day(generator)
    while day.at < hours * 3600:
        clip = generator.choice(clips)
        clip = clip.backwards() if generator.random() < 0.3 else clip
        day.show(clip, generator.choice(PAUSES))
    return day


def getting_up(upright: Sequence[Clip], falls: Sequence[Clip], hours: float, seed: int) -> Day:
    """Show falls backwards, each behind somebody on their feet, for *hours*."""
    generator = random.Random(seed)
    day = Day(generator)
    while day.at < hours * 3600:
        day.show(generator.choice(upright))
        day.show(generator.choice(falls).backwards())
    return day


def main(argv: Sequence[str] | None = None) -> int:
    """Print hours and alarms; 0 when there was none, 1 otherwise, 2 without clips or model."""
    parser = argparse.ArgumentParser(description="Hours before the camera without an alarm.")
    parser.add_argument("--hours", type=float, default=8.0, help="(default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="(default: %(default)s)")
    options = parser.parse_args(argv)
    if not (MODELS / MODEL).is_file() or not (CLIPS / "labels.tsv").is_file():
        print(f"needs the model in {MODELS} and the clips in {CLIPS}", file=sys.stderr)
        return 2
    model, labels = PoseModel(MODELS / MODEL), read_labels(CLIPS / "labels.tsv")
    clips = [
        (label, seen(model, name, label, how)) for name, label in labels.items() for how in SPOILS
    ]
    falls = [clip for label, clip in clips if label.fall]
    daily = [clip for label, clip in clips if not label.fall]
    upright = [clip for clip in daily if clip.name.split()[0] in UPRIGHT]
    alarms = 0
    for what, day in (
        ("coming and going", coming_and_going(daily, options.hours, options.seed)),
        ("falls backwards", getting_up(upright, falls, options.hours / 4, options.seed)),
    ):
        print(f"camera, {what}: {day.at / 3600:.1f} h, {len(day.alarms)} alarms")
        for alarm in day.alarms[:20]:
            print(f"    {alarm}")
        alarms += len(day.alarms)
    return 1 if alarms else 0


if __name__ == "__main__":
    sys.exit(main())
