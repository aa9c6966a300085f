"""Run the camera's pipeline over video files and count: `linli falls FILE|DIR…`."""

from __future__ import annotations

import argparse
import math
import os
import statistics
import sys
import time
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import msgspec

from agent.contract.signals import PersonDown
from drivers.camera import MODEL
from drivers.vision.ground import Mounting
from drivers.vision.pipeline import Pipeline
from drivers.vision.pose import PoseModel
from drivers.vision.strip import save
from drivers.vision.videos import Label, frames, labelled
from drivers.vision.zones import Zone


class Result(NamedTuple):
    """What the pipeline made of one video."""

    file: str
    seconds: float
    alarms: list[tuple[float, PersonDown]]
    label: Label | None
    looks: int
    spent: float
    """Processor seconds of the run."""
    impact: float | None = None
    """When the body met the floor, where the label says so; seconds."""
    trouble: str = ""
    """Why it could not be looked at, or only in part."""

    @property
    def judged(self) -> bool:
        """Whether it can be said if the label is right: a cut film only if the fall is in it."""
        if self.label is None:
            return False
        return not self.trouble or bool(self.alarms)

    @property
    def wrong(self) -> bool:
        """Whether alarm and label differ."""
        return self.judged and self.label is not None and self.label.fall != bool(self.alarms)

    @property
    def delay(self) -> float | None:
        """Seconds from impact to the first alarm."""
        return self.alarms[0][0] - self.impact if self.alarms and self.impact is not None else None


def examine(pipeline: Pipeline, path: Path, label: Label | None = None) -> Result:
    """Run a fresh *pipeline* over one video; what is wrong with the file stands in the result."""
    began, seconds, impact, trouble = time.process_time(), 0.0, None, ""
    alarms = []
    try:
        for number, (at, frame) in enumerate(frames(path, label.fps if label else None)):
            seconds = at
            if label is not None and number == label.impact:
                impact = at
            alarms += [
                (at, signal)
                for signal in pipeline.step(at, frame)
                if isinstance(signal, PersonDown)
            ]
    except (OSError, cv2.error) as error:
        trouble = str(error)
    spent = time.process_time() - began
    return Result(path.name, seconds, alarms, label, pipeline.looks, spent, impact, trouble)


