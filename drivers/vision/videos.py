"""Video files and what is known of them: a labels.tsv says in which somebody falls, and when."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import cv2

from drivers.vision.pose import Frame, as_frame

VIDEOS = frozenset({".mp4", ".avi", ".mkv", ".mov", ".webm", ".mpg", ".mpeg", ".m4v"})
DEFAULT_FPS = 25.0
"""For a file that does not say."""
MIN_FPS, MAX_FPS = 0.5, 480.0
"""Pictures a second that are believed of a file."""
WHOLE = 0.8
"""Share of the seconds promised by a file, of which fewer are there when it was cut off."""
SMALLEST = 48
"""Pixels on a side, below which nobody can be seen."""


class Label(NamedTuple):
    """What a labels file says of one video."""

    fall: bool
    impact: int | None
    """Number of the frame in which the body meets the floor."""
    fps: float | None
    """True frame rate, where the container's is wrong."""
    onset: int | None = None
    """Number of the frame in which the fall begins."""
    lies: tuple[float, float] | None = None
    """Where the fallen body is at the impact, in fractions of the picture; None: nobody else is
    there."""


def frames(path: Path, fps: float | None = None) -> Iterator[tuple[float, Frame]]:
    """Yield time in seconds and picture; by *fps*, or else by the file's own time stamps.

    Raises:
        OSError: the file cannot be opened as a video, holds no picture, or ends before it should
            (then after its last picture).
    """
    if not path.is_file():  # a pipe would be waited for
        raise OSError(f"{path} is no file")
    if path.stat().st_size == 0:
        raise OSError(f"{path} is empty")
    video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        if not video.isOpened():
            raise OSError(f"{path} cannot be read as a video")
        told = video.get(cv2.CAP_PROP_FPS)
        rate = fps or (told if MIN_FPS <= told <= MAX_FPS else DEFAULT_FPS)
        lasts = video.get(cv2.CAP_PROP_FRAME_COUNT) / told if told > 0 else 0.0
        number, last, stamp = 0, -1.0, 0.0
        while True:
            taken, frame = video.read()
            if not taken:
                if number == 0:
                    raise OSError(f"{path} holds no picture")
                if stamp < WHOLE * lasts - 1.0:
                    raise OSError(f"{path} is cut off after {stamp:.1f} of {lasts:.1f} s")
                return
            if min(frame.shape[:2]) < SMALLEST:
                raise OSError(f"{path} has pictures of {frame.shape[1]}×{frame.shape[0]} pixels")
            at = number / rate
            stamp = video.get(cv2.CAP_PROP_POS_MSEC) / 1000
            if fps is None:
                at = stamp if stamp > last else last + 1 / rate
            last = at
            number += 1
            yield at, as_frame(frame)
    finally:
        video.release()


def read_labels(path: Path) -> dict[str, Label]:
    """Read a tab-separated table: file, label (fall or adl), onset_frame, impact_frame, fps_real,
    and fallen_at (x,y in fractions of the picture) where several people are in it.

    All columns but the first two may be missing or empty.

    Raises:
        ValueError: another column is missing, or a value is not what it must be.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        table = csv.DictReader(lines, delimiter="\t")
        missing = {"file", "label"} - set(table.fieldnames or ())
        if missing:
            raise ValueError(f"{path}: no column {', '.join(sorted(missing))}")
        try:
            return {row["file"]: _label(row) for row in table}
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None


def _label(row: dict[str, str]) -> Label:
    name, label = row["file"], row["label"]
    if label not in ("fall", "adl"):
        raise ValueError(f"{name}: label must be fall or adl; got {label!r}")
    frame_numbers = []
    for column in ("impact_frame", "onset_frame"):
        text = (row.get(column) or "").strip()
        if text and not text.isdecimal():
            raise ValueError(f"{name}: {column} must be a frame's number or empty; got {text!r}")
        frame_numbers.append(int(text) if text else None)
    impact, onset = frame_numbers
    text = row.get("fps_real") or ""
    try:
        fps = float(text) if text else None
    except ValueError:
        fps = 0.0
    if fps is not None and not 0 < fps < math.inf:
        raise ValueError(f"{name}: fps_real must be pictures per second or empty; got {text!r}")
    return Label(label == "fall", impact, fps, onset, _place(name, row.get("fallen_at") or ""))


def _place(name: str, text: str) -> tuple[float, float] | None:
    if not text.strip():
        return None
    try:
        x, y = map(float, text.split(","))
    except ValueError:
        x = y = math.nan
    if not (0 <= x <= 1 and 0 <= y <= 1):
        remedy = "x,y in fractions of the picture, such as 0.4,0.8, or empty"
        raise ValueError(f"{name}: fallen_at must be {remedy}; got {text!r}")
    return x, y


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


def _videos(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (found for found in path.rglob("*") if found.suffix.lower() in VIDEOS)
    else:
        yield path
