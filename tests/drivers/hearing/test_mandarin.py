"""The kiosk's own model and people who speak Mandarin; skipped where the model is not there."""

from __future__ import annotations

import pytest

from agent.contract.signals import Heard, Listening
from drivers.hearing import FRAME_BYTES, HZ
from drivers.hearing.ear import Ear
from drivers.hearing.grammar import GrammarRecogniser
from drivers.hearing.recogniser import Recogniser
from tests.agent.dialogue.test_grammar import on_screen
from tests.drivers.hearing.sounds import BEFORE_S, Clip, Noises, pcm, scene
from tests.kiosk_ui.samples import SCREENS

GRAMMARS = [tuple(on_screen(screen)) for screen in SCREENS]
"""What may be said on each screen."""


def heard(recogniser: Recogniser, clip: Clip, phrases: tuple[str, ...], noises: Noises) -> str:
    """What the kiosk understands of *clip* among *phrases*."""
    signals: list[Heard | Listening] = []
    ear = Ear(recogniser, signals.append)
    sound = pcm(scene(clip.samples, noises).samples)
    for start in range(0, len(sound) - FRAME_BYTES + 1, FRAME_BYTES):
        if start == round(BEFORE_S * HZ) * 2 - FRAME_BYTES * 10:
            ear.ask(phrases, 1.2, 12.0)
        ear.take(sound[start : start + FRAME_BYTES])
    return next((signal.text for signal in signals if isinstance(signal, Heard)), "")


def test_isolated_words(mandarin: GrammarRecogniser, people: list[Clip], noises: Noises) -> None:
    """Among what the screens that use it expect, nine of ten words are understood, and no
    more than one in twenty is taken for another one."""
    asked = right = wrong = 0
    for clip in (clip for clip in people if clip.kind == "word"):
        for phrases in {p for p in GRAMMARS if clip.text in p}:
            text = heard(mandarin, clip, phrases, noises)
            asked, right = asked + 1, right + (text == clip.text)
            wrong += text not in ("", clip.text)
            if text != clip.text:
                print(f"{clip.text}: {text or 'not understood'}")
    print(f"words: {right} of {asked} understood, {wrong} taken for another")
    assert right >= 0.9 * asked and wrong <= 0.05 * asked


def test_sentences(mandarin: GrammarRecogniser, people: list[Clip], noises: Noises) -> None:
    """Among each other, eight of ten sentences by thirty people are understood."""
    sentences = [clip for clip in people if clip.kind == "sentence"]
    phrases = tuple(clip.text for clip in sentences)
    said = [heard(mandarin, clip, phrases, noises) for clip in sentences]
    right = sum(text == clip.text for text, clip in zip(said, sentences, strict=True))
    print(f"sentences: {right} of {len(sentences)} understood")
    assert right >= 0.8 * len(sentences)


def test_other_people_order_nothing(
    mandarin: GrammarRecogniser, people: list[Clip], noises: Noises
) -> None:
    """What the thirty people say is neither yes nor help for a kiosk that asks."""
    confirm = next(p for p in GRAMMARS if "对叫车" in p)
    said = [heard(mandarin, c, confirm, noises) for c in people if c.kind == "sentence"]
    print("taken for an answer:", [text for text in said if text])
    assert sum(map(bool, said)) <= 0.05 * len(said)


def test_the_words_of_all_screens_are_known(
    mandarin: GrammarRecogniser, caplog: pytest.LogCaptureFixture
) -> None:
    """Nearly every phrase can be made of the model's words; the log names the others."""
    phrases = {phrase for grammar in GRAMMARS for phrase in grammar}
    unknown = [phrase for phrase in phrases if not mandarin.vocabulary.split(phrase)]
    print(f"{len(unknown)} of {len(phrases)} phrases cannot be understood:", *unknown)
    assert len(unknown) <= 0.05 * len(phrases)
