"""Sound as numbers: WAV files that carry their own words, level and pace."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

SPEECH_DBFS = -20.0
"""Level of single recordings: RMS of their sounding parts, in dBFS."""

SPEECH_LUFS = -21.0
"""Loudness of every phrase, of whatever voice."""

_PCM, _BITS = 1, 16


class Sound(NamedTuple):
    """Mono speech."""

    samples: Samples
    """−1 to 1."""
    hz: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.hz


class NotWav(ValueError):
    """These bytes are not a WAV file of the kind written here."""


def to_wav(sound: Sound, text: str) -> bytes:
    """A 16-bit PCM WAV file whose LIST/INFO/ICMT chunk says *text* (UTF-8, zero-terminated).

    Format: Microsoft "Multimedia Programming Interface and Data Specifications 1.0" (RIFF).
    """
    pcm = (np.clip(sound.samples, -1.0, 1.0) * 32767).astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", _PCM, 1, sound.hz, sound.hz * 2, 2, _BITS)
    comment = _chunk(b"ICMT", text.encode(errors="replace") + b"\0")
    body = _chunk(b"fmt ", form) + _chunk(b"LIST", b"INFO" + comment) + _chunk(b"data", pcm)
    return _chunk(b"RIFF", b"WAVE" + body)


def from_wav(content: bytes) -> tuple[Sound, str]:
    """The sound and the words of a mono 16-bit WAV file (words are empty where it has none).

    Raises:
        NotWav: anything else, or cut short.
    """
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise NotWav("no RIFF/WAVE header")
    form = data = None
    text, at = "", 12
    while at + 8 <= len(content):
        kind, size = struct.unpack_from("<4sI", content, at)
        chunk = content[at + 8 : at + 8 + size]
        if len(chunk) < size:
            raise NotWav(f"cut short in chunk {kind!r}")
        if kind == b"fmt ":
            form = chunk
        elif kind == b"data":
            data = chunk
        elif kind == b"LIST" and chunk[:8] == b"INFOICMT":
            (length,) = struct.unpack_from("<I", chunk, 8)
            text = chunk[12 : 12 + length].rstrip(b"\0").decode(errors="replace")
        at += 8 + size + size % 2
    if form is None or data is None or len(form) < 16:
        raise NotWav("no fmt or no data chunk")
    layout, channels, hz, _, _, bits = struct.unpack_from("<HHIIHH", form)
    if (layout, channels, bits) != (_PCM, 1, _BITS) or not hz or len(data) % 2:
        raise NotWav(f"not mono 16-bit PCM: format {layout}, {channels} channels, {bits} bits")
    samples = np.frombuffer(data, "<i2").astype(np.float32)
    samples /= 32768
    return Sound(samples, hz), text


def silence(seconds: float, hz: int) -> Samples:
    return np.zeros(round(seconds * hz), np.float32)


def joined(sounds: Sequence[Sound]) -> Sound:
    """One after the other, at the sample rate of the first."""
    if not sounds:
        return Sound(silence(0, 22_050), 22_050)
    hz = sounds[0].hz
    return Sound(np.concatenate([resampled(one.samples, one.hz, hz) for one in sounds]), hz)


def resampled(samples: Samples, hz: int, wanted: int) -> Samples:
    """The same sound at another sample rate, band-limited by the Fourier transform."""
    if hz == wanted:
        return samples
    length = round(len(samples) * wanted / hz)
    spectrum = np.fft.rfft(samples)[: length // 2 + 1]
    return (np.fft.irfft(spectrum, length) * (length / len(samples))).astype(np.float32)


def gained(sound: Sound, db: float) -> Sound:
    """Louder or softer by *db*."""
    return Sound(sound.samples * np.float32(10 ** (db / 20)), sound.hz)


def levelled(sound: Sound, dbfs: float = SPEECH_DBFS) -> Sound:
    """Brought to the same loudness as all other speech, without clipping.

    The level is taken from the louder half of 20 ms frames, so that pauses do not count.
    """
    frames = _frame_rms(sound.samples, max(1, sound.hz // 50))
    if not len(frames) or not frames.any():
        return sound
    level = float(np.sqrt(np.mean(np.square(frames[frames >= np.median(frames)]))))
    gain = min(10 ** (dbfs / 20) / level, 0.98 / float(np.abs(sound.samples).max()))
    return Sound(sound.samples * np.float32(gain), sound.hz)


def equally_loud(sound: Sound, lufs: float = SPEECH_LUFS) -> Sound:
    """Brought to the loudness of all other speech, without clipping."""
    measured = loudness(sound)
    if measured == -np.inf:
        return sound
    gain = min(10 ** ((lufs - measured) / 20), 0.98 / float(np.abs(sound.samples).max()))
    return Sound(sound.samples * np.float32(gain), sound.hz)


def loudness(sound: Sound) -> float:
    """Integrated loudness in LUFS (EBU R 128, ITU-R BS.1770-4); minus infinity for silence.

    What is shorter than a block of 0.4 s is one block.
    """
    length = len(sound.samples)
    if not length or not sound.samples.any():
        return -np.inf
    spectrum = np.fft.rfft(sound.samples, length + sound.hz // 10)
    z = np.exp(-2j * np.pi * np.arange(len(spectrum)) / (length + sound.hz // 10))
    weighted = np.fft.irfft(spectrum * _k_weighting(z, sound.hz))[:length]
    power = np.cumsum(np.concatenate(([0.0], weighted**2)))
    block = min(length, round(0.4 * sound.hz))
    starts = np.arange(0, length - block + 1, max(1, block // 4))
    blocks = (power[starts + block] - power[starts]) / block
    with np.errstate(divide="ignore"):
        levels = -0.691 + 10 * np.log10(blocks)
        heard = blocks[levels > -70]
        if not len(heard):
            return -np.inf
        relative = -0.691 + 10 * np.log10(heard.mean()) - 10
        return float(-0.691 + 10 * np.log10(blocks[levels > max(relative, -70)].mean()))


def _k_weighting(z: NDArray[np.complex128], hz: int) -> NDArray[np.complex128]:
    """Response of BS.1770's two filters at ``z`` = e^−jω, for any sample rate."""
    k, q, high = np.tan(np.pi * 1681.974450955533 / hz), 0.7071752369554196, 10 ** (3.99984385 / 20)
    band = high**0.4996667741545416
    shelf = (high + band * k / q + k * k) + 2 * (k * k - high) * z
    shelf = shelf + (high - band * k / q + k * k) * z * z
    response = shelf / ((1 + k / q + k * k) + 2 * (k * k - 1) * z + (1 - k / q + k * k) * z * z)
    k, q = np.tan(np.pi * 38.13547087602444 / hz), 0.5003270373238773
    low = (1 + k / q + k * k) + 2 * (k * k - 1) * z + (1 - k / q + k * k) * z * z
    weighting: NDArray[np.complex128] = response * (1 + k / q + k * k) * (1 - z) ** 2 / low
    return weighting


