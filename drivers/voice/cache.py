"""Phrases that were rendered before."""

from __future__ import annotations

import hashlib
import logging
import os
from collections import OrderedDict
from pathlib import Path

from drivers.voice.sound import NotWav, Sound, from_wav, to_wav

_log = logging.getLogger(__name__)

_MEMORY_BYTES = 8 << 20
"""About ninety seconds of speech."""


class PhraseCache:
    """Fixed phrases on disk as WAV files that say their own words, the rest in memory only.

    What is said to one resident (a plate, a destination) must not lie on the disk afterwards,
    so only what is asked to be kept is written. The oldest phrases make room for new ones.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._recent: OrderedDict[str, Sound] = OrderedDict()
        self._writable = True

    @staticmethod
    def key(voice: str, language: str, text: str) -> str:
        """Name under which this phrase in this voice is kept."""
        named = "\0".join((voice, language, text)).encode(errors="surrogatepass")
        return hashlib.sha256(named).hexdigest()[:32]

    def has(self, key: str) -> bool:
        """Whether it is on disk."""
        return self._path(key).is_file()

    def find(self, key: str) -> Sound | None:
        if key in self._recent:
            self._recent.move_to_end(key)
            return self._recent[key]
        path = self._path(key)
        try:
            sound, _ = from_wav(path.read_bytes())
            os.utime(path)
        except FileNotFoundError:
            return None
        except (OSError, NotWav) as error:
            _log.warning("phrase unreadable file=%s error=%s", path, error)
            path.unlink(missing_ok=True)
            return None
        self.remember(key, sound)
        return sound

    def remember(self, key: str, sound: Sound) -> None:
        """Have it at hand until newer phrases need the memory."""
        self._recent[key] = sound
        self._recent.move_to_end(key)
        held = sum(kept.samples.nbytes for kept in self._recent.values())
        while held > _MEMORY_BYTES and len(self._recent) > 1:
            held -= self._recent.popitem(last=False)[1].samples.nbytes

    def keep(self, key: str, sound: Sound, text: str) -> None:
        """Write it to disk; a disk that refuses costs only the time to render again."""
        path = self._path(key)
        partial = path.with_suffix(".partial")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(to_wav(sound, text))
            partial.replace(path)
            self._make_room(path)
        except OSError as error:
            if self._writable:
                _log.warning("phrases not kept folder=%s error=%s", self._folder, error)
            self._writable = False
        else:
            self._writable = True

    def _make_room(self, newest: Path) -> None:
        files = [(file.stat(), file) for file in self._folder.glob("*.wav")]
        excess = sum(status.st_size for status, _ in files) - self._limit
        for status, file in sorted(files, key=lambda pair: pair[0].st_mtime_ns):
            if excess <= 0 or file == newest:
                return
            file.unlink(missing_ok=True)
            excess -= status.st_size

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.wav"
