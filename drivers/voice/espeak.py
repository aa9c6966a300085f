"""espeak-ng through pyttsx3: many languages, robotic, always at hand."""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
import threading
from pathlib import Path

from agent.contract.languages import HAN
from drivers.voice import Unspeakable
from drivers.voice.sound import NotWav, Sound, equally_loud, from_wav, trimmed
from drivers.voice.wording import BREATHLESS, GROUP, worded

_log = logging.getLogger(__name__)

_WORDS_PER_MINUTE = {"zh": 150, "en": 150, "ja": 150}
_PREFERRED = {
    # "sit/cmn" reads tone numbers in English; versions differ in which of these exist.
    "zh": ("sit/cmn-latn-pinyin", "sit/cmn", "zh"),
    "en": ("gmw/en", "gmw/en-gb-x-rp", "gmw/en-us", "en"),
    "ja": ("jpx/ja", "ja"),
}
_SYLLABLE_S, _LETTER_S, _PAUSE_S = (0.09, 0.6), (0.03, 0.6), 1.0
"""Seconds that a Chinese character and a Latin letter take at least and most; and more for all."""
_ATTEMPTS = 3
_PATIENCE = 10.0
"""Seconds for one phrase; 13 ms is usual. A full disk would otherwise hang it for ever."""


class EspeakMissing(Exception):
    """pyttsx3 or espeak-ng's library is not installed, or does not start."""


class EspeakVoice:
    """All languages that the installed espeak-ng has.

    Of pyttsx3 only `save_to_file` is used and its finished-utterance awaited: `say` overlaps,
    loses utterances and cannot be stopped.
    """

    name = "espeak-ng"
    by_heart = False

    def __init__(self) -> None:
        """Raises EspeakMissing where it cannot be used."""
        try:
            import pyttsx3

            self._engine = pyttsx3.init("espeak")
            found = {voice.id for voice in self._engine.getProperty("voices")}
        except (ImportError, OSError, RuntimeError) as error:
            raise EspeakMissing(
                f"espeak-ng does not start ({error}); "
                "install it: sudo apt install espeak-ng libespeak-ng1"
            ) from error
        self._voices = {
            language: next(voice for voice in wanted if voice in found)
            for language, wanted in _PREFERRED.items()
            if found.intersection(wanted)
        }
        self._finished = threading.Event()
        self._engine.connect("finished-utterance", self._on_finished)

    def speaks(self, language: str) -> bool:
        return _primary(language) in self._voices

    def render(self, text: str, language: str) -> Sound:
        primary = _primary(language)
        if primary not in self._voices:
            raise Unspeakable(f"espeak-ng has no voice for {language}")
        if not any(letter.isalnum() for letter in text):
            raise Unspeakable(f"nothing to say in {text!r}")
        if primary == "ja" and HAN.search(text):
            raise Unspeakable(f"espeak-ng reads no kanji: {text[:40]!r}")
        if primary == "zh":
            # It would read a telephone number as millions.
            text = worded(text).replace(BREATHLESS, " ").replace(GROUP, "，")
        seconds = 0.0
        for _ in range(_ATTEMPTS):
            sound = trimmed(self._rendered(text, primary))
            seconds = sound.seconds
            if _plausible(text, seconds):
                return equally_loud(sound)
            _log.warning("espeak-ng made %.2f s of %r; again", seconds, text)
        raise Unspeakable(f"espeak-ng made {seconds:.2f} s of {text!r}")

    def _rendered(self, text: str, language: str) -> Sound:
        with tempfile.TemporaryDirectory(prefix="linli-speech-") as folder:
            path = Path(folder, "phrase.wav")
            self._save(text, self._voices[language], _WORDS_PER_MINUTE[language], path)
            try:
                return from_wav(path.read_bytes())[0]
            except (OSError, NotWav) as error:
                raise Unspeakable(f"espeak-ng made no sound of {text!r}: {error}") from error

    def _save(self, text: str, voice: str, words_per_minute: int, path: Path) -> None:
        self._finished.clear()
        self._engine.setProperty("voice", voice)
        self._engine.setProperty("rate", words_per_minute)
        self._engine.save_to_file(text, str(path))
        rescue = threading.Timer(_PATIENCE, self._engine.endLoop)
        rescue.start()
        try:
            # pyttsx3 prints where it saved.
            with contextlib.redirect_stdout(io.StringIO()):
                self._engine.runAndWait()
        finally:
            rescue.cancel()
        # It may return before the sound is written, by espeak-ng's own thread.
        if not self._finished.wait(_PATIENCE):
            raise Unspeakable(f"espeak-ng did not finish {text!r} in {_PATIENCE:.0f} s")

    def _on_finished(self, name: str | None, completed: bool) -> None:
        if completed:
            self._finished.set()


def _plausible(text: str, seconds: float) -> bool:
    """Whether so long a sound can be the whole of *text*, and of nothing else.

    pyttsx3 has been seen to hand out a sound before all of it was written.
    """
    wide = sum(letter.isalpha() and not letter.isascii() for letter in text)
    narrow = sum(letter.isalnum() for letter in text) - wide
    shortest = _SYLLABLE_S[0] * wide + _LETTER_S[0] * narrow
    return shortest <= seconds <= _SYLLABLE_S[1] * len(text) + _PAUSE_S


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()
