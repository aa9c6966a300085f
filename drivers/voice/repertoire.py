"""The voices in order of preference, and what they have said before."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from drivers.voice import Unspeakable, Voice
from drivers.voice.cache import PhraseCache
from drivers.voice.espeak import EspeakMissing, EspeakVoice
from drivers.voice.recordings import RecordedPhrases
from drivers.voice.sound import Sound, stretched
from drivers.voice.syllables import SyllablesMissing, SyllableVoice

_log = logging.getLogger(__name__)


SLOWEST, FASTEST = 0.7, 1.6
"""Rates beyond these are not understood."""


class NoVoice(Exception):
    """No voice at all can be used; the text says what to install."""


def open_voices(recordings: str) -> list[Voice]:
    """Every voice that works here, best first; each that does not is logged with its remedy.

    Raises:
        NoVoice: there is none, or the folder of recordings cannot be read.
    """
    voices: list[Voice] = []
    missing: list[str] = []
    if recordings:
        try:
            voices.append(RecordedPhrases(Path(recordings)))
        except OSError as error:
            missing.append(f"recordings {recordings!r}: {error.strerror}")
    espeak = None
    try:
        espeak = EspeakVoice()
    except EspeakMissing as error:
        missing.append(str(error))
    try:
        voices.append(SyllableVoice(espeak))
    except SyllablesMissing as error:
        missing.append(str(error))
    if espeak:
        voices.append(espeak)
    if not voices:
        raise NoVoice("; ".join(missing))
    for reason in missing:
        _log.warning("voice missing reason=%r", reason)
    return voices


class Repertoire:
    """Gives the sound of any text; asks each voice in turn until one can say it."""

    def __init__(self, voices: Sequence[Voice], cache: PhraseCache, rate: float) -> None:
        self._voices = voices
        self._cache = cache
        self._rate = rate

    def sound(self, text: str, language: str, rate: float = 1.0) -> Sound:
        """From memory or disk where it is there; *rate* times as fast as usual.

        Raises:
            Unspeakable: no voice can say it.
        """
        rate = min(max(self._rate * rate, SLOWEST), FASTEST)
        key = self._key(text, language, rate)
        found = self._cache.find(key)
        if found is None:
            found = self._render(text, language, rate)
            self._cache.remember(key, found)
        return found

    def prepare(self, text: str, language: str) -> None:
        """Have it on disk from now on.

        Raises:
            Unspeakable: no voice can say it.
        """
        key = self._key(text, language, self._rate)
        if not self._cache.has(key):
            self._cache.keep(key, self._render(text, language, self._rate), text)

    def _render(self, text: str, language: str, rate: float) -> Sound:
        reasons = []
        for voice in self._voices:
            if voice.speaks(language):
                try:
                    return stretched(voice.render(text, language), rate)
                except Unspeakable as error:
                    reasons.append(str(error))
        raise Unspeakable("; ".join(reasons) or f"no voice speaks {language}")

    def _key(self, text: str, language: str, rate: float) -> str:
        names = "+".join(voice.name for voice in self._voices)
        return self._cache.key(f"{names}@{rate}", language, text)
