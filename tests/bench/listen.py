"""Twenty sentences of each voice in one file, for a person to listen to: nobody has yet.

    python -m tests.bench.listen [FILE.wav]

The voices are those that are there: joined syllables, Kokoro, espeak-ng, each announced by
espeak-ng in English.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from drivers.voice import Unspeakable, Voice
from drivers.voice.espeak import EspeakVoice
from drivers.voice.kokoro import MODEL, KokoroMissing, KokoroVoice
from drivers.voice.render import SPEED
from drivers.voice.sound import Sound, joined, silence, to_wav
from drivers.voice.syllables import HZ, SyllablesMissing, SyllableVoice
from tests.bench.judge_speech import OTHERS, catalogue
from tests.drivers.hearing.conftest import models_folder

COUNT = 20
_BETWEEN_S = 0.8


def voices() -> Iterator[Voice]:
    """Those that can be loaded here."""
    espeak = EspeakVoice()
    try:
        yield SyllableVoice(espeak)
        for name in ("zm_yunjian", "zf_xiaobei"):
            yield KokoroVoice(models_folder() / MODEL, name, SPEED)
    except (SyllablesMissing, KokoroMissing) as error:
        print(f"left out: {error}")
    yield espeak


def sentences() -> list[str]:
    """Of the catalogue and with figures, evenly chosen."""
    phrases = catalogue()
    return [*phrases[:: len(phrases) // (COUNT - 8)][: COUNT - 8], *OTHERS[:8]]


def main() -> None:
    """Write the file."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "listen.wav")
    pause = Sound(silence(_BETWEEN_S, HZ), HZ)
    parts = [pause]
    announcer = EspeakVoice()
    for voice in voices():
        parts += [announcer.render(f"Voice: {voice.name}", "en"), pause]
        for text in sentences():
            try:
                parts += [voice.render(text, "zh-CN"), pause]
            except Unspeakable as error:
                print(f"left out: {error}")
    sound = joined(parts)
    path.write_bytes(to_wav(sound, "linli: every voice, the same sentences"))
    print(f"{path}: {sound.seconds:.0f} s; please listen, and write down what is not clear")


if __name__ == "__main__":
    main()
