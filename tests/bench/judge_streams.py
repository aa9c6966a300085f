"""Falls in streams as bad cameras and networks send them: is the alarm raised, and does it stay?

    python -m tests.bench.judge_streams [--clips DIR] [--jobs 2] [--only PREFIX] [KIND…]

Each labelled fall of the folder is shown with each kind of trouble around its impact, then its
last picture stays for a while, as of somebody who lies there: with a sensor's noise, or exactly.
Daily living is shown with the same troubles and must not alarm. An alarm that comes before the
onset, or that is withdrawn while the fallen lies there, is a mistake.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from agent.contract.signals import PersonDown, PersonUp
from drivers.vision.pipeline import Pipeline
from drivers.vision.pose import Frame, as_frame
from drivers.vision.videos import Label, frames
from tests.bench.clips import RememberingModel, add_options, chosen

FPS = 10.0
"""Pictures a second that are shown."""
STAYS = 45.0
"""Seconds for which the last picture stays: long enough for the slow path."""
AFTER = 10.0
"""Seconds after an alarm for which a stream goes on, unless it is held for long."""
HELD = 600.0
"""The same where the question is whether an alarm is withdrawn."""

Picture = tuple[float, Frame]
Film = Sequence[Picture]
"""Seconds and pictures of a clip."""
Bad = Callable[[Film, int], Frame]
"""What a spoiled stream shows in place of the picture of that number."""


def _flat(blue: int, green: int, red: int, share: float = 1.0) -> Bad:
    """The lower *share* of the picture has one colour, as when a decoder has lost it."""

    def bad(film: Film, number: int) -> Frame:
        frame = film[number][1].copy()
        frame[round(len(frame) * (1 - share)) :] = (blue, green, red)
        return frame

    return bad


def _torn(share: float, aside: float) -> Bad:
    """The lower *share* is shifted sideways by *aside* of the width."""

    def bad(film: Film, number: int) -> Frame:
        frame = film[number][1].copy()
        row = round(len(frame) * (1 - share))
        frame[row:] = np.roll(frame[row:], round(frame.shape[1] * aside), axis=1)
        return frame

    return bad


def _stale(seconds: float, share: float = 1.0) -> Bad:
    """The lower *share* is *seconds* old."""

    def bad(film: Film, number: int) -> Frame:
        frame = film[number][1].copy()
        old = film[max(0, number - round(seconds * FPS))][1]
        row = round(len(frame) * (1 - share))
        frame[row:] = old[row:]
        return frame

    return bad


def _smeared(film: Film, number: int) -> Frame:
    """One row is repeated down to the end."""
    frame = film[number][1].copy()
    row = len(frame) * 2 // 5
    frame[row:] = frame[row]
    return frame


def _blocks(film: Film, number: int) -> Frame:
    """A third of the blocks are somewhere else."""
    frame = film[number][1].copy()
    generator = np.random.default_rng(number)
    size = frame.shape[0] // 12
    places = [
        (down, right)
        for down in range(0, frame.shape[0] - size, size)
        for right in range(0, frame.shape[1] - size, size)
        if generator.random() < 0.35
    ]
    for (down, right), (other, aside) in zip(places, generator.permutation(places), strict=True):
        block = film[number][1][other : other + size, aside : aside + size]
        frame[down : down + size, right : right + size] = block
    return frame


def _snow(film: Film, number: int) -> Frame:
    """Noise alone."""
    generator = np.random.default_rng(number)
    return as_frame(generator.integers(0, 255, film[number][1].shape))


def _swapped(film: Film, number: int) -> Frame:
    """The colours are those of another plane order, and upside down."""
    return as_frame(np.ascontiguousarray(film[number][1][::-1, :, ::-1]))


def _lit(gain: float, more: float = 0.0) -> Bad:
    """Another exposure."""
    return lambda film, number: as_frame(
        cv2.convertScaleAbs(film[number][1], alpha=gain, beta=more)
    )


def _infrared(film: Film, number: int) -> Frame:
    """The picture of an infra-red lamp: grey, bright in the middle, dark at the edges."""
    frame = film[number][1]
    grey = 255 * (cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) / 255.0) ** 0.7
    high, wide = grey.shape
    down, right = np.mgrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j]
    lamp = 1.15 - 0.6 * np.clip(np.hypot(down, right), 0, 1)
    noise = np.random.default_rng(number).normal(0, 4, grey.shape)
    grey = np.clip(grey * lamp + noise, 0, 255)
    return as_frame(np.repeat(grey.astype(np.uint8)[:, :, None], 3, axis=2))


BADS: dict[str, Bad] = {
    "grey": _flat(128, 128, 128),
    "green": _flat(0, 135, 0),
    "half grey": _flat(128, 128, 128, 0.55),
    "half green": _flat(0, 135, 0, 0.5),
    "low grey": _flat(128, 128, 128, 0.3),
    "pink": _flat(180, 0, 255),
    "black": _flat(0, 0, 0),
    "white": _flat(255, 255, 255),
    "torn": _torn(0.6, 0.3),
    "torn low": _torn(0.35, 0.5),
    "stale": _stale(1.5),
    "stale half": _stale(2.0, 0.5),
    "smeared": _smeared,
    "blocks": _blocks,
    "snow": _snow,
    "upside down": _swapped,
    "glare": _lit(1.8, 40),
    "dim": _lit(0.35),
}  # fmt: skip


class Shown(NamedTuple):
    """One way to send a clip."""

    pictures: Callable[[Film, int], Iterator[Picture]]
    """Of a film and the number of the picture of its impact."""
    stays: float = STAYS
    exact: bool = False
    """The last picture stays exactly as it is."""
    grey: bool = False


def _once(bad: Bad, seconds: float, lasting: float = 0.0) -> Shown:
    """*bad* replaces what is seen from *seconds* after the impact on: one picture, or *lasting*."""

    def pictures(film: Film, impact: int) -> Iterator[Picture]:
        first = max(0, impact + round(seconds * FPS))
        spoiled = range(first, first + max(1, round(lasting * FPS)))
        for number, (at, frame) in enumerate(film):
            yield at, bad(film, number) if number in spoiled else frame

    return Shown(pictures)


def _each_second(bad: Bad) -> Shown:
    def pictures(film: Film, impact: int) -> Iterator[Picture]:
        for number, (at, frame) in enumerate(film):
            # The impact is hit in every clip.
            yield at, bad(film, number) if (number - impact) % round(FPS) == 0 else frame

    return Shown(pictures)


def _from(bad: Bad, seconds: float, dark: float = 0.0) -> Shown:
    """From *seconds* after the impact on it is as *bad* has it; before that *dark* seconds."""

    def pictures(film: Film, impact: int) -> Iterator[Picture]:
        first = max(0, impact + round(seconds * FPS))
        black = BADS["black"]
        for number, (at, frame) in enumerate(film):
            if number < first:
                yield at, frame
            elif number < first + dark * FPS:
                yield at, black(film, number)
            else:
                yield at, bad(film, number)

    return Shown(pictures)


def _stalled(seconds: float, lasting: float, repeated: bool) -> Shown:
    """Nothing comes for *lasting* seconds, or the same picture again and again."""

    def pictures(film: Film, impact: int) -> Iterator[Picture]:
        first = max(0, impact + round(seconds * FPS))
        missing = range(first + 1, first + round(lasting * FPS))
        for number, (at, frame) in enumerate(film):
            if number not in missing:
                yield at, frame
            elif repeated:
                yield at, film[first][1]

    return Shown(pictures)


def _as_it_is(film: Film, impact: int) -> Iterator[Picture]:
    yield from film


ROUND = (-0.5, -0.2, 0.0, 0.4)
"""Seconds after the impact at which one picture is spoiled."""
KINDS: dict[str, Shown] = {
    "as it is": Shown(_as_it_is),
    **{f"one {name}, {at:+.1f} s": _once(bad, at) for name, bad in BADS.items() for at in ROUND},
    **{f"{name} each second": _each_second(bad) for name, bad in BADS.items()},
    **{f"0.6 s of {name}": _once(BADS[name], -0.4, 0.6) for name in BADS},
    "0.6 s of black before": _once(BADS["black"], -0.8, 0.6),
    "0.6 s of black after": _once(BADS["black"], 0.1, 0.6),
    "1 s of black": _once(BADS["black"], -0.5, 1.0),
    "glare from then on": _from(BADS["glare"], -0.3),
    "dim from then on": _from(BADS["dim"], -0.3),
    "infra-red from then on": _from(_infrared, -0.3),
    "infra-red after 0.4 s of black": _from(_infrared, -0.4, 0.4),
    "infra-red 0.5 s later": _from(_infrared, 0.5),
    "nothing for 0.8 s": _stalled(-0.5, 0.8, False),
    "nothing for 2 s": _stalled(-0.6, 2.0, False),
    "repeated for 0.8 s": _stalled(-0.5, 0.8, True),
    "held for ten minutes": Shown(_as_it_is, HELD, exact=True),
    "held for ten minutes, grey": Shown(_as_it_is, HELD, exact=True, grey=True),
    "noisy for ten minutes": Shown(_as_it_is, HELD),
}


def read(path: Path, fps: float | None) -> Film:
    """Return the pictures of *path* at `FPS`."""
    film: list[Picture] = []
    for at, frame in frames(path, fps):
        if at + 1e-6 >= len(film) / FPS:
            film.append((at, frame))
    return film


def greyed(frame: Frame) -> Frame:
    """Return *frame* without colours."""
    return as_frame(cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR))


def streamed(film: Film, impact: int, shown: Shown) -> Iterator[Picture]:
    """Yield what the camera gets."""
    at, frame = 0.0, film[0][1]
    for at, frame in shown.pictures(film, impact):
        yield at, greyed(frame) if shown.grey else frame
    generator = np.random.default_rng(1)
    last = greyed(frame) if shown.grey else frame
    noises = [generator.normal(0, 2.0, last.shape).astype(np.float32) for _ in range(4)]
    stays = [last if shown.exact else as_frame(np.clip(last + one, 0, 255)) for one in noises]
    end = at + shown.stays
    for number in itertools.count():
        # The first minute as it comes; then a picture a second says the same.
        at += 1 / FPS if at < end - shown.stays + 60 else 1.0
        if at > end:
            return
        yield at, stays[number % len(stays)]


class Outcome(NamedTuple):
    """What became of one clip in one stream."""

    kind: str
    clip: str
    fall: bool
    found: bool
    delay: float
    """Seconds from the impact to the alarm."""
    early: bool
    """An alarm before the fall."""
    withdrawn: float | None
    """When; seconds after the impact."""

    @property
    def failed(self) -> bool:
        """Whether this is a mistake."""
        if not self.fall:
            return self.found
        return not self.found or self.early or self.withdrawn is not None


def judge(task: tuple[Path, Label, Sequence[str]]) -> list[Outcome]:
    """Show one clip in all the streams that are named."""
    path, label, kinds = task
    cv2.setNumThreads(1)
    model = RememberingModel()
    film = read(path, label.fps)
    rate = label.fps or 25.0
    middle = film[len(film) // 2][0]
    impact_at = label.impact / rate if label.impact is not None else middle
    onset_at = label.onset / rate if label.onset is not None else impact_at - 1.5
    impact = next(n for n, (at, _) in enumerate(film) if at >= impact_at - 1e-6)
    outcomes = []
    for kind in kinds:
        pipeline = Pipeline(model)
        down: list[float] = []
        up: list[float] = []
        for at, frame in streamed(film, impact, KINDS[kind]):
            if down and at > down[-1] + AFTER and KINDS[kind].stays < HELD:
                break
            for signal in pipeline.step(at, frame):
                if isinstance(signal, PersonDown):
                    down.append(at)
                elif isinstance(signal, PersonUp):
                    up.append(at)
        late = [at for at in down if at >= onset_at]
        outcomes.append(
            Outcome(
                kind, path.stem, label.fall, bool(late if label.fall else down),
                late[0] - impact_at if late else 0.0, any(at < onset_at for at in down),
                up[0] - impact_at if up else None,
            )
        )  # fmt: skip
    return outcomes


def lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Say for each kind how many falls were found and stayed, and what was wrong."""
    yield f"{'stream':34} {'falls':>9} {'withdrawn':>9} {'false':>8}"
    by_kind = sorted(outcomes, key=lambda one: list(KINDS).index(one.kind))
    for kind, group in itertools.groupby(by_kind, lambda one: one.kind):
        each = list(group)
        falls = [one for one in each if one.fall]
        others = [one for one in each if not one.fall]
        wrong = [
            f"{one.clip}"
            + ("" if one.found or not one.fall else " missed")
            + (" early" if one.early else "")
            + (f" up {one.withdrawn:+.0f}" if one.withdrawn is not None and one.fall else "")
            for one in each
            if one.failed
        ]
        yield (
            f"{kind:34} {sum(one.found for one in falls):>3} of {len(falls):<2} "
            f"{sum(one.withdrawn is not None for one in falls):>9} "
            f"{sum(one.found for one in others):>3} of {len(others):<2}  {', '.join(wrong)}"
        ).rstrip()
    falls = [one for one in outcomes if one.fall]
    others = [one for one in outcomes if not one.fall]
    yield (
        f"{'all':34} {sum(one.found for one in falls)} of {len(falls)}, "
        f"withdrawn {sum(one.withdrawn is not None for one in falls)}, "
        f"false {sum(one.found for one in others)} of {len(others)}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; 1 when something failed, 2 when clips or model are missing."""
    parser = argparse.ArgumentParser(description="Falls in spoiled streams.")
    parser.add_argument("kind", nargs="*", help="part of a name (default: all)")
    parser.add_argument("--only", default="", metavar="PART", help="clips with that in their name")
    add_options(parser)
    options = parser.parse_args(argv)
    kinds = [
        name for name in KINDS if not options.kind or any(part in name for part in options.kind)
    ]
    try:
        clips = [clip for clip in chosen(options.clips) if options.only in clip[0].name]
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    tasks = [(path, label, kinds) for path, label in clips]
    outcomes: list[Outcome] = []
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        for part in pool.imap_unordered(judge, tasks):
            outcomes += part
    print("\n".join(lines(outcomes)))
    return 1 if any(one.failed for one in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
