"""The voices in order of preference, and what they have said before."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from drivers.voice import Unspeakable, Voice
from drivers.voice.cache import PhraseCache
from drivers.voice.espeak import EspeakMissing, EspeakVoice
from drivers.voice.japanese import JapaneseMissing, JapaneseVoice
from drivers.voice.recordings import RecordedPhrases
from drivers.voice.rendered import RenderedPhrases
from drivers.voice.sound import Sound, joined, silence, stretched
from drivers.voice.syllables import SyllablesMissing, SyllableVoice
from drivers.voice.text import clauses, pause_after, pieces
from drivers.voice.tongues import tongues

_log = logging.getLogger(__name__)


SLOWEST, FASTEST = 0.6, 1.6
"""Rates beyond these are not understood."""
_TOGETHER = 8
"""Clauses that may be known by heart as one phrase."""


class NoVoice(Exception):
    """No voice at all can be used; the text says what to install."""


def open_voices(recordings: str, rendered: Path | None = None) -> list[Voice]:
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
    if rendered is not None and rendered.is_dir():
        try:
            voices.append(RenderedPhrases(rendered))
        except OSError as error:
            missing.append(f"rendered sentences {rendered}: {error.strerror}")
    espeak = None
    try:
        espeak = EspeakVoice()
    except EspeakMissing as error:
        missing.append(str(error))
    try:
        voices.append(SyllableVoice(espeak))
    except SyllablesMissing as error:
        missing.append(str(error))
    if not voices and not espeak:
        raise NoVoice("; ".join(missing))
    try:
        voices.append(JapaneseVoice())
    except JapaneseMissing as error:
        _log.info("voice not installed reason=%r", str(error))
    if espeak:
        voices.append(espeak)
    for reason in missing:
        _log.warning("voice missing reason=%r", reason)
    return voices


class Repertoire:
    """Gives the sound of any text: by heart where a voice has it so, else newly rendered."""

    def __init__(self, voices: Sequence[Voice], cache: PhraseCache, rate: float) -> None:
        self._by_heart = [voice for voice in voices if voice.by_heart]
        self._voices = [voice for voice in voices if not voice.by_heart]
        self._cache = cache
        self._rate = rate
        self._names = "+".join(voice.name for voice in voices)

    def sounds(self, text: str, language: str, rate: float = 1.0) -> Iterator[Sound]:
        """The sound of *text* in parts to be played one after the other, *rate* times as fast as
        usual; each is rendered when it is asked for, and is short to render.

        Raises:
            Unspeakable: no voice can say a part of it.
        """
        rate = min(max(self._rate * rate, SLOWEST), FASTEST)
        if (found := self._cache.find(self._key(text, language, rate))) is not None:
            yield found
            return
        parts = list(self._parts(text, language))
        said = False
        silent: Unspeakable | None = None
        for index, (words, tongue, known) in enumerate(parts):
            pause = pause_after(words) / rate if index < len(parts) - 1 else 0.0
            key = self._key(words, tongue, rate)
            found = stretched(known, rate) if known is not None else self._cache.find(key)
            if found is not None:
                sound = found
            else:
                try:
                    sound = self._render(words, tongue, rate)
                except Unspeakable as error:
                    silent = silent or error
                    continue  # signs alone, or nothing that this language has
                self._cache.remember(key, sound)
            said = True
            yield Sound(np.concatenate((sound.samples, silence(pause, sound.hz))), sound.hz)
        if silent and not said:
            raise silent

    def prepare(self, text: str, language: str) -> Iterator[None]:
        """Have it on disk from now on; a step is the rendering of one part.

        Raises:
            Unspeakable: no voice can say it.
        """
        key = self._key(text, language, self._rate)
        if self._cache.has(key):
            return
        sounds = []
        for sound in self.sounds(text, language):
            sounds.append(sound)
            yield
        self._cache.keep(key, joined(sounds), text)

    def _parts(self, text: str, language: str) -> Iterator[tuple[str, str, Sound | None]]:
        """As much by heart as can be, the rest in pieces, each with its language."""
        for part, tongue in tongues(text, language):
            for words, known in self._pieces(part, tongue):
                yield words, tongue, known

    def _pieces(self, text: str, language: str) -> Iterator[tuple[str, Sound | None]]:
        rest, at, spoken = "", 0, clauses(text)
        while at < len(spoken):
            for end in range(min(len(spoken), at + _TOGETHER), at, -1):
                words = "".join(spoken[at:end])
                if (sound := self._known(words, language)) is not None:
                    if rest:
                        yield from ((piece, None) for piece in pieces(rest))
                    yield words, sound
                    rest, at = "", end
                    break
            else:
                rest += spoken[at]
                at += 1
        if rest:
            yield from ((piece, None) for piece in pieces(rest))

    def _known(self, words: str, language: str) -> Sound | None:
        for voice in self._by_heart:
            if voice.speaks(language):
                with contextlib.suppress(Unspeakable):
                    return voice.render(words, language)
        return None

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
        return self._cache.key(f"{self._names}@{rate}", language, text)
