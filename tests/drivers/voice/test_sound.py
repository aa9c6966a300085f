"""Sound as numbers."""

from __future__ import annotations

import contextlib
import io
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.voice.sound import (
    SPEECH_DBFS,
    SPEECH_LUFS,
    NotWav,
    Samples,
    Sound,
    equally_loud,
    from_wav,
    gained,
    levelled,
    loudness,
    resampled,
    silence,
    stretched,
    to_wav,
    trimmed,
)

HZ = 22_050


def tone(seconds: float, hertz: float = 220.0, height: float = 0.5) -> Sound:
    at = np.arange(round(seconds * HZ)) / HZ
    return Sound((height * np.sin(2 * np.pi * hertz * at)).astype(np.float32), HZ)


def rms_db(samples: Samples) -> float:
    return float(10 * np.log10(np.mean(np.square(samples))))


def test_a_wav_file_opens_elsewhere() -> None:
    """Python's own reader finds the same samples behind the words."""
    with wave.open(io.BytesIO(to_wav(tone(0.5), "车到了"))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (HZ, 1, 2)
        assert file.getnframes() == HZ // 2


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.binary())
def test_a_wav_file_carries_its_words(text: str, pcm: bytes) -> None:
    """Any text and any samples come back, of odd length too."""
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float32) / np.float32(32768)
    sound, words = from_wav(to_wav(Sound(samples, HZ), text))
    assert words == text
    assert np.allclose(sound.samples, samples, atol=2 / 32768)


@settings(max_examples=200)
@given(st.integers(0, 200), st.integers(0, 255))
def test_a_damaged_wav_file_is_refused_or_read(at: int, value: int) -> None:
    """A wrong byte never causes anything but NotWav."""
    content = bytearray(to_wav(tone(0.01), "车"))
    content[at % len(content)] = value
    with contextlib.suppress(NotWav):
        from_wav(bytes(content))


@pytest.mark.parametrize("length", [0, 11, 30, 200])
def test_a_wav_file_cut_short_is_refused(length: int) -> None:
    """A power cut while writing must not end as half a phrase."""
    with pytest.raises(NotWav):
        from_wav(to_wav(tone(0.1), "车")[:length])


@pytest.mark.parametrize("rate", [0.7, 0.9, 1.3, 1.6])
def test_pace_changes_and_pitch_stays(rate: float) -> None:
    """The length follows the rate within 1 %, the pitch within 2 %."""
    sound = stretched(tone(1.0), rate)
    assert sound.seconds == pytest.approx(1.0 / rate, rel=0.01)
    spectrum = np.abs(np.fft.rfft(sound.samples))
    pitch = int(np.argmax(spectrum)) / sound.seconds
    assert pitch == pytest.approx(220.0, rel=0.02)


@pytest.mark.parametrize("height", [0.01, 0.2, 0.9])
def test_all_speech_is_equally_loud(height: float) -> None:
    """Quiet and loud originals end at the same level, pauses not counted."""
    sound = tone(1.0, height=height)
    paused = Sound(np.concatenate((sound.samples, silence(0.7, HZ))), HZ)
    assert rms_db(levelled(paused).samples[:HZ]) == pytest.approx(SPEECH_DBFS, abs=0.5)


def test_loudness_is_that_of_the_standard() -> None:
    """A full-scale tone of 997 Hz is -3.01 LUFS; half of it 6 dB less; pauses do not count."""
    full = tone(3.0, 997.0, 1.0)
    assert loudness(full) == pytest.approx(-3.01, abs=0.1)
    assert loudness(tone(3.0, 997.0, 0.5)) == pytest.approx(-9.03, abs=0.1)
    paused = Sound(np.concatenate((full.samples, silence(3.0, HZ))), HZ)
    assert loudness(paused) == pytest.approx(-3.3, abs=0.4)
    assert loudness(Sound(silence(1.0, HZ), HZ)) == -np.inf
    assert loudness(equally_loud(full)) == pytest.approx(SPEECH_LUFS, abs=0.05)


def test_levelling_never_clips() -> None:
    """One sharp peak keeps the rest softer rather than being cut off."""
    samples = tone(1.0, height=0.01).samples.copy()
    samples[HZ // 2] = 0.9
    assert np.abs(levelled(Sound(samples, HZ)).samples).max() <= 0.981


@pytest.mark.parametrize("wanted", [16_000, 44_100])
def test_another_sample_rate_is_the_same_sound(wanted: int) -> None:
    """As long, as loud and at the same pitch."""
    samples = resampled(tone(1.0).samples, HZ, wanted)
    assert len(samples) == wanted
    assert int(np.argmax(np.abs(np.fft.rfft(samples)))) == 220
    assert rms_db(samples) == pytest.approx(rms_db(tone(1.0).samples), abs=0.05)


def test_silence_around_is_trimmed() -> None:
    """What is left is the sound, to within one frame of 5 ms at each end."""
    quiet = silence(0.3, HZ)
    around = Sound(np.concatenate((quiet, tone(0.5).samples, quiet)), HZ)
    assert trimmed(around).seconds == pytest.approx(0.5, abs=0.011)


def test_silence_stays_silence() -> None:
    """Nothing to trim, level or stretch is not an error."""
    nothing = Sound(silence(0.2, HZ), HZ)
    assert not stretched(levelled(trimmed(nothing)), 1.5).samples.any()


def test_a_volume_step_is_what_it_says() -> None:
    """Minus six decibels halve the amplitude."""
    assert np.abs(gained(tone(0.1), -6.02).samples).max() == pytest.approx(0.25, rel=0.01)
