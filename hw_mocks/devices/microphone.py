"""Stands in for `arecord`, and for whoever speaks into the microphone.

    python -m hw_mocks.devices.microphone --room FOLDER [options of arecord, ignored]

writes 16 kHz 16-bit mono samples to its output at real-time pace: a faint noise, and what
lies in FOLDER. `Microphone` puts it there, from any process. Each sound that was heard to its
end is written to ``FOLDER/heard`` as a line: boot-time clock at its end, and its name. While a
file ``FOLDER/unplugged`` exists there is no sound card.

The daemon starts this program, so it imports only what starts quickly.
"""

from __future__ import annotations

import array
import itertools
import os
import random
import sys
import time
import wave
from pathlib import Path

WORDS = {"microphone": frozenset({"unplug", "plug"})}

HZ = 16_000
PIECE = 320
"""Samples that are written at a time: 20 ms, as the real one is told to."""
NOISE = 12
"""Root mean square of a quiet room, in steps of the converter."""
_NUMBERS = itertools.count()


class Microphone:
    """What is to be heard around the kiosk; *room* is a folder that is made if necessary."""

    def __init__(self, room: Path) -> None:
        self._room = room
        (room / "queue").mkdir(parents=True, exist_ok=True)
        self._heard.unlink(missing_ok=True)
        self.silence()
        self.plug()

    @property
    def command(self) -> list[str]:
        """Arguments of this program after the module's name."""
        return ["--room", str(self._room)]

    def play(self, sound: Path) -> str:
        """Say a 16-bit WAV file into the microphone, after those that wait; return its name.

        Raises:
            ValueError: it is not a mono 16-bit WAV file of 16 kHz.
        """
        name = f"{time.time_ns()}-{next(_NUMBERS):04}"
        self._put(self._room / "queue" / name, samples(sound))
        return name

    def surround(self, sound: Path | None) -> None:
        """Repeat a WAV file without end below all that is said: a television, rain."""
        if sound is None:
            (self._room / "around").unlink(missing_ok=True)
        else:
            self._put(self._room / "around", samples(sound))

    def silence(self) -> None:
        """Nobody says anything any more, and nothing is around."""
        for file in (self._room / "queue").iterdir():
            file.unlink(missing_ok=True)
        self.surround(None)

    def ended(self, name: str) -> float | None:
        """Boot-time clock in seconds when this sound had been said; None: not yet."""
        if not self._heard.exists():
            return None
        lines = (line.split() for line in self._heard.read_text().splitlines())
        return next((float(at) for at, heard in lines if heard == name), None)

    def unplug(self) -> None:
        """From now on there is no microphone."""
        (self._room / "unplugged").touch()

    def plug(self) -> None:
        """Put it back."""
        (self._room / "unplugged").unlink(missing_ok=True)

    @property
    def _heard(self) -> Path:
        return self._room / "heard"

    def _put(self, path: Path, pcm: bytes) -> None:
        part = self._room / f"{path.name}.part"
        part.write_bytes(pcm)
        part.rename(path)


def samples(sound: Path) -> bytes:
    """The samples of a WAV file as the microphone gives them.

    Raises:
        ValueError: it is not a mono 16-bit WAV file of 16 kHz.
    """
    with wave.open(str(sound)) as file:
        kind = (file.getframerate(), file.getsampwidth(), file.getnchannels())
        if kind != (HZ, 2, 1):
            raise ValueError(
                f"{sound} has {kind[0]} Hz, {8 * kind[1]} bit, {kind[2]} channels; convert it "
                "to 16000 Hz, 16 bit, mono"
            )
        pcm: bytes = file.readframes(file.getnframes())
    return pcm


class _Room:
    """Mixes what is in the folder, piece by piece."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._chance = random.Random(7)
        self._hiss = [round(self._chance.gauss(0, NOISE)) for _ in range(HZ)]
        self._speech, self._name = b"", ""
        self._around, self._around_of, self._at = b"", 0.0, 0

    @property
    def unplugged(self) -> bool:
        return (self._folder / "unplugged").exists()

    def piece(self) -> bytes:
        """The next 20 ms."""
        start = self._chance.randrange(HZ - PIECE)
        mixed = self._hiss[start : start + PIECE]
        for sound in (self._spoken(), self._surroundings()):
            for position, sample in enumerate(array.array("h", sound)):
                mixed[position] += sample
        return array.array("h", (max(-32768, min(32767, s)) for s in mixed)).tobytes()

    def _spoken(self) -> bytes:
        if not self._speech:
            if self._name:
                with (self._folder / "heard").open("a") as heard:
                    heard.write(f"{time.clock_gettime(time.CLOCK_BOOTTIME):.3f} {self._name}\n")
                self._name = ""
            waiting = min((self._folder / "queue").iterdir(), default=None)
            if waiting is None:
                return b""
            self._name = waiting.name
            self._speech = _taken(waiting)
        piece, self._speech = self._speech[: 2 * PIECE], self._speech[2 * PIECE :]
        return piece

    def _surroundings(self) -> bytes:
        file = self._folder / "around"
        changed = file.stat().st_mtime if file.exists() else 0.0
        if changed != self._around_of:
            self._around, self._around_of, self._at = _taken(file, keep=True), changed, 0
        piece = self._around[self._at : self._at + 2 * PIECE]
        self._at = (self._at + 2 * PIECE) % max(1, len(self._around))
        return piece


def _taken(file: Path, keep: bool = False) -> bytes:
    try:
        pcm = file.read_bytes()
        if not keep:
            file.unlink()
    except FileNotFoundError:  # it was silenced in this moment
        return b""
    return pcm[: len(pcm) - len(pcm) % 2]


def main(arguments: list[str]) -> int:
    """Record until the reader is gone; the exit status is arecord's: 1 where it cannot."""
    room = _Room(Path(arguments[arguments.index("--room") + 1]))
    due = time.monotonic()
    while True:
        if room.unplugged:
            print("arecord: audio open error: No such device", file=sys.stderr)
            return 1
        try:
            os.write(1, room.piece())
        except BrokenPipeError:
            return 0
        due += PIECE / HZ
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
