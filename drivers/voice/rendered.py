"""Sentences that were rendered ahead, in a folder: by hash of text, voice and rate."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import numpy as np

from drivers.voice import Unspeakable
from drivers.voice.sound import Sound, equally_loud

_log = logging.getLogger(__name__)

REFUSED = "refused.txt"
"""In the folder: the sentences that the judge did not understand, one a line; syllables are
better for these."""
_SUFFIX = ".opus"


class RenderedPhrases:
    """Ogg Opus files (RFC 7845), one for each sentence."""

    by_heart = True

    def __init__(self, folder: Path) -> None:
        """Raises OSError where the folder cannot be read."""
        self._folder = folder
        self._names = {file.name for file in folder.iterdir() if file.suffix == _SUFFIX}
        refused = folder / REFUSED
        lines = refused.read_text(encoding="utf-8").splitlines() if refused.is_file() else []
        self._refused = set(map(words, lines))
        listing = repr((sorted(self._names), sorted(self._refused)))
        self.name = f"rendered-{hashlib.sha256(listing.encode()).hexdigest()[:8]}"

    def speaks(self, language: str) -> bool:
        return bool(self._names) and language.partition("-")[0].lower() == "zh"

    def render(self, text: str, language: str) -> Sound:
        name = file_name(text)
        if name not in self._names or words(text) in self._refused:
            raise Unspeakable(f"{text!r} was not rendered")
        import soundfile

        try:
            samples, hz = soundfile.read(self._folder / name, dtype="float32")
        except (OSError, soundfile.SoundFileError) as error:
            self._names.discard(name)
            _log.warning("rendered sentence unreadable text=%r error=%s", text, error)
            raise Unspeakable(f"{name}: {error}") from error
        return equally_loud(Sound(np.asarray(samples, np.float32), hz))


def words(text: str) -> str:
    """What of *text* is heard: punctuation, blanks and case are not."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def file_name(text: str) -> str:
    """Under which the sound of *text* lies in the folder."""
    return hashlib.sha256(words(text).encode(errors="replace")).hexdigest()[:32] + _SUFFIX


def keep(folder: Path, text: str, sound: Sound) -> None:
    """Write the sound of *text*, whole or not at all.

    Raises:
        OSError: the disk refuses.
    """
    import soundfile

    path = folder / file_name(text)
    partial = path.with_suffix(".partial")
    soundfile.write(partial, sound.samples, sound.hz, format="OGG", subtype="OPUS")
    partial.replace(path)
