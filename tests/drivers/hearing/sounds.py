"""People who speak, and what is around them: real clips, and noise made here."""

from __future__ import annotations

import csv
import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivers.hearing import FRAME_BYTES, HZ, Sound
from drivers.hearing.activity import Activity
from drivers.hearing.window import Stage, Surroundings, Window

Samples = NDArray[Any]
"""16 kHz, in steps of a 16-bit converter."""

SPEECH = 1500.0
"""Root mean square of somebody who speaks half a metre from the microphone."""
ROOM = 15.0
"""Of the microphone's own noise."""
BEFORE_S, AFTER_S = 4.5, 3.5
"""Seconds around each utterance."""


class Clip(NamedTuple):
    """Somebody's words, without the silence around them."""

    text: str
    kind: str
    """word or sentence"""
    samples: Samples

    @property
    def seconds(self) -> float:
        return len(self.samples) / HZ


def clips(data_dir: Path) -> list[Clip]:
    """All clips of Mandarin, equally loud."""
    folder = data_dir / "speech"
    with (folder / "clips.tsv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    return [Clip(r["text"], r["kind"], level(trimmed(read(folder / r["path"])))) for r in rows]


def read(path: Path) -> Samples:
    """The samples of a WAV file."""
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (HZ, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)


def write(path: Path, samples: Samples) -> Path:
    """Make a WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(HZ)
        file.writeframes(pcm(samples))
    return path


def pcm(samples: Samples) -> bytes:
    """As the microphone gives them."""
    return np.clip(samples, -32768, 32767).astype("<i2").tobytes()


def trimmed(samples: Samples) -> Samples:
    """From the first to the last 10 ms that are within 30 dB of the loudest."""
    steps = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    envelope = 10 * np.log10((steps**2).mean(1) + 1)
    threshold = max(np.percentile(envelope, 99) - 30, np.percentile(envelope, 3) + 8)
    loud = np.flatnonzero(np.convolve(envelope > threshold, np.ones(3), "same") >= 2)
    return samples[loud[0] * 160 : (loud[-1] + 1) * 160]


def level(samples: Samples, rms: float = SPEECH) -> Samples:
    """The same, this loud."""
    scaled: Samples = samples * (rms / np.sqrt((samples**2).mean() + 1e-9))
    return scaled


def silence(seconds: float) -> Samples:
    """Nothing at all."""
    return np.zeros(round(seconds * HZ))


class Noises:
    """What may be around a kiosk, each *seconds* long and as loud as speech."""

    def __init__(self, people: list[Clip], seed: int = 3) -> None:
        self._people = [clip.samples for clip in people]
        self._chance = np.random.default_rng(seed)

    def make(self, kind: str, seconds: float) -> Samples:
        """One of `KINDS`."""
        return level(getattr(self, f"_{kind}")(round(seconds * HZ)))

    def _white(self, count: int) -> Samples:
        return self._chance.standard_normal(count)

    def _rain(self, count: int) -> Samples:
        spectrum = np.fft.rfft(self._white(count))
        spectrum /= np.sqrt(np.maximum(1, np.arange(len(spectrum))))
        spectrum[: 30 * count // HZ] = 0
        rain: Samples = np.fft.irfft(spectrum, count)
        return rain

    def _traffic(self, count: int) -> Samples:
        passing = 1 + 0.6 * np.sin(2 * np.pi * np.arange(count) / HZ / 7)
        rumble = np.cumsum(self._white(count))
        rumble -= np.convolve(rumble, np.ones(400) / 400, "same")
        traffic: Samples = level(self._rain(count), 1) * passing + 2 * level(rumble, 1)
        return traffic

    def _television(self, count: int) -> Samples:
        order = self._chance.permutation(len(self._people))
        said = np.concatenate([self._people[i] for i in order])
        return np.resize(np.roll(said, self._chance.integers(len(said))), count)

    def _babble(self, count: int) -> Samples:
        babble: Samples = np.sum([self._television(count) for _ in range(5)], axis=0)
        return babble

    def _music(self, count: int) -> Samples:
        mixed, step = np.zeros(count), int(0.4 * HZ)
        notes = [220, 262, 294, 330, 392, 440, 523, 587, 659, 784]
        for start in range(0, count, step):
            time = np.arange(min(2 * step, count - start)) / HZ
            for note in self._chance.choice(notes, 3):
                tones = [np.sin(2 * np.pi * note * n * time) / n for n in range(1, 6)]
                mixed[start : start + len(time)] += sum(tones) * np.exp(-3 * time)
        return mixed


KINDS = ("white", "rain", "traffic", "babble", "television", "music")


class Scene(NamedTuple):
    """An utterance within its surroundings, after `BEFORE_S` seconds of these alone."""

    samples: Samples
    ends_s: float


def scene(clip: Samples, noises: Noises, kind: str = "", snr_db: float = 0) -> Scene:
    """Put *clip* into noise of *kind*, *snr_db* softer than speech."""
    samples = np.concatenate([silence(BEFORE_S), clip, silence(AFTER_S)])
    seconds = len(samples) / HZ
    samples = samples + level(noises.make("rain", seconds), ROOM)
    if kind:
        samples = samples + noises.make(kind, seconds) * 10 ** (-snr_db / 20)
    return Scene(samples, BEFORE_S + len(clip) / HZ)


class Found(NamedTuple):
    """What the window made of a scene; seconds from its beginning."""

    began_s: float
    ended_s: float
    """When it was known to have ended."""
    stage: Stage
    voiced_s: float


def find(
    samples: Samples, patience_s: float = 1.2, longest_s: float = 8.0, opens_s: float = BEFORE_S
) -> Found:
    """Listen from *opens_s* on."""
    around, window, began = Surroundings(), None, 0.0
    now = 0.0
    for now, sound in judged(samples):
        if now < opens_s:
            around.note(sound)
            continue
        window = window or Window(around, patience_s, longest_s)
        stage = window.step(sound)
        if stage is Stage.SPEAKING and not began:
            began = now
        if stage in (Stage.ENDED, Stage.NOTHING):
            return Found(began, now, stage, window.voiced_s)
    assert window is not None
    return Found(began, now, window.stage, window.voiced_s)


def judged(samples: Samples) -> Iterator[tuple[float, Sound]]:
    """Each frame: the time of its end in seconds, and what it is like."""
    activity, sound = Activity(), pcm(samples)
    for start in range(0, len(sound) - FRAME_BYTES + 1, FRAME_BYTES):
        yield (
            (start + FRAME_BYTES) / 2 / HZ,
            activity.judge(sound[start : start + FRAME_BYTES]),
        )


def korean(text: str, folder: Path) -> Samples:
    """Korean words by espeak-ng: they exercise the recogniser and prove nothing about people."""
    path = folder / "korean.wav"
    subprocess.run(["espeak-ng", "-v", "ko", "-s", "130", "-w", str(path), text], check=True)
    with wave.open(str(path)) as file:
        rate = file.getframerate()
        said = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)
    times = np.arange(int(len(said) * HZ / rate)) * rate / HZ
    return level(trimmed(np.interp(times, np.arange(len(said)), said)))