def wilson(hits: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Return the 95 % confidence interval of a proportion (Wilson 1927)."""
    if trials == 0:
        return 0.0, 1.0
    share = hits / trials
    middle = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def table(results: Iterable[Result]) -> Iterator[str]:
    """Yield one line for each video."""
    yield f"{'file':<28} {'seconds':>7} {'label':<5} {'alarm':>6} {'delay':>6}  reason"
    for result in results:
        kind = "" if result.label is None else "fall" if result.label.fall else "adl"
        alarm = delay = reason = ""
        if result.alarms:
            at, signal = result.alarms[0]
            alarm = f"{at:.1f}"
            reason = f"{signal.reason} {signal.confidence:.2f} {signal.zone}".rstrip()
        if result.delay is not None:
            delay = f"{result.delay:+.1f}"
        if result.wrong:
            reason = "MISSED" if kind == "fall" else f"FALSE {reason}"
        elif result.trouble:
            reason = f"{reason} ({result.trouble})".lstrip()
        yield (
            f"{result.file:<28} {result.seconds:7.1f} {kind:<5} {alarm:>6} {delay:>6}  {reason}"
        ).rstrip()


def summary(results: Sequence[Result]) -> Iterator[str]:
    """Yield sensitivity, false alarms and delay over the labelled videos, and the speed."""
    falls = [result for result in results if result.judged and result.label and result.label.fall]
    daily = [
        result for result in results if result.judged and result.label and not result.label.fall
    ]
    if falls:
        found = sum(bool(result.alarms) for result in falls)
        low, high = wilson(found, len(falls))
        yield f"falls found {found} of {len(falls)} (95 %: {low:.0%} to {high:.0%})"
    if daily:
        false = sum(bool(result.alarms) for result in daily)
        count = sum(len(result.alarms) for result in daily)
        hours = max(1.0, sum(result.seconds for result in daily)) / 3600
        low, high = wilson(false, len(daily))
        # None seen in so many hours: the rule of three gives the rate's bound.
        rate = f"{count / hours:.1f} an hour" if count else f"below {3 / hours:.0f} an hour"
        yield (
            f"daily living with an alarm {false} of {len(daily)} "
            f"(95 %: {low:.0%} to {high:.0%}); {count} alarms in {hours:.3f} h, {rate}"
        )
    delays = [result.delay for result in results if result.delay is not None]
    if delays:
        yield (
            f"alarm after impact: median {statistics.median(delays):.1f} s, "
            f"longest {max(delays):.1f} s"
        )
    if troubles := sum(bool(result.trouble) for result in results):
        yield f"{troubles} of {len(results)} files are damaged; see above"
    seconds = sum(result.seconds for result in results)
    spent = sum(result.spent for result in results)
    looks = sum(result.looks for result in results)
    if spent:
        yield f"{looks} looks; {seconds:.0f} s of video in {spent:.0f} processor seconds"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 all right, 1 a labelled video was judged wrongly, 2 something could not be
    looked at."""
    options = _options(argv)
    model_path = options.models / MODEL
    if not model_path.is_file():
        print(f"{model_path} is not there; fetch it with: linli models", file=sys.stderr)
        return 2
    results = []
    try:
        videos = labelled(options.path, options.labels)
        if not videos:
            raise ValueError("no video files there")
        zones, mounting = read_room(options.zones) if options.zones else ([], None)
        model = PoseModel(model_path, options.threads)
        for path, label in videos:
            result = examine(Pipeline(model, zones, mounting=mounting), path, label)
            results.append(result)
            if options.strip:
                for number, (_, alarm) in enumerate(result.alarms, 1):
                    save(options.strip / f"{path.stem}-{number}.png", alarm.skeleton)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(*table(results), *summary(results), sep="\n")
    if any(one.trouble for one in results):
        return 2
    return 1 if any(one.wrong for one in results) else 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="linli falls", description="Look for falls in video files, faster than real time."
    )
    parser.add_argument("path", nargs="+", type=Path, help="video files, or folders of them")
    parser.add_argument(
        "--labels",
        type=Path,
        help="table of what is true (default: labels.tsv beside or above a video)",
    )
    parser.add_argument(
        "--zones", type=Path, help="kiosk.toml whose camera has the zones and the mounting"
    )
    parser.add_argument("--strip", type=Path, help="folder for a strip of stick figures per alarm")
    parser.add_argument(
        "--models",
        type=Path,
        default=_models(),
        help="folder of verified models (default: %(default)s)",
    )
    parser.add_argument("--threads", type=int, default=1, help="processor cores (default: 1)")
    return parser.parse_args(argv)


def _models() -> Path:
    checkout = Path(".linli/models")
    usual = checkout if checkout.is_dir() else Path("/var/lib/linli/models")
    return Path(os.environ.get("LINLI_MODELS", usual))


def read_room(path: Path) -> tuple[list[Zone], Mounting | None]:
    """Return the zones of the camera in a kiosk.toml, and how it hangs.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not TOML, has no camera or several with such settings, or one is wrong.
    """
    try:
        drivers = tomllib.loads(path.read_text(encoding="utf-8")).get("drivers", {})
        cameras = {
            name: (
                msgspec.convert(driver.get("zones", []), list[Zone]),
                msgspec.convert(driver.get("mounting"), Mounting | None),
            )
            for name, driver in drivers.items()
            if driver.get("type") == "camera"
        }
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{path}: {error}") from error
    described = {name: room for name, room in cameras.items() if any(room)}
    if not cameras:
        raise ValueError(f"{path}: no driver of the type camera")
    if len(described) > 1:
        names = ", ".join(described)
        raise ValueError(f"{path}: zones or mountings of several cameras ({names}); leave one")
    return next(iter(described.values()), ([], None))


if __name__ == "__main__":
    sys.exit(main())
