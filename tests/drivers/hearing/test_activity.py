"""Telling a voice from noise."""

from __future__ import annotations

import pytest

from drivers.hearing import FRAME_BYTES, FRAME_S
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


def test_people_are_voices(people: list[Clip]) -> None:
    """Most of every word is, at any loudness from far away to very near."""
    for rms in (150, 5000):
        for clip in people[::6]:
            heard = [sound.voice for _, sound in judged(level(clip.samples, rms))]
            after_floor = heard[3:]  # a clip begins with its speech: the noise is not known yet
            assert sum(after_floor) * FRAME_S > 0.1, clip.text
