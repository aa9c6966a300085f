"""Falls found and false alarms, side by side: the kiosk, simple rules, and PyPI's detector.

    make judge-falls [CLIPS=DIR]
    python -m tests.bench.judge_falls [--clips DIR] [--jobs 2] [all | VARIANT…]
    python -m tests.bench.judge_falls --temporal FILE --only Subject1   (see train_temporal)

Any folder of videos will do, with a labels.tsv as `linli falls` reads it: the columns file and
label (fall or adl), and where known impact_frame and fps_real. All detectors get the same
pictures: as they are and backwards, and on request as other cameras would show them. A fall
played backwards is daily living: somebody gets up. `neura-fall-detection` takes part where it
can be imported.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import multiprocessing
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2

from agent.contract.signals import PersonDown
from drivers.vision.pipeline import Pipeline
from drivers.vision.pose import Frame, PoseModel
from drivers.vision.report import Result, summary
from drivers.vision.temporal import WEIGHTS, FallModel
from drivers.vision.videos import Label, frames
from tests.bench import spoiled
from tests.bench.clips import Clip, RememberingModel, add_options, chosen, decoded
from tests.bench.simple_rules import SimpleRules

OTHER = "neura_fall_detection"


class Variant(NamedTuple):
    """One way to show the clips."""

    spoil: spoiled.Spoil
    fps: float = 10.0
    backwards: bool = False


VARIANTS = {
    "as they are": Variant(spoiled.unspoiled),
    "mirrored": Variant(spoiled.mirrored),
    "a third of the light": Variant(spoiled.darkened(0.3)),
    "an eighth of the light": Variant(spoiled.darkened(0.12)),
    "noise 10": Variant(spoiled.noisy(10)),
    "noise 18, 0.6 of the light": Variant(spoiled.noisy(18, 0.6)),
    "noise 25, 0.4 of the light": Variant(spoiled.noisy(25, 0.4)),
    "half as large": Variant(spoiled.farther(2)),
    "a third as large": Variant(spoiled.farther(3)),
    "half as large, noise 10": Variant(spoiled.after(spoiled.farther(2), spoiled.noisy(10))),
    "tilted 15 degrees left": Variant(spoiled.tilted(15)),
    "tilted 15 degrees right": Variant(spoiled.tilted(-15)),
    "320 pixels wide": Variant(spoiled.coarse),
    "320 pixels wide, noise 10": Variant(spoiled.after(spoiled.coarse, spoiled.noisy(10))),
    "7 pictures a second": Variant(spoiled.unspoiled, 7.0),
    "4 pictures a second": Variant(spoiled.unspoiled, 4.0),
    "blurred by motion": Variant(spoiled.shaken),
    "held in the hand": Variant(spoiled.held),
    "JPEG quality 30": Variant(spoiled.squeezed),
    "backwards": Variant(spoiled.unspoiled, backwards=True),
    "backwards, mirrored, dark": Variant(
        spoiled.after(spoiled.mirrored, spoiled.darkened(0.3)), backwards=True
    ),
}

PLAIN = ("as they are", "backwards")
"""The variants that are shown unless others are asked for."""
DOWN = PersonDown(track=0, confidence=1.0, reason="drop")
"""An alarm of those who say no more than that."""

Detector = Callable[[float, Frame], list[PersonDown]]
"""Seconds and picture in; the alarms that begin."""


def _kiosk(model: PoseModel, temporal: Path) -> Detector:
    pipeline = Pipeline(model, temporal=FallModel(temporal))
    return lambda at, frame: [s for s in pipeline.step(at, frame) if isinstance(s, PersonDown)]


def _rules(model: PoseModel, _: Path) -> Detector:
    rules = SimpleRules(model)
    return lambda at, frame: [DOWN] if rules.step(at, frame) else []


def _other(model: PoseModel, _: Path) -> Detector:
    engine: Any = importlib.import_module(f"{OTHER}.engine")
    detector = engine.NFDModel(pose_threads=1)
    return lambda at, frame: [DOWN for one in detector.process(frame, at).people if one.fall_event]


DETECTORS: dict[str, Callable[[PoseModel, Path], Detector]] = {
    "kiosk": _kiosk,
    "simple rules": _rules,
}
if importlib.util.find_spec(OTHER) is not None:
    DETECTORS[OTHER] = _other


class Task(NamedTuple):
    """One clip to be judged in one variant."""

    variant: str
    path: Path
    label: Label
    temporal: Path
    """Weights of the temporal model."""


def judge(task: Task) -> dict[str, Result]:
    """Return what each detector made of the clip."""
    cv2.setNumThreads(1)
    model, variant, label = RememberingModel(), VARIANTS[task.variant], task.label
    detectors = {who: made(model, task.temporal) for who, made in DETECTORS.items()}
    alarms: dict[str, list[tuple[float, PersonDown]]] = {who: [] for who in detectors}
    pictures = frames(task.path, label.fps)
    if variant.backwards:
        label = label._replace(fall=False, impact=None)
        clip = Clip.read(task.path, label.fps).backwards()
        pictures = ((at, decoded(picture)) for at, picture in clip.pictures)
    at = due = 0.0
    impact = None
    for number, (at, frame) in enumerate(pictures):
        if number == label.impact:
            impact = at
        if at + 1e-6 < due:
            continue
        due += 1 / variant.fps
        shown = variant.spoil(frame, number)
        for who, detector in detectors.items():
            alarms[who] += [(at, alarm) for alarm in detector(at, shown)]
    return {
        who: Result(task.path.name, at, those, label, 0, 0.0, impact)
        for who, those in alarms.items()
    }


def told(what: str, results: dict[str, list[Result]]) -> None:
    """Print figures and mistakes of each detector."""
    print(f"\n{what}")
    for who, each in results.items():
        for line in summary(each):
            print(f"  {who:20} {line}")
        for mistake, fall in (("missed", True), ("false", False)):
            wrong = [
                Path(one.file).stem
                for one in each
                if one.label and one.label.fall == fall != bool(one.alarms)
            ]
            if wrong:
                print(f"  {who:20} {mistake}: {', '.join(wrong)}")
    sys.stdout.flush()


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures; 2 when clips or model are missing."""
    parser = argparse.ArgumentParser(description="Judge fall detectors side by side.")
    parser.add_argument(
        "variant", nargs="*", metavar="VARIANT",
        help=f"all, or some of: {', '.join(VARIANTS)} (default: {' and '.join(PLAIN)})",
    )  # fmt: skip
    parser.add_argument("--only", default="", metavar="PREFIX", help="clips that begin so")
    parser.add_argument("--temporal", type=Path, default=WEIGHTS, help="weights (%(default)s)")
    add_options(parser)
    options = parser.parse_args(argv)
    names = list(VARIANTS) if options.variant == ["all"] else options.variant or list(PLAIN)
    try:
        unknown = [name for name in names if name not in VARIANTS]
        if unknown:
            raise ValueError(f"no variant {', '.join(unknown)}; there are: {', '.join(VARIANTS)}")
        clips = [clip for clip in chosen(options.clips) if clip[0].name.startswith(options.only)]
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    if OTHER not in DETECTORS:
        print(f"{OTHER} is not there and takes no part; it does with: make judge-falls")
    tasks = [Task(name, path, label, options.temporal) for name in names for path, label in clips]
    total: defaultdict[str, list[Result]] = defaultdict(list)
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        judged = zip(tasks, pool.imap(judge, tasks), strict=True)
        for name, part in itertools.groupby(judged, lambda pair: pair[0].variant):
            results: defaultdict[str, list[Result]] = defaultdict(list)
            for _, found in part:
                for who, result in found.items():
                    results[who].append(result)
            told(name, results)
            for who, each in results.items():
                total[who] += each
    if len(names) > 1:
        told("all of these together", total)
    return 0


if __name__ == "__main__":
    sys.exit(main())
