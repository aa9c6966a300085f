"""How quickly, cheaply and patiently the kiosk hears.

    LINLI_MODELS=FOLDER python -m tests.bench.bench_hearing [MINUTES]

Voice activity is judged on the real clips of Mandarin. Recognition needs a model: the Korean
one exercises the mechanism with espeak-ng's Korean and says nothing about Mandarin. The
recorder is `hw_mocks.devices.microphone`, at real-time pace; the MINUTES (30) of other people's
speech, noise and music are fed faster than that.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np

from agent.contract.driver import Site
from agent.contract.orders import Cancel, Listen
from agent.contract.signals import Heard, Listening, Signal
from agent.core.child import ChildProcess
from drivers.hearing import FRAME_BYTES, HZ
from drivers.hearing.ear import Ear
from drivers.hearing.grammar import GrammarRecogniser as Recogniser
from drivers.microphone import MicrophoneSettings
from hw_mocks.devices import microphone
from tests.drivers.hearing.conftest import KOREAN, models_folder
from tests.drivers.hearing.sounds import (
    KINDS,
    SPEECH,
    Clip,
    Noises,
    Samples,
    clips,
    find,
    korean,
    level,
    pcm,
    scene,
    silence,
    write,
)
from tests.drivers.running import Running
from tests.waiting import wait_for

DATA = Path(os.environ.get("LINLI_DATA", Path(__file__).parents[3] / "shared" / "data"))

SPOKEN = ["도와줘", "네", "지하철", "은행", "다시", "왼쪽"]
PHRASES = (
    *SPOKEN, "아니요", "취소", "택시", "병원", "공원", "학교", "시장", "오른쪽", "살려줘", "시작",
    *(f"{first} {second}" for first in ("병원", "공원", "학교", "시장") for second in SPOKEN),
)  # fmt: skip
"""Forty."""
LATE_S = 1.0
"""Seconds beyond the patience after which an end counts as noticed late."""


def voice_activity(people: list[Clip]) -> None:
    """Where utterances were found to begin and end, in many surroundings."""
    print("87 clips   dB  missed  late  cut off  begin: median, 95 %  end known: median, 95 %")
    cases = [("", 0)] + [(kind, snr) for kind in KINDS for snr in (20, 15, 10, 5)]
    for kind, snr in cases:
        noises = Noises(people)
        missed = late = cut = 0
        begins, ends = [], []
        for clip in people:
            heard = scene(clip.samples, noises, kind, snr)
            found = find(heard.samples, longest_s=12)
            if not found.began_s:
                missed += 1
                continue
            late += found.ended_s > heard.ends_s + 1.2 + LATE_S
            cut += found.ended_s < heard.ends_s - 0.1
            begins.append(found.began_s - (heard.ends_s - clip.seconds))
            ends.append(found.ended_s - heard.ends_s)
        quartiles = (*_middle_and_most(begins), *_middle_and_most(ends))
        print(
            f"{kind or 'quiet':10} {snr or '':>3} {missed:6} {late:6} {cut:7}    "
            "      {:6.2f} {:6.2f}             {:6.2f} {:6.2f}".format(*quartiles)
        )


def slow_speakers(people: list[Clip]) -> None:
    """Pairs of words with a pause between them."""
    words = [clip.samples for clip in people if clip.kind == "word"]
    for kind, snr in (("", 0), ("traffic", 15), ("babble", 15)):
        for pause_s in (0.6, 0.8, 1.0):
            noises = Noises(people)
            cut = 0
            for first, second in pairwise(words):
                said = np.concatenate([first, silence(pause_s), second])
                heard = scene(said, noises, kind, snr)
                cut += find(heard.samples).ended_s < heard.ends_s
            print(f"slow, {kind or 'quiet':8} pause {pause_s} s: {cut} of {len(words) - 1} cut off")


def televisions(people: list[Clip]) -> None:
    """Switched on when the listening begins, for minutes."""
    for kind in ("television", "babble", "music"):
        noises = Noises(people)
        lasted = []
        for _ in range(6):
            samples = np.concatenate([silence(4.5), noises.make(kind, 60)])
            lasted.append(find(samples, longest_s=8).ended_s - 4.5)
        print(f"{kind}: listened for at most {max(lasted):.1f} s (maximum 8, and 4 to finish)")


def answers(folder: Path, models: Path) -> None:
    """Real end of speech to result through the driver's child, its CPU time and its memory."""
    room = microphone.Microphone(folder / "room")
    command = (sys.executable, "-I", "-S", microphone.__file__, *room.command)
    settings = MicrophoneSettings(model=KOREAN, recorder=command)
    child = ChildProcess("microphone", "ear", settings, Site(models, folder))
    words = {text: _word(folder, text) for text in SPOKEN}
    delays, right = [], 0
    listen = Listen(PHRASES, 0.4, 8)
    with Running(child) as running:

        def asked() -> bool:
            child.command(listen)
            return bool(running.signals)

        wait_for(asked, 20)
        process = _children()[0]
        child.command(Cancel())
        idle = _cpu(process)
        time.sleep(4)
        idle = (_cpu(process) - idle) / 4
        before, spoken = _cpu(process), 0.0
        for text, path in words.items():
            running.signals.clear()
            child.command(listen)
            wait_for(lambda: Listening(source="ear", on=True) in running.signals)
            said = room.play(path)
            wait_for(lambda: _heard(running.signals), 10)
            now = time.clock_gettime(time.CLOCK_BOOTTIME)
            delays.append(now - (room.ended(said) or 0))
            right += Heard(source="ear", text=text) in running.signals
            spoken += len(microphone.samples(path)) / 2 / HZ
        used = _cpu(process) - before
        status = Path(f"/proc/{process}/status").read_text()
        memory = int(status.partition("VmRSS:")[2].split()[0]) / 1024
    print(
        f"end of speech to result, patience 0.4 s, {len(PHRASES)} phrases: median "
        f"{statistics.median(delays):.2f} s, worst {max(delays):.2f} s (at most 0.6)"
    )
    print(f"CPU of the child: {used / spoken:.3f} s per second of speech (at most 0.1)")
    print(f"CPU of the child while nobody is asked: {idle * 100:.1f} % of a core")
    print(f"memory of the child with the Korean model: {memory:.0f} MiB")
    print(f"the mechanism understood {right} of {len(words)} words of espeak-ng's Korean")


