"""Where utterances begin and end: real people in many surroundings."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.hearing import FRAME_S, HZ, Sound
from drivers.hearing.window import Stage, Surroundings, Window
from tests.drivers.hearing.sounds import (
    BEFORE_S,
    Clip,
    Noises,
    find,
    level,
    scene,
    silence,
)

LATE_S = 1.0
"""Seconds beyond the patience after which an end counts as noticed late."""


@pytest.mark.parametrize(
    ("kind", "snr_db", "missed", "late"),
    [("", 0, 0, 0), ("traffic", 5, 1, 0), ("white", 10, 0, 0), ("babble", 15, 0, 1),
     ("music", 15, 0, 2), ("television", 15, 0, 2)],
)  # fmt: skip
def test_an_utterance_is_found(
    people: list[Clip], noises: Noises, kind: str, snr_db: float, missed: int, late: int
) -> None:
    """Of 15 people, at most so many are missed or ended late; none is cut off."""
    misses = lates = 0
    for clip in people[::6]:
        heard = scene(clip.samples, noises, kind, snr_db)
        found = find(heard.samples, longest_s=12)
        misses += found.stage is not Stage.ENDED and not found.began_s
        lates += found.ended_s > heard.ends_s + 1.2 + LATE_S
        assert not found.began_s or found.ended_s > heard.ends_s - 0.1, clip.text
    assert (misses, lates) <= (missed, late)
    assert misses <= missed and lates <= late


@pytest.mark.parametrize(
    ("pause_s", "kind", "cut"), [(0.6, "traffic", 0), (1.0, "", 0), (1.0, "traffic", 1)]
)
def test_slow_speakers_are_not_cut_off(
    people: list[Clip], noises: Noises, pause_s: float, kind: str, cut: int
) -> None:
    """Of 13 pairs of words with a pause between them, at most so many are taken apart."""
    words = [clip.samples for clip in people if clip.kind == "word"][::4]
    cuts = 0
    for first, second in pairwise(words):
        said = np.concatenate([first, silence(pause_s), second])
        heard = scene(said, noises, kind, 15)
        found = find(heard.samples)
        assert found.stage is Stage.ENDED
        assert found.ended_s < heard.ends_s + 1.2 + LATE_S
        cuts += found.ended_s < heard.ends_s
    assert cuts <= cut


def test_short_patience_is_quick(people: list[Clip], noises: Noises) -> None:
    """With a patience of 0.4 s a word has ended half a second after its end."""
    for clip in [clip for clip in people if clip.kind == "word"][::5]:
        heard = scene(clip.samples, noises)
        assert find(heard.samples, 0.4).ended_s < heard.ends_s + 0.55


@pytest.mark.parametrize("kind", ["television", "music", "babble"])
def test_a_television_does_not_keep_it_listening(noises: Noises, kind: str) -> None:
    """Switched on in the middle, it is listened to no longer than the maximum and a sentence."""
    samples = np.concatenate([silence(BEFORE_S), noises.make(kind, 20)])
    found = find(samples, longest_s=6)
    assert found.stage in (Stage.ENDED, Stage.NOTHING)
    assert found.ended_s <= BEFORE_S + 6 + 4


def test_what_was_there_before_is_no_answer(noises: Noises) -> None:
    """Voices that talk on at the same level as before the question are not taken for one."""
    found = find(level(noises.make("babble", 14), 300), longest_s=3)
    assert found.stage is Stage.NOTHING


def test_who_chatted_before_is_heard(people: list[Clip], noises: Noises) -> None:
    """Somebody who spoke to a neighbour just before need not speak up."""
    for clip in people[::9]:
        chat = noises.make("television", BEFORE_S - 0.5)
        room = noises.make("rain", 14) * 0.01
        heard = np.concatenate([chat, silence(0.5), clip.samples, silence(3)])
        found = find(heard + np.resize(room, len(heard)), longest_s=12)
        assert found.stage is Stage.ENDED
        assert found.began_s < BEFORE_S + 1, clip.text
        assert found.ended_s > BEFORE_S + len(clip.samples) / HZ


def test_nobody_speaks(noises: Noises) -> None:
    """It ends at the maximum."""
    found = find(level(noises.make("rain", 10), 15), longest_s=3)
    assert found.stage is Stage.NOTHING
    assert found.ended_s == pytest.approx(BEFORE_S + 3, abs=0.05)


def test_a_click_is_no_beginning() -> None:
    """80 ms of a voice are not enough, 100 ms are."""
    for frames, stage in ((4, Stage.WAITING), (5, Stage.SPEAKING)):
        window = Window(Surroundings(), 1.2, 8)
        for _ in range(frames):
            window.step(Sound(True, 60.0))
        assert window.stage is stage


def test_who_begins_late_may_finish() -> None:
    """An utterance that begins just before the end has four seconds."""
    window, quiet, voice = Window(Surroundings(), 1.2, 2), Sound(False, 10.0), Sound(True, 60.0)
    for _ in range(90):
        window.step(quiet)
    for _ in range(150):
        assert window.step(voice) is not Stage.ENDED
    for _ in range(100):
        window.step(quiet)
    assert window.stage is Stage.ENDED
    assert window.voiced_s == pytest.approx(3.0, abs=0.1)


def test_a_cough_can_be_passed_over() -> None:
    """After what was nothing the window goes on to its maximum."""
    window, quiet, voice = Window(Surroundings(), 0.4, 3), Sound(False, 10.0), Sound(True, 60.0)
    for sound in [voice] * 5 + [quiet] * 30:
        window.step(sound)
    assert window.stage is Stage.ENDED
    assert window.resume() is Stage.WAITING
    for sound in [voice] * 10 + [quiet] * 30:
        window.step(sound)
    assert window.stage is Stage.ENDED


sounds = st.builds(Sound, st.booleans(), st.floats(-20, 90))


@given(
    st.lists(sounds, max_size=300), st.lists(sounds, min_size=1), st.floats(0.2, 5),
    st.floats(1, 10),
)  # fmt: skip
def test_listening_always_ends(
    before: list[Sound], heard: list[Sound], patience_s: float, longest_s: float
) -> None:
    """Whatever is heard, after the maximum and four seconds it is over, and stays so."""
    around = Surroundings()
    for sound in before:
        around.note(sound)
    window = Window(around, patience_s, longest_s)
    stages = [window.step(heard[i % len(heard)]) for i in range(round((longest_s + 4.1) / FRAME_S))]
    assert stages[-1] in (Stage.ENDED, Stage.NOTHING)
    over = next(i for i, stage in enumerate(stages) if stage is stages[-1])
    assert set(stages[over:]) == {stages[-1]}
