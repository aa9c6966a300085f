"""Telling a voice from noise."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.hearing import FRAME_BYTES, FRAME_S, HZ
from drivers.hearing.activity import Activity
from tests.drivers.hearing.sounds import SPEECH, Clip, Noises, judged, level, silence


@pytest.mark.parametrize("kind", ["white", "rain", "traffic"])
@pytest.mark.parametrize("rms", [2, 15, SPEECH, 8000])
def test_steady_noise_is_no_voice(kind: str, rms: float, noises: Noises) -> None:
    """However loud it is: at most one frame in a hundred is taken for a voice."""
    voices = [sound.voice for _, sound in judged(level(noises.make(kind, 20), rms))]
    assert sum(voices) < len(voices) / 100


def test_no_sound_at_all_is_no_voice() -> None:
    """A microphone that is switched off gives zeros."""
    assert not any(sound.voice for _, sound in judged(silence(2)))


def test_a_single_step_of_the_converter_is_no_voice() -> None:
    """Below the noise of every real microphone nothing is taken for speech."""
    activity = Activity()
    for _ in range(50):
        activity.judge(bytes(FRAME_BYTES))
    assert not activity.judge(b"\1\0" * (FRAME_BYTES // 2)).voice


def test_people_are_voices(people: list[Clip], noises: Noises) -> None:
    """Most of every word is, at any loudness from far away to very near."""
    for rms in (150, 5000):
        for clip in people[::6]:
            said = np.concatenate([silence(1), level(clip.samples, rms)])
            room = level(noises.make("rain", len(said) / HZ), 15)
            voices = [sound.voice for _, sound in judged(said + room[: len(said)])]
            assert sum(voices) > 0.4 * clip.seconds / FRAME_S, clip.text