def others(people: list[Clip], models: Path, minutes: float) -> None:
    """Noise, music and other people: unasked, and with one question after another."""
    recogniser = Recogniser(models / KOREAN)
    for asked in (False, True):
        noises, signals = Noises(people), list[Heard | Listening]()
        ear = Ear(recogniser, signals.append)
        for kind in KINDS:
            sound = pcm(level(noises.make(kind, minutes * 60 / len(KINDS)), SPEECH / 3))
            for start in range(0, len(sound) - FRAME_BYTES + 1, FRAME_BYTES):
                if asked and not (signals and signals[-1] == Listening(on=True)):
                    ear.ask(tuple(PHRASES), 1.2, 8.0)
                ear.take(sound[start : start + FRAME_BYTES])
        texts = Counter(signal.text for signal in signals if isinstance(signal, Heard))
        windows = signals.count(Listening(on=True))
        understood = sum(count for text, count in texts.items() if text)
        print(
            f"{minutes:.0f} minutes of {', '.join(KINDS)}: {windows} times of listening, "
            f"{understood} answers, {texts['']} times not understood"
        )
        if understood:
            print("    ", json.dumps(texts, ensure_ascii=False))


def _middle_and_most(values: list[float]) -> tuple[float, float]:
    return statistics.median(values), float(np.percentile(values, 95))


def _word(folder: Path, text: str) -> Path:
    samples: Samples = np.concatenate([silence(0.5), korean(text, folder)])
    return write(folder / f"{text}.wav", samples)


def _heard(signals: list[Signal]) -> bool:
    return any(isinstance(signal, Heard) for signal in signals)


def _children() -> list[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    children = [int(pid) for task in tasks for pid in task.read_text().split()]
    return [c for c in children if b"agent.core.child" in Path(f"/proc/{c}/cmdline").read_bytes()]


def _cpu(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def main() -> None:
    """Print the figures."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    people = clips(DATA)
    models = models_folder()
    with tempfile.TemporaryDirectory() as name:
        if (models / KOREAN).is_dir():
            answers(Path(name), models)
            others(people, models, minutes)
        else:
            print(f"no {KOREAN} in {models}: nothing is recognised")
    voice_activity(people)
    slow_speakers(people)
    televisions(people)


if __name__ == "__main__":
    main()
