"""Mandarin joined from recorded syllables (Debian's `gcin-voice`)."""

from __future__ import annotations

import functools
import unicodedata
from pathlib import Path

import numpy as np

from drivers.voice import Unspeakable
from drivers.voice.sound import Samples, Sound, levelled, silence, stretched, trimmed

HZ = 22_050

_FOLDER = Path("/usr/share/gcin-voice/ogg")
_SPEAKER = "3.ogg"
_SUFFIX = {1: "", 2: "2", 3: "3", 4: "4", 5: "1"}
"""How gcin-voice names the tones."""
_INSTEAD = {1: (4, 2, 3), 2: (3, 1, 4), 3: (2, 4, 1), 4: (1, 3, 2), 5: (1, 4, 3, 2)}
"""Which tone is nearest where one was not recorded."""
_LIGHT_RATE, _LIGHT_GAIN = 1.4, 0.6
"""A neutral tone that was not recorded: another tone, shorter and softer."""

_WITHOUT_ONSET = {"ㄟ": "ㄏㄟ"}
"""Not recorded alone (the letter A): the loud part of another, which is its vowel."""
_ONSET_DB = 12.0

_TRIM_DB = 40.0
_FADE = 0.004
"""Seconds; enough that no join clicks, too short to be heard as a fade."""
_BETWEEN_SYLLABLES = 0.0
_BETWEEN_WORDS = 0.0
_LEVEL_DBFS = -20.0


class SyllablesMissing(Exception):
    """The recorded syllables, or what reads them, are not installed."""


class SyllableVoice:
    """A person's own syllables, in the tones of the sentence."""

    name = "syllables-1"

    def __init__(self, folder: Path = _FOLDER) -> None:
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
        self._folder = folder
        # macOS-made archives decompose names; Debian's does not.
        self._names = {unicodedata.normalize("NFC", entry.name) for entry in folder.iterdir()}
        self._syllable = functools.lru_cache(maxsize=400)(self._recorded)

    def speaks(self, language: str) -> bool:
        return language.partition("-")[0].lower() == "zh"

    def render(self, text: str, language: str) -> Sound:
        from drivers.voice.mandarin import phrases

        parts: list[Samples] = []
        for phrase in phrases(text):
            for word in phrase.words:
                for syllable in word:
                    parts += [self._syllable(*syllable), silence(_BETWEEN_SYLLABLES, HZ)]
                parts.append(silence(_BETWEEN_WORDS, HZ))
            parts.append(silence(phrase.pause, HZ))
        if not parts:
            raise Unspeakable(f"no Chinese in {text!r}")
        return levelled(Sound(np.concatenate(parts[:-1]), HZ))

    def _recorded(self, base: str, tone: int) -> Samples:
        """The syllable itself, trimmed, at one level, its ends faded."""
        source = _WITHOUT_ONSET.get(base, base)
        found = next(
            (other for other in (tone, *_INSTEAD[tone]) if source + _SUFFIX[other] in self._names),
            None,
        )
        if found is None:
            raise Unspeakable(f"the syllable {base} was not recorded")
        below_db = _ONSET_DB if source != base else _TRIM_DB
        sound = trimmed(self._read(source + _SUFFIX[found]), below_db)
        sound = levelled(sound, _LEVEL_DBFS)
        if tone == 5 and found != 5:
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
        # Recorded with a constant offset, which would click at every join.
        samples -= samples.mean()
        if hz != 2 * HZ:
            raise Unspeakable(f"{name}: recorded at {hz} Hz instead of {2 * HZ}")
        return Sound(np.convolve(samples, _HALF_BAND, "same")[::2].astype(np.float32), HZ)


def _half_band(taps: int = 31) -> Samples:
    """Low-pass filter for halving the sample rate: windowed sinc, −6 dB at a quarter."""
    at = np.arange(taps) - taps // 2
    response = np.sinc(at / 2) * np.hamming(taps)
    response /= response.sum()
    return response.astype(np.float32)


_HALF_BAND = _half_band()
