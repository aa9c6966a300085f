"""Run the camera's pipeline over video files and count: `linli falls FILE|DIR…`."""

from __future__ import annotations

import argparse
import csv
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

from agent.contract import PersonDown
from drivers.camera import MODEL
from drivers.vision.ground import Mounting
from drivers.vision.pipeline import Pipeline
from drivers.vision.pose import Frame, PoseModel, as_frame
from drivers.vision.strip import save
from drivers.vision.zones import Zone

VIDEOS = frozenset({".mp4", ".avi", ".mkv", ".mov", ".webm", ".mpg", ".mpeg", ".m4v"})
DEFAULT_FPS = 25.0
"""For a file that does not say."""


class Label(NamedTuple):
    """What a labels file says of one video."""

    fall: bool
    impact: int | None
    """Number of the frame in which the body meets the floor."""
    fps: float | None
    """True frame rate, where the container's is wrong."""
    onset: int | None = None
    """Number of the frame in which the fall begins."""


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

    @property
    def delay(self) -> float | None:
        """Seconds from impact to the first alarm."""
        return self.alarms[0][0] - self.impact if self.alarms and self.impact is not None else None


def frames(path: Path, fps: float | None = None) -> Iterator[tuple[float, Frame]]:
    """Yield time in seconds and picture; by *fps*, or else by the file's own time stamps.

    Raises:
        OSError: the file cannot be opened as a video.
    """
    video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        if not video.isOpened():
            raise OSError(f"{path} cannot be read as a video")
        rate = fps or video.get(cv2.CAP_PROP_FPS) or DEFAULT_FPS
        number, last = 0, -1.0
        while True:
            taken, frame = video.read()
            if not taken:
                return
            at = number / rate
            if fps is None:
                stamp = video.get(cv2.CAP_PROP_POS_MSEC) / 1000
                at = stamp if stamp > last else last + 1 / rate
            last = at
            number += 1
            yield at, as_frame(frame)
    finally:
        video.release()


def examine(pipeline: Pipeline, path: Path, label: Label | None = None) -> Result:
    """Run a fresh *pipeline* over one video."""
    began, seconds, impact = time.process_time(), 0.0, None
    alarms = []
    for number, (at, frame) in enumerate(frames(path, label.fps if label else None)):
        seconds = at
        if label is not None and number == label.impact:
            impact = at
        alarms += [
            (at, signal) for signal in pipeline.step(at, frame) if isinstance(signal, PersonDown)
        ]
    spent = time.process_time() - began
    return Result(path.name, seconds, alarms, label, pipeline.looks, spent, impact)


def read_labels(path: Path) -> dict[str, Label]:
    """Read a tab-separated table: file, label (fall or adl), onset_frame, impact_frame, fps_real.

    The last three columns may be missing or empty.

    Raises:
        ValueError: another column is missing, or a value is not what it must be.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        table = csv.DictReader(lines, delimiter="\t")
        missing = {"file", "label"} - set(table.fieldnames or ())
        if missing:
            raise ValueError(f"{path}: no column {', '.join(sorted(missing))}")
        labels = {}
        for row in table:
            if row["label"] not in ("fall", "adl"):
                raise ValueError(
                    f"{path}: {row['file']}: label must be fall or adl; got {row['label']!r}"
                )
            labels[row["file"]] = Label(
                row["label"] == "fall",
                int(row["impact_frame"]) if row.get("impact_frame") else None,
                float(row["fps_real"]) if row.get("fps_real") else None,
                int(row["onset_frame"]) if row.get("onset_frame") else None,
            )
        return labels


def labelled(paths: Iterable[Path], table: Path | None = None) -> list[tuple[Path, Label | None]]:
    """Return the videos at and below *paths* with their labels, sorted.

    They stand in *table*, or else in the nearest labels.tsv: beside a video, or above it as far
    up as the folder that was asked for. A video is named there by its path below that table's
    folder, or by its name alone.

    Raises:
        OSError: *table* cannot be read.
        ValueError: a table is not one.
    """
    tables: dict[Path, dict[str, Label]] = {}

    def label(video: Path, top: Path) -> Label | None:
        for folder in (top,) if table else (video.parent, *video.parent.parents):
            near = table or folder / "labels.tsv"
            if table or near.is_file():
                known = tables.get(near) or tables.setdefault(near, read_labels(near))
                inside = video.relative_to(folder).as_posix()
                return known.get(inside) or known.get(video.name)
            if folder == top:
                break
        return None

    found = {video: top if top.is_dir() else top.parent for top in paths for video in _videos(top)}
    return [(video, label(video, found[video])) for video in sorted(found)]


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
        wrong = result.label is not None and result.label.fall != bool(result.alarms)
        yield (
            f"{result.file:<28} {result.seconds:7.1f} {kind:<5} {alarm:>6} {delay:>6}  "
            f"{'MISSED' if wrong and kind == 'fall' else 'FALSE ' + reason if wrong else reason}"
        ).rstrip()


def summary(results: Sequence[Result]) -> Iterator[str]:
    """Yield sensitivity, false alarms and delay over the labelled videos, and the speed."""
    falls = [result for result in results if result.label and result.label.fall]
    daily = [result for result in results if result.label and not result.label.fall]
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
    seconds = sum(result.seconds for result in results)
    spent = sum(result.spent for result in results)
    looks = sum(result.looks for result in results)
    if spent:
        yield f"{looks} looks; {seconds:.0f} s of video in {spent:.0f} processor seconds"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 all right, 1 a labelled video was judged wrongly, 2 cannot run."""
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
    wrong = [one for one in results if one.label and one.label.fall != bool(one.alarms)]
    return 1 if wrong else 0


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


def _videos(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (found for found in path.rglob("*") if found.suffix.lower() in VIDEOS)
    else:
        yield path


if __name__ == "__main__":
    sys.exit(main())
