"""A folder of phrases that a person has spoken."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from drivers.voice import Unspeakable
from drivers.voice.sound import Sound, equally_loud, trimmed

_FORMATS = {".wav", ".ogg", ".flac"}


class RecordedPhrases:
    """Each file is named by the words in it: ``车到了，请上车。.wav``.

    Punctuation, spaces and case in the name do not matter. The folder is read once.
    """

    by_heart = True

    def __init__(self, folder: Path) -> None:
        """Raises OSError where the folder cannot be read."""
        files = sorted(file for file in folder.iterdir() if file.suffix.lower() in _FORMATS)
        self._files = {_words(file.stem): file for file in files}
        listing = [(file.name, file.stat().st_mtime_ns) for file in files]
        self.name = f"recordings-{hashlib.sha256(repr(listing).encode()).hexdigest()[:8]}"

    def speaks(self, language: str) -> bool:
        return bool(self._files)

    def render(self, text: str, language: str) -> Sound:
        file = self._files.get(_words(text))
        if file is None:
            raise Unspeakable(f"no recording of {text!r}")
        import soundfile

        try:
            samples, hz = soundfile.read(file, dtype="float32", always_2d=True)
        except (OSError, soundfile.SoundFileError) as error:
            raise Unspeakable(f"{file}: {error}; record it again as WAV") from error
        return equally_loud(trimmed(Sound(np.mean(samples, axis=1, dtype=np.float32), hz)))


def _words(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
