"""Mandarin joined from recorded syllables (Debian's `gcin-voice`)."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import numpy as np

from drivers.voice import Unspeakable, Voice
from drivers.voice.sound import (
    Samples,
    Sound,
    equally_loud,
    levelled,
    resampled,
    silence,
    stretched,
    trimmed,
)
from drivers.voice.wording import worded

HZ = 22_050

_FOLDER = Path("/usr/share/gcin-voice/ogg")
_SPEAKER = "3.ogg"
_SUFFIX = {1: "", 2: "2", 3: "3", 4: "4", 5: "1"}
"""How gcin-voice names the tones."""
_INSTEAD = {1: (4, 2, 3), 2: (3, 1, 4), 3: (2, 4, 1), 4: (1, 3, 2), 5: (1, 4, 3, 2)}
"""Which tone is nearest where one was not recorded."""
_LIGHT_RATE, _LIGHT_GAIN = 1.2, 0.8
"""A neutral tone that was not recorded: another tone, shorter and softer."""

_LETTER_A = "ㄟ"
_ONSET = 0.06
"""Seconds of the consonant in the recording that stands for the letter A."""
_NEAREST = {
    _LETTER_A: "ㄅㄟ",
    "ㄋㄣ": "ㄋㄥ",
    "ㄌㄧㄚ": "ㄌㄧㄤ",
    "ㄔㄨㄞ": "ㄔㄞ",
    "ㄉㄣ": "ㄉㄥ",
    "ㄋㄡ": "ㄋㄨㄥ",
}
"""For what was not recorded in any tone: A, 嫩, 俩, 揣, 扽, 耨."""

_RUMBLE_HZ = 90
"""The recordings have more noise than voice below this."""
_FADE = 0.004
"""Seconds; enough that no join clicks, too short to be heard as a fade."""
_BETWEEN_WORDS = 0.02
"""Seconds of silence between words."""
_SYLLABLE_S, _AS_RECORDED_S = 0.27, 0.37
"""Seconds of a mean syllable, as it is said and as recorded. Faster is understood worse: see
FIGURES.md."""
_SLOWEST = 0.8
"""Nothing is drawn out further than this."""
_BETWEEN_LANGUAGES = 0.08
_LEVEL_DBFS = -20.0
_LATIN = re.compile(r"([A-Za-z]+(?:[ '.-]+[A-Za-z]+)*)")


class SyllablesMissing(Exception):
    """The recorded syllables, or what reads them, are not installed."""


class SyllableVoice:
    """A person's own syllables, in the tones of the sentence.

    Words in Latin letters (English, WiFi) are left to *foreign*; without it they are spelled.
    """

    by_heart = False
    name = "syllables-4"
    """Counts up whenever the same text comes to sound otherwise: kept phrases are then renewed."""

    def __init__(self, foreign: Voice | None = None, folder: Path = _FOLDER) -> None:
        """Raises SyllablesMissing."""
        if not folder.is_dir():
            raise SyllablesMissing(
                f"no recorded syllables at {folder}; install them: sudo apt install gcin-voice"
            )
        try:
            import pypinyin  # noqa: F401
            import soundfile  # noqa: F401
        except (ImportError, OSError) as error:
            raise SyllablesMissing(f"{error}; install linli again with its packages") from error
        self._foreign = foreign if foreign and foreign.speaks("en") else None
        self._folder = folder
        self._names = {entry.name for entry in folder.iterdir()}
        self._syllable = functools.lru_cache(maxsize=1600)(self._recorded)

    def speaks(self, language: str) -> bool:
        return language.partition("-")[0].lower() == "zh"

    def render(self, text: str, language: str) -> Sound:
        parts: list[Samples] = []
        for piece in _LATIN.split(worded(text, keep_words=self._foreign is not None)):
            if self._foreign and _LATIN.fullmatch(piece):
                parts += [self._borrowed(piece, self._foreign), silence(_BETWEEN_LANGUAGES, HZ)]
            else:
                parts += self._joined(piece)
        if not parts:
            raise Unspeakable(f"no Chinese in {text!r}")
        return equally_loud(Sound(np.concatenate(parts[:-1]), HZ))

    def _joined(self, text: str) -> list[Samples]:
        from drivers.voice.mandarin import spoken

        parts: list[Samples] = []
        for phrase in spoken(text):
            for word in phrase.words:
                parts += [self._syllable(*syllable) for syllable in word]
                parts.append(silence(_BETWEEN_WORDS, HZ))
            parts.append(silence(phrase.pause, HZ))
        return parts

    def _borrowed(self, words: str, voice: Voice) -> Samples:
        sound = voice.render(words, "en")
        return levelled(Sound(resampled(sound.samples, sound.hz, HZ), HZ), _LEVEL_DBFS).samples

    def recording(self, base: str, tone: int) -> str | None:
        """Name of the recording that is nearest to this syllable; None where nothing is near."""
        base = _NEAREST.get(base, base)
        names = (base + _SUFFIX[other] for other in (tone, *_INSTEAD[tone]))
        return next((name for name in names if name in self._names), None)

    def _recorded(self, base: str, tone: int) -> Samples:
        """The syllable itself, trimmed, at one level, its ends faded."""
        name = self.recording(base, tone)
        if name is None:
            raise Unspeakable(f"the syllable {base} was not recorded")
        sound = trimmed(self._read(name))
        if base == _LETTER_A:
            sound = Sound(sound.samples[round(_ONSET * HZ) :], HZ)
        sound = _hurried(levelled(sound, _LEVEL_DBFS))
        if tone == 5 and not name.endswith(_SUFFIX[5]):
            sound = stretched(sound, _LIGHT_RATE)
            sound = Sound(sound.samples * np.float32(_LIGHT_GAIN), HZ)
        ramp = np.linspace(0, 1, round(_FADE * HZ), dtype=np.float32)
        samples = sound.samples.copy()
        samples[: len(ramp)] *= ramp
        samples[-len(ramp) :] *= ramp[::-1]
        return samples

    def _read(self, name: str) -> Sound:
        import soundfile

        samples: Samples
        samples, hz = soundfile.read(self._folder / name / _SPEAKER, dtype="float32")
        return Sound(_without_rumble(resampled(samples, hz, HZ)), HZ)


def _hurried(sound: Sound) -> Sound:
    """At the pace of speech: long syllables lose more than short ones, which are hard enough."""
    wanted = _SYLLABLE_S * (sound.seconds / _AS_RECORDED_S) ** 0.5
    return stretched(sound, max(sound.seconds / wanted, _SLOWEST))


def _without_rumble(samples: Samples) -> Samples:
    spectrum = np.fft.rfft(samples)
    spectrum *= np.clip(np.fft.rfftfreq(len(samples), 1 / HZ) / _RUMBLE_HZ - 0.5, 0, 1)
    return np.fft.irfft(spectrum, len(samples)).astype(np.float32)
