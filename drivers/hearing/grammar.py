"""The vosk engine: a grammar of what may be said now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import vosk

from drivers.hearing import HZ
from drivers.hearing.recogniser import ModelFailed
from drivers.hearing.vocabulary import Expected, Vocabulary

_PIECE_BYTES = HZ // 10 * 2
"""The recogniser is given 0.1 s at a time: shorter pieces cost more."""


class GrammarRecogniser:
    """A loaded model of vosk. Used on one thread only."""

    def __init__(self, folder: Path) -> None:
        """Load the model in *folder*; this takes seconds.

        Raises:
            ModelFailed: it is not whole.
        """
        vosk.SetLogLevel(-1)
        try:
            # Always by its path: a language or name would be looked up on the network.
            self._model = vosk.Model(str(folder))
        except Exception as error:  # vosk raises nothing more special
            raise ModelFailed(str(error)) from error
        self.vocabulary = Vocabulary(lambda word: self._model.vosk_model_find_word(word) >= 0)

    def doubts(self, phrases: Iterable[str]) -> Iterator[str]:
        for phrase in phrases:
            if not self.vocabulary.split(phrase):
                yield f"{phrase}: the model has not all its words"

    def listen(self, phrases: Iterable[str]) -> GrammarHearing | None:
        """Prepare to hear one of *phrases*; None when the model has the words of none."""
        expected = Expected(phrases, self.vocabulary)
        # Without a word in its grammar the native recogniser crashes.
        return GrammarHearing(self._model, expected) if expected.grammar else None


class GrammarHearing:
    """One utterance being recognised."""

    def __init__(self, model: vosk.Model, expected: Expected) -> None:
        self._expected = expected
        # Escaped characters would be no words of the model, and ignored without an error.
        grammar = json.dumps(expected.grammar, ensure_ascii=False)
        self._recogniser = vosk.KaldiRecognizer(model, HZ, grammar)
        self._words: list[str] = []
        self._waiting = bytearray()

    def take(self, frame: bytes) -> None:
        """Take in the next frame of the utterance."""
        self._waiting += frame
        if len(self._waiting) >= _PIECE_BYTES:
            self._hand_over()

    def result(self, voiced_s: float) -> str:
        """The phrase that was said, of *voiced_s* seconds of voice; ``""`` for anything else."""
        self._hand_over()
        self._note(self._recogniser.FinalResult())
        words, self._words = self._words, []
        return self._expected.phrase(words, voiced_s)

    def _hand_over(self) -> None:
        # At a pause vosk ends its own utterance; ours may go on.
        if self._recogniser.AcceptWaveform(bytes(self._waiting)):
            self._note(self._recogniser.Result())
        self._waiting.clear()

    def _note(self, result: str) -> None:
        self._words += json.loads(result)["text"].split()
