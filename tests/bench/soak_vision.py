"""Hours of coming and going before the camera, in minutes: not one alarm may come of it.

Clips of daily living are joined at random: mirrored, backwards, darker, with noise, coarse,
faster and slower, at several rates; by cuts, by fades through an empty room, and with the same
people coming back out of it. Each picture, as a JPEG of an MJPEG camera, goes through the whole
pipeline: motion gate, health, pose model, tracker, decision. Time is the pictures'. The model
looks once at each picture, and gives the same answer when exactly the same one comes again.

Then falls are played backwards, each behind a clip of daily living and a cut. What comes of
that is printed and decides nothing: somebody on their feet, a cut, somebody lying in their
place is what a fall looks like to a camera that lost a second of it.

    python -m tests.bench.soak_vision [--hours 8] [--jobs 2] [--clips DIR]
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import random
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2

from agent.contract.signals import PersonDown
from drivers.vision.pipeline import Pipeline
from drivers.vision.pose import Frame, as_frame
from hw_mocks.devices.camera import empty_room
from tests.bench import spoiled
from tests.bench.clips import Clip, RememberingModel, add_options, chosen, decoded

SPOILS = {
    "": spoiled.unspoiled,
    "half dark": spoiled.darkened(0.5),
    "dark": spoiled.darkened(0.3),
    "noise": spoiled.noisy(6),
    "noise in the dusk": spoiled.noisy(12, 0.7),
    "coarse": spoiled.coarse,
}
SPEEDS = (0.7, 0.85, 1.0, 1.2, 1.5)
RATES = (4.0, 7.0, 10.0)
PAUSES = (1.0, 3.0, 8.0)
"""Seconds of an empty room."""
FADE = 1.0
"""Seconds from the picture to the empty room."""
BACKWARDS, AGAIN, CUT = 0.3, 0.25, 0.5
"""Shares of the clips that run backwards, that are the one before, and that follow at once."""
NOISES = 4
"""Different ones that a picture may have."""
SHIFT = 0.5
"""Hours at most that one pipeline runs."""
EMPTY = empty_room()


class Shown(NamedTuple):
    """One picture of a shift."""

    at: float
    frame: Frame
    scene: str
    """The clip, and how it is shown."""
    where: str
    """The second in it, or what is between two."""


class Shift(NamedTuple):
    """What to show to one pipeline."""

    falls: bool
    """Falls backwards, each behind daily living; otherwise daily living alone."""
    seed: int
    seconds: float


class Outcome(NamedTuple):
    """What one shift came to."""

    seconds: float
    alarms: list[str]
    blind: list[str]
    """When, why and at which picture the camera was said to be blind."""
    looks: int
    spent: float
    """Processor seconds."""


class Player:
    """Joins clips; its pictures are those of one camera without end."""

    def __init__(self, seed: int) -> None:
        self._generator = random.Random(seed)
        self._at = 0.0
        self._empty = True

    def daily(self, clips: Sequence[Clip]) -> Iterator[Shown]:
        """Yield *clips* as people come and go."""
        chance, clip = self._generator, None
        while True:
            if clip is None or chance.random() >= AGAIN:
                clip = chance.choice(clips)
                clip = clip.backwards() if chance.random() < BACKWARDS else clip
            yield from self._show(clip, leave=chance.random() >= CUT)

    def getting_up(self, clips: Sequence[Clip], falls: Sequence[Clip]) -> Iterator[Shown]:
        """Yield *falls* backwards, each by a cut behind one of *clips*."""
        while True:
            yield from self._show(self._generator.choice(clips), leave=False)
            yield from self._show(self._generator.choice(falls).backwards(), leave=True)

    def _show(self, clip: Clip, *, leave: bool) -> Iterator[Shown]:
        """Yield *clip* in some way; to *leave* is to give way to an empty room."""
        choose = self._generator.choice
        how, speed, rate = choose(list(SPOILS)), choose(SPEEDS), choose(RATES)
        mirror, fades, pause = choose((False, True)), choose((False, True)), choose(PAUSES)
        scene = _sampled(clip, speed / rate)
        shares = [number / round(FADE * rate) for number in range(1, round(FADE * rate))]
        pictures = [(f"{second:.1f} s", picture, 1.0) for second, picture in scene]
        if self._empty and fades:
            pictures = [*(("entering", scene[0][1], share) for share in shares), *pictures]
        if leave and fades:
            pictures += [("leaving", scene[-1][1], share) for share in reversed(shares)]
        if leave:
            pictures += [("empty room", scene[-1][1], 0.0)] * round(pause * rate)
        self._empty = leave
        manner = " ".join(filter(None, ("mirrored" * mirror, how, f"×{speed} {rate:.0f}/s")))
        for number, (where, picture, share) in enumerate(pictures):
            frame = _mixed(picture, share)
            frame = spoiled.mirrored(frame, number) if mirror else frame
            # As many noises as pictures would leave the model nothing to remember.
            frame = SPOILS[how](frame, number % NOISES)
            yield Shown(self._at, frame, f"{clip.name}, {manner}", where)
            self._at += 1 / rate


def _sampled(clip: Clip, step: float) -> list[tuple[float, bytes]]:
    """Return one picture of *clip* every *step* seconds."""
    due, taken = 0.0, []
    for at, picture in clip.pictures:
        if at + 1e-6 >= due:
            taken.append((at, picture))
            due += step
    return taken


def _mixed(picture: bytes, share: float) -> Frame:
    """Return *picture* with the empty room shining through it."""
    frame = decoded(picture)
    if share == 1.0:
        return frame
    room = cv2.resize(EMPTY, (frame.shape[1], frame.shape[0]), interpolation=cv2.INTER_AREA)
    return as_frame(cv2.addWeighted(frame, share, room, 1 - share, 0.0))


def watch(model: RememberingModel, pictures: Iterable[Shown], seconds: float) -> Outcome:
    """Run a pipeline over *pictures* for *seconds* of their time."""
    pipeline, began, at = Pipeline(model), time.process_time(), 0.0
    alarms, blind, reason = [], [], ""
    scenes: deque[str] = deque(maxlen=3)
    for shown in pictures:
        at = shown.at
        if at >= seconds:
            break
        if not scenes or scenes[-1] != shown.scene:
            scenes.append(shown.scene)
        place = f"{shown.where} of {' after '.join(reversed(scenes))}"
        for signal in pipeline.step(at, shown.frame):
            if isinstance(signal, PersonDown):
                alarms.append(f"{at:.1f} s: {signal.reason} at {place}")
        if pipeline.blind != reason:
            reason = pipeline.blind
            blind += [f"{at:.1f} s: {reason} at {place}"] if reason else []
    return Outcome(at, alarms, blind, pipeline.looks, time.process_time() - began)


class Worker:
    """One process: its model, and the clips in memory."""

    def __init__(self, folder: Path) -> None:
        cv2.setNumThreads(1)
        self._model = RememberingModel()
        self._daily: list[Clip] = []
        self._falls: list[Clip] = []
        for path, label in chosen(folder):
            clips = self._falls if label.fall else self._daily
            clips.append(Clip.read(path, label.fps))

    def work(self, shift: Shift) -> Outcome:
        """Show *shift* to a pipeline of its own."""
        player = Player(shift.seed)
        if shift.falls:
            pictures = player.getting_up(self._daily, self._falls)
        else:
            pictures = player.daily(self._daily)
        return watch(self._model, pictures, shift.seconds)


_worker: Worker


def _begin(folder: Path) -> None:
    global _worker
    _worker = Worker(folder)


def _work(shift: Shift) -> Outcome:
    return _worker.work(shift)


def shifts(hours: float, seed: int, falls: bool) -> list[Shift]:
    """Return *hours* in equal parts, which do not depend on the number of processes."""
    count = max(1, math.ceil(hours / SHIFT))
    return [Shift(falls, seed * 1000 + number, hours * 3600 / count) for number in range(count)]


def main(argv: Sequence[str] | None = None) -> int:
    """Print hours and alarms; 1 when daily living raised one, 2 without clips or model."""
    parser = argparse.ArgumentParser(description="Hours before the camera without an alarm.")
    parser.add_argument("--hours", type=float, default=8.0, help="(default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="(default: %(default)s)")
    add_options(parser)
    options = parser.parse_args(argv)
    try:
        labels = [label for _, label in chosen(options.clips)]
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    parts = {"daily living": shifts(options.hours, options.seed, falls=False)}
    if any(label.fall for label in labels):
        parts["falls backwards"] = shifts(options.hours / 4, options.seed, falls=True)
    spawn = multiprocessing.get_context("spawn")
    alarms = {}
    with spawn.Pool(options.jobs, _begin, (options.clips,)) as pool:
        for what, plan in parts.items():
            outcomes = []
            for shift, outcome in zip(plan, pool.imap(_work, plan), strict=True):
                outcomes.append(outcome)
                for line in (*outcome.alarms, *outcome.blind):
                    print(f"    {what}, seed {shift.seed}, {line}", flush=True)
            alarms[what] = sum(len(outcome.alarms) for outcome in outcomes)
            hours = sum(outcome.seconds for outcome in outcomes) / 3600
            spent = sum(outcome.spent for outcome in outcomes) / 3600
            print(
                f"camera, {what}: {hours:.1f} h, {alarms[what]} alarms, "
                f"{sum(len(outcome.blind) for outcome in outcomes)} times blind, "
                f"{sum(outcome.looks for outcome in outcomes)} looks; "
                f"{hours / spent:.1f} h in an hour of one core",
                flush=True,
            )
    return 1 if alarms["daily living"] else 0


if __name__ == "__main__":
    sys.exit(main())
