"""What came out of the loudspeaker: reads the log that `hw_mocks.player` writes."""

from __future__ import annotations

import itertools
import shutil
import threading
import time
import unicodedata
from pathlib import Path

import msgspec

WORDS = {"speaker": frozenset({"unplug", "plug"})}


class _Event(msgspec.Struct):
    at: float
    device: str
    event: str
    text: str
    seconds: float
    rms_dbfs: float
    copy: str


class Utterance(msgspec.Struct, frozen=True):
    """One text that was spoken, wholly or in part."""

    text: str
    began: float
    """Boot-time clock, seconds."""
    ended: float
    """The same; in the future while it sounds."""
    sound: str
    """Path of the WAV file."""
    device: str
    """ALSA name of what it sounded from."""
    rms: float
    """Root mean square of the whole; 1 is full scale."""

    def has(self, part: str) -> bool:
        """Whether *part* was in the words. Punctuation and blanks cannot be heard."""
        return heard(part) in heard(self.text)


class Loudspeaker:
    """Everything that was said, in order; what *log* has from earlier is forgotten."""

    def __init__(self, log: Path) -> None:
        self._log = log
        log.unlink(missing_ok=True)
        shutil.rmtree(f"{log}.sounds", ignore_errors=True)
        self.plug()
        self._read = 0
        self._said: list[Utterance] = []
        self._tried_at = 0.0
        self._lock = threading.Lock()

    @property
    def command(self) -> list[str]:
        """Arguments of `hw_mocks.player` after the module's name."""
        return ["--in", str(self._log.parent), "--log", str(self._log)]

    def unplug(self) -> None:
        """From now on there is no sound card."""
        self._missing.touch()

    def plug(self) -> None:
        """Put it back."""
        self._missing.unlink(missing_ok=True)

    @property
    def _missing(self) -> Path:
        return self._log.with_name(self._log.name + ".unplugged")

    def said(self, since: float = 0.0) -> list[Utterance]:
        """All that began to sound at or after *since* (boot-time clock, seconds)."""
        self._update()
        return [utterance for utterance in self._said if utterance.began >= since]

    def tried(self, since: float) -> bool:
        """Whether the daemon found it fit for use since then (boot-time clock, seconds)."""
        self._update()
        return self._tried_at >= since

    def longest_silence(self, since: float) -> float:
        """Seconds of the longest stretch without a sound from *since* until now."""
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        sounds = [u for u in self.said() if u.ended > since]
        ends = [since, *itertools.accumulate((u.ended for u in sounds), max)]
        begins = [*(u.began for u in sounds), now]
        return max(begin - end for end, begin in zip(ends, begins, strict=True))

    def _update(self) -> None:
        with self._lock:
            if not self._log.exists():
                return
            with self._log.open("rb") as log:
                log.seek(self._read)
                new = log.read()
            whole = new.rpartition(b"\n")[0]
            self._read += len(whole) + 1 if whole else 0
            for line in whole.splitlines():
                self._note(msgspec.json.decode(line, type=_Event))

    def _note(self, event: _Event) -> None:
        if event.event == "began":
            # Where a killed player could not say when it ended, the length of the sound tells
            ended = event.at + event.seconds
            rms = 10 ** (event.rms_dbfs / 20)
            self._said.append(Utterance(event.text, event.at, ended, event.copy, event.device, rms))
        elif event.event == "tried":
            self._tried_at = event.at
        elif self._said:
            self._said[-1] = msgspec.structs.replace(self._said[-1], ended=event.at)


def heard(text: str) -> str:
    """Letters, digits and characters alone, in small letters."""
    kept = (c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c)[0] in "LN")
    return "".join(kept).casefold()
