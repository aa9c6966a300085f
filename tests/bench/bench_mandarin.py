"""How well and how quickly Mandarin is understood, by each engine whose model is there.

    python -m tests.bench.bench_mandarin

The words are those of `data/speech`, one speaker, in lists of forty; what is not in the list,
sentences by thirty other people, noise and music must never be taken for one. Sound is handed to
the engine itself, whole; `tests.bench.bench_hearing` measures the ear around it.
"""

from __future__ import annotations

import os
import random
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from drivers.hearing import FRAME_BYTES, HZ
from drivers.hearing.engines import load
from drivers.hearing.recogniser import EngineMissing, ModelFailed, Recogniser
from tests.drivers.hearing.conftest import MANDARIN, WHISPER, models_folder
from tests.drivers.hearing.sounds import KINDS, ROOM, Clip, Noises, clips, level, pcm, silence

DATA = Path(os.environ.get("LINLI_DATA", Path(__file__).parents[3] / "shared" / "data"))
LIST, LISTS = 40, 2
AROUND_S = 0.3
"""Seconds of the room before and after each word."""
CASES = (("quiet", 0), ("rain", 5), ("babble", 10))
"""Surroundings, and by how many dB speech is louder; rain is pink noise."""


class Bench:
    """An engine, and what is around the kiosk."""

    def __init__(self, engine: Recogniser, people: list[Clip]) -> None:
        self._engine = engine
        self._noises = Noises(people)
        self.cpu: list[float] = []

    def heard(self, samples: np.ndarray, phrases: list[str], kind: str, snr_db: float) -> str:
        sound = np.concatenate([silence(AROUND_S), samples, silence(AROUND_S)])
        seconds = len(sound) / HZ
        sound = sound + level(self._noises.make("rain", seconds), ROOM)
        if kind != "quiet":
            sound = sound + self._noises.make(kind, seconds) * 10 ** (-snr_db / 20)
        hearing = self._engine.listen(phrases)
        assert hearing is not None
        frames = pcm(sound)
        began = time.process_time()
        for start in range(0, len(frames), FRAME_BYTES):
            hearing.take(frames[start : start + FRAME_BYTES])
        said = hearing.result(len(samples) / HZ)
        self.cpu.append(time.process_time() - began)
        return said

    def noise(self, kind: str, seconds: float) -> np.ndarray:
        return self._noises.make(kind, seconds)


def engines() -> Iterator[tuple[str, Recogniser]]:
    """Those that can be loaded here."""
    for name in (MANDARIN, WHISPER):
        folder = models_folder() / name
        if not folder.is_dir():
            print(f"no {name} in {models_folder()}; linli models fetch {name}")
            continue
        began = time.monotonic()
        try:
            engine = load(folder)
        except (ModelFailed, EngineMissing) as error:
            print(f"{name}: {error}")
            continue
        print(f"{name}: loaded in {time.monotonic() - began:.1f} s")
        yield name, engine


def measure(engine: Recogniser, people: list[Clip]) -> None:
    """Print the figures of one engine."""
    bench, chance = Bench(engine, people), random.Random(1)
    words = [clip for clip in people if clip.kind == "word"]
    lists = [chance.sample(words, LIST) for _ in range(LISTS)]
    for kind, snr in CASES:
        right, wrong = 0, list[tuple[str, str]]()
        for chosen in lists:
            phrases = [clip.text for clip in chosen]
            for clip in chosen:
                text = bench.heard(clip.samples, phrases, kind, snr)
                right += text == clip.text
                wrong += [(clip.text, text)] if text not in ("", clip.text) else []
        print(
            f"{kind} {snr or ''}: {right} right, {len(wrong)} wrong of {LIST * LISTS} {wrong}",
            flush=True,
        )
    phrases = [clip.text for clip in lists[0]]
    others = [clip for clip in people if clip.text not in phrases]
    taken = [(c.text, t) for c in others if (t := bench.heard(c.samples, phrases, "quiet", 0))]
    print(f"not in the list, {len(others)} words and sentences: {len(taken)} accepted {taken}")
    noises = [(kind, seconds) for kind in KINDS for seconds in (0.6, 1.0, 2.0, 4.0)]
    taken = [
        (kind, text)
        for kind, seconds in noises
        if kind != "television"  # it says words of the list
        and (text := bench.heard(bench.noise(kind, seconds), phrases, "quiet", 0))
    ]
    print(f"noise and music, {len(noises)} times: {len(taken)} accepted {taken}")
    print(f"CPU: {np.median(bench.cpu):.2f} s for an utterance, worst {max(bench.cpu):.2f}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory of the process: {memory:.0f} MiB")


def main() -> None:
    """Print the figures."""
    people = clips(DATA)
    for _, engine in engines():
        measure(engine, people)


if __name__ == "__main__":
    main()