def trimmed(sound: Sound, below_db: float = 40.0) -> Sound:
    """Without the silence before and after: frames more than *below_db* under the loudest."""
    step = max(1, sound.hz // 200)
    frames = _frame_rms(sound.samples, step)
    if not len(frames) or not frames.any():
        return sound
    loud = np.flatnonzero(frames > frames.max() * 10 ** (-below_db / 20))
    return Sound(sound.samples[loud[0] * step : (loud[-1] + 1) * step], sound.hz)


def stretched(sound: Sound, rate: float) -> Sound:
    """Spoken *rate* times as fast at the same pitch.

    Waveform-similarity overlap-add: Verhelst and Roelands, "An overlap-add technique based on
    waveform similarity (WSOLA)", ICASSP 1993.
    """
    if rate == 1.0 or sound.seconds < 0.1:
        return sound
    hop, reach = round(sound.hz * 0.015), round(sound.hz * 0.008)
    source = np.pad(sound.samples, (reach, 2 * hop + 2 * reach))
    count = int(len(sound.samples) / (rate * hop)) + 1
    window = np.hanning(2 * hop + 1)[:-1].astype(np.float32)
    out = np.zeros((count + 1) * hop, np.float32)
    natural = reach
    for index in range(count):
        wanted = reach + round(index * hop * rate)
        if index:
            near = source[wanted - reach : wanted + reach + 2 * hop]
            wanted += _most_alike(near, source[natural : natural + 2 * hop]) - reach
        out[index * hop : (index + 2) * hop] += source[wanted : wanted + 2 * hop] * window
        natural = min(wanted + hop, len(source) - 2 * hop)
    return Sound(out[: round(len(sound.samples) / rate)], sound.hz)


def _most_alike(near: Samples, pattern: Samples) -> int:
    """Offset in *near* at which *pattern* fits best (normalised cross-correlation).

    Every second sample is enough: speech has little above 5 kHz that decides this.
    """
    near, pattern = near[::2], pattern[::2]
    fits = np.correlate(near, pattern)
    energy = np.cumsum(np.concatenate(([0.0], np.square(near))))
    norms = np.sqrt(energy[len(pattern) :] - energy[: -len(pattern)] + 1e-9)
    return int(np.argmax(fits / norms[: len(fits)])) * 2


def _frame_rms(samples: Samples, size: int) -> Samples:
    """RMS of successive frames of *size* samples; a last partial frame counts as one."""
    if not len(samples):
        return np.zeros(0, np.float32)
    starts = np.arange(0, len(samples), size)
    sums = np.add.reduceat(np.square(samples, dtype=np.float64), starts)
    lengths = np.diff(np.append(starts, len(samples)))
    return np.sqrt(sums / lengths).astype(np.float32)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
