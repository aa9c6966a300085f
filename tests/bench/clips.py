"""The clips that the camera's benches show, and the model that looks at them."""

from __future__ import annotations

import argparse
import hashlib
import os
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from drivers.camera import MODEL
from drivers.vision.pose import Frame, PoseModel, as_frame
from drivers.vision.posture import Points
from drivers.vision.videos import Label, frames, labelled
from hw_mocks.devices.camera import fitted, jpeg

ROOT = Path(__file__).resolve().parents[2]
MODELS = Path(os.environ.get("LINLI_MODELS", ROOT / ".linli" / "models"))
CLIPS = Path(os.environ.get("LINLI_DATA", ROOT.parent / "shared" / "data")) / "falls"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add where the clips are and how many processes look at them."""
    parser.add_argument(
        "--clips",
        type=Path,
        default=CLIPS,
        help="folder of videos, and of folders of them, with a labels.tsv (default: %(default)s)",
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: %(default)s)")


def chosen(folder: Path) -> list[tuple[Path, Label]]:
    """Return the labelled clips of *folder*, when the model is there too.

    Raises:
        ValueError: the model or labelled clips are missing, or the labels are wrong.
    """
    if not (MODELS / MODEL).is_file():
        raise ValueError(f"no pose model in {MODELS}; fetch it with: linli models")
    clips = [(path, label) for path, label in labelled([folder]) if label is not None]
    if not clips:
        raise ValueError(
            f"no labelled clips in {folder}; it needs videos and a labels.tsv with the columns "
            "file and label (fall or adl)"
        )
    return clips


class Clip(NamedTuple):
    """Pictures as a camera sends them."""

    name: str
    pictures: list[tuple[float, bytes]]
    """Seconds, JPEG."""

    @classmethod
    def read(cls, path: Path, fps: float | None) -> Clip:
        """Return the video *path*, no wider than the mocks' camera."""
        return cls(path.stem, [(at, jpeg(fitted(frame))) for at, frame in frames(path, fps)])

    def backwards(self) -> Clip:
        """The same from its end to its beginning."""
        end = self.pictures[-1][0]
        pictures = [(end - at, picture) for at, picture in reversed(self.pictures)]
        return Clip(f"{self.name} backwards", pictures)


def decoded(picture: bytes) -> Frame:
    """Return what a JPEG shows."""
    return as_frame(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR))


class RememberingModel(PoseModel):
    """Looks once at each picture: exactly the same one again gets the same answer."""

    def __init__(self) -> None:
        """Load the model."""
        super().__init__(MODELS / MODEL)
        self._known: dict[tuple[tuple[int, ...], bytes], list[tuple[Points, float]]] = {}

    def look(self, frame: Frame) -> list[tuple[Points, float]]:
        """Return what was found in *frame*, as `PoseModel.look`."""
        picture = frame.shape, hashlib.sha1(frame.tobytes(), usedforsecurity=False).digest()
        found = self._known.get(picture)
        if found is None:
            found = self._known[picture] = super().look(frame)
        return found
