"""Figures of the camera's pipeline on this machine: looks, overhead, empty room, memory, start,
and how long nobody looks when its process is killed.

They are compared as ratios, because other programs use the same processor.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from agent.contract.signals import CameraWatch
from drivers.camera import MODEL
from drivers.vision.pipeline import Pipeline
from drivers.vision.pose import PoseModel, as_frame, fitted, readied
from drivers.vision.videos import frames
from hw_mocks.devices.camera import MockCamera, empty_room
from tests.bench.clips import CLIPS, MODELS, ROOT
from tests.bench.spoiled import noisy
from tests.drivers.cameras import Supervised, process

KILLS, ROUNDS = 3, 3
"""Times in a row that a process is killed, and how often that is measured."""
STARTED = """
import time; began = time.process_time(); wall = time.perf_counter()
from pathlib import Path; import sys
import numpy as np
from drivers.vision.capture import Capture
from drivers.vision.pipeline import Pipeline
from drivers.vision.pose import PoseModel
pipeline = Pipeline(PoseModel(Path(sys.argv[1])))
pipeline.step(0.0, np.zeros((480, 640, 3), np.uint8))
print(time.process_time() - began, time.perf_counter() - wall)
for number in range(1, 100):
    pipeline.step(number / 10, np.random.randint(0, 255, (480, 640, 3), np.uint8))
status = Path("/proc/self/status").read_text()
print(int(status.split("VmHWM:")[1].split()[0]) / 1024)
"""


def processor(work: Callable[[], object]) -> float:
    """Return the processor seconds that *work* takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def empty(model: PoseModel, seconds: int = 60, fps: int = 10) -> tuple[float, int]:
    """Return the share of a core that an empty room takes, and how often it was looked at."""
    generator, still = np.random.default_rng(1), empty_room()
    noises = [generator.normal(0, 2.5, still.shape) for _ in range(8)]
    pictures = [as_frame(np.clip(still + noise, 0, 255)) for noise in noises]
    pipeline = Pipeline(model)
    for number in range(20):
        pipeline.step(number / fps, pictures[number % 8])
    looks = pipeline.looks

    def watch() -> None:
        for number in range(20, 20 + seconds * fps):
            pipeline.step(number / fps, pictures[number % 8])

    return processor(watch) / seconds, pipeline.looks - looks


def busy(model: PoseModel, clip: Path) -> tuple[float, float]:
    """Return looks per second of one core while somebody moves, and overhead over the model."""
    pictures = [frame for _, frame in frames(clip)]
    pipeline, began = Pipeline(model), time.perf_counter()
    for number, frame in enumerate(pictures):
        pipeline.step(number / 10, frame)
    spent = time.perf_counter() - began
    # The same looks, in and out of the model: a model timed apart from them differs by a fifth.
    return pipeline.looks / spent, spent / pipeline.model_seconds - 1


def repeat(work: Callable[[], object], times: int = 60) -> None:
    """Do *work* so often that it can be timed."""
    for _ in range(times):
        work()


def smoothed(model: PoseModel, clip: Path) -> list[float]:
    """Return which share of a look is readying the picture: as *clip* has it, and with noise."""
    clear = next(iter(frames(clip)))[1]
    shares = []
    for picture in (clear, noisy(25, 0.6)(clear, 0)):
        rows, columns = fitted(*picture.shape[:2])
        small = as_frame(cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA))
        model.look(picture)
        look = processor(partial(repeat, partial(model.look, picture)))
        shares.append(processor(partial(repeat, partial(readied, small))) / look)
    return shares


def killed() -> list[float]:
    """Return the seconds from each ``kill -9`` until a new process has looked."""
    seconds = []
    mock = MockCamera()
    for _ in range(ROUNDS):
        with (
            tempfile.TemporaryDirectory(prefix="linli") as cache,
            Supervised(process(mock.url, MODELS, Path(cache))) as running,
        ):
            running.wait(CameraWatch, 30)
            for number in range(KILLS):
                at = running.kill()
                seconds.append(running.wait(CameraWatch, 60, number + 2)[0] - at)
    mock.close()
    return seconds


def main() -> int:
    """Print the figures."""
    if not (MODELS / MODEL).is_file():
        print(f"no pose model in {MODELS}; fetch it with: linli models", file=sys.stderr)
        return 2
    model = PoseModel(MODELS / MODEL)
    share, looks = empty(model)
    print(f"camera, empty room at 10 pictures a second: {share:.1%} of a core, {looks} looks a min")
    clip = CLIPS / "Subject2_Fall_12.mp4"
    if clip.is_file():
        rate, overhead = busy(model, clip)
        print(f"camera, somebody moves: {rate:.0f} looks a second of one core")
        print(f"camera, pipeline over the bare model: {overhead:+.0%}")
        clear, noise = smoothed(model, clip)
        print(f"camera, within a look, readying the picture: {clear:.1%}, noisy {noise:.1%}")
    started = subprocess.run(
        [sys.executable, "-c", STARTED, str(MODELS / MODEL)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    spent, wall, peak = map(float, started.stdout.split())
    print(f"camera, from nothing to the first look: {wall:.1f} s, {spent:.1f} processor seconds")
    print(f"camera, peak memory of its process: {peak:.0f} MB")
    back = killed()
    print(
        f"camera, killed: looks again after {statistics.median(back):.1f} s (median of "
        f"{len(back)}, {KILLS} in a row), {max(back):.1f} s at worst"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
