"""Stands in for `aplay`: keeps a WAV file for as long as it would sound, and writes it down.

    python -m hw_mocks.player [--in FOLDER] --log LOG [-D DEVICE] FILE.wav

Each line of LOG is a JSON object: ``at`` (boot-time clock, seconds), ``device``, ``event``
(began, finished, stopped or tried), ``text`` (the words in the file), ``seconds``, ``rms_dbfs`` and
``copy`` (the sound, kept beside LOG in ``LOG.sounds/``). While a file ``LOG.unplugged`` exists
there is no sound card, while ``LOG.busy`` does, another program has it. Silence without words is
the speaker's trial.

Every phrase starts this program, so it imports only what starts quickly.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
import time
from math import log10


class _Stopped(BaseException):
    """The speaker was told to be silent."""


def main(arguments: list[str]) -> int:
    """Play one file; the exit status is aplay's: 0 after playing, 1 where it cannot."""
    options = dict(zip(arguments[:-1:2], arguments[1:-1:2], strict=True))
    log, device = options["--log"], options.get("-D", "default")
    if os.path.exists(f"{log}.unplugged"):  # noqa: PTH110 (pathlib takes 10 ms to import)
        print("aplay: audio open error: No such device", file=sys.stderr)
        return 1
    if os.path.exists(f"{log}.busy"):  # noqa: PTH110
        print("aplay: main:850: audio open error: Device or resource busy", file=sys.stderr)
        return 1
    with open(arguments[-1], "rb") as file:  # noqa: PTH123
        wav = file.read()
    text, hz, pcm = _parts(wav)
    seconds = len(pcm) / 2 / hz

    def note(event: str) -> None:
        if text or event == "finished":
            _append(log, device, event if text else "tried", text, seconds, loudness, copy)

    loudness, copy = _rms_dbfs(pcm), _keep(log, wav) if text else ""
    try:
        signal.signal(signal.SIGTERM, _stop)
        note("began")
        time.sleep(seconds)
    except _Stopped:
        note("stopped")
        return 1
    note("finished")
    return 0


def _stop(number: int, frame: object) -> None:
    raise _Stopped


def _parts(wav: bytes) -> tuple[str, int, bytes]:
    """Words, sample rate and samples of a mono 16-bit WAV file."""
    text, hz, pcm, at = "", 0, b"", 12
    while at + 8 <= len(wav):
        kind, size = struct.unpack_from("<4sI", wav, at)
        chunk = wav[at + 8 : at + 8 + size]
        if kind == b"fmt ":
            (hz,) = struct.unpack_from("<I", chunk, 4)
        elif kind == b"data":
            pcm = chunk
        elif kind == b"LIST" and chunk[:8] == b"INFOICMT":
            text = chunk[12 : 12 + struct.unpack_from("<I", chunk, 8)[0]].rstrip(b"\0").decode()
        at += 8 + size + size % 2
    return text, hz, pcm


def _rms_dbfs(pcm: bytes) -> float:
    """From every fourth sample: a loudness needs no more."""
    samples = memoryview(pcm).cast("h")[::4]
    mean = sum(sample * sample for sample in samples) / max(1, len(samples))
    return round(10 * log10(mean / 32768**2), 1) if mean else -120.0


def _keep(log: str, wav: bytes) -> str:
    folder = f"{log}.sounds"
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    path = f"{folder}/{time.time_ns()}.wav"
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(wav)
    return path


def _append(
    log: str, device: str, event: str, text: str, seconds: float, loudness: float, copy: str
) -> None:
    line = (
        f'{{"at": {time.clock_gettime(time.CLOCK_BOOTTIME):.4f}, "device": {_quoted(device)}, '
        f'"event": "{event}", "text": {_quoted(text)}, "seconds": {seconds:.3f}, '
        f'"rms_dbfs": {loudness}, "copy": {_quoted(copy)}}}\n'
    )
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(descriptor, line.encode())
    os.close(descriptor)


def _quoted(text: str) -> str:
    """As a JSON string; `json` itself takes longer to import than all the rest."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " else f"\\u{ord(c):04x}" for c in plain) + '"'


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
