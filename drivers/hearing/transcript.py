"""The Whisper engine: free text, and the phrase of the list that sounds most like it.

Whisper (Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022)
writes something for every sound, and with a list of phrases in its prompt it writes phrases of
the list for music and noise. So two transcripts are made of each utterance, one with the phrases
in the prompt and one without, and both must be near the same phrase.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from drivers.hearing import HZ
from drivers.hearing.nearest import Phrasebook, syllables
from drivers.hearing.recogniser import EngineMissing, ModelFailed

_WINDOW_S = 8
"""Seconds that the encoder is given, instead of the 30 that it was trained with: a sixth of the
time, and better on single words."""
_PROMPT_TOKENS = 150
"""Of phrases; the model's own limit is 224."""
_ANSWER_TOKENS = 16
_HYPOTHESES = 5
_RANK = 1.0
"""Distance that a hypothesis loses for each unit of score below the best one."""
_OTHER_WRITING = 0.06
"""Distance between phrases that sound alike and are written otherwise."""
_SINGLE = 0.12
"""Distance of a phrase of one syllable from everything: noise soon sounds like one."""
_SINGLE_SCORE, _FOR_NOISE_SCORE = -1.9, -1.2
"""Below this score of the plain transcript no such phrase is believed …"""
_FOR_NOISE = frozenset("好对嗯我你")
"""… and these, which Whisper writes for noise, below a higher one."""
_PLAIN_WEIGHT, _SCORE_WEIGHT = 0.7, 0.3
_ALIKE, _APART = 0.7, 0.1
"""Both transcripts together are at most so far from the phrase, and so much nearer than to any
other …"""
_PLAINLY_ALIKE = 0.5
"""… or the plain one alone is so near."""
_NO_SPEECH = 0.7
"""Whisper's own chance that nobody spoke; above, only the phrase itself, as written, counts."""
_SYLLABLE_S, _BREATH_S = (0.05, 0.6), 0.8
"""Seconds of voice that a syllable takes at least and at most, and so much more for the whole."""


class Hypothesis(NamedTuple):
    """One way to write an utterance."""

    text: str
    score: float
    """Mean logarithm of its tokens' probabilities."""


class Transcripts(NamedTuple):
    """What was written of one utterance, the best first."""

    plain: list[Hypothesis]
    listed: list[Hypothesis]
    """With the phrases in the prompt."""
    no_speech: float
    """Chance that nobody spoke."""


class TranscriptRecogniser:
    """A loaded model in CTranslate2's format. Used on one thread only."""

    def __init__(self, folder: Path) -> None:
        """Load the model in *folder*; this takes seconds.

        Raises:
            ModelFailed: it is not whole.
            EngineMissing: faster-whisper is not installed.
        """
        try:
            from faster_whisper import WhisperModel
            from faster_whisper.tokenizer import Tokenizer

            self._model: Any = WhisperModel(
                str(folder), device="cpu", compute_type="int8", cpu_threads=2, local_files_only=True
            )
            self._tokenizer: Any = Tokenizer(
                self._model.hf_tokenizer, True, task="transcribe", language="zh"
            )
        except ImportError as error:
            raise EngineMissing(f"{error}; install it: pip install 'linli[whisper]'") from error
        except Exception as error:  # the library raises nothing more special
            raise ModelFailed(str(error)) from error

    def doubts(self, phrases: Iterable[str]) -> Iterator[str]:
        phrases = list(dict.fromkeys(phrases))
        book = Phrasebook(phrases)
        known = set(book)
        for phrase in phrases:
            if phrase not in known:
                yield f"{phrase}: no Chinese in it"
        for one, other, apart in book.confusable():
            yield f"{one} and {other} sound alike ({apart:.2f}); give one of them another word"

    def listen(self, phrases: Iterable[str]) -> TranscriptHearing | None:
        """Prepare to hear one of *phrases*; None when none of them is Chinese."""
        book = Phrasebook(phrases)
        return TranscriptHearing(self, book) if book else None

    def transcripts(self, sound: bytes, phrases: Iterable[str]) -> Transcripts:
        """What is understood of *sound*, 16 kHz 16-bit mono, of which the last seconds count."""
        samples = np.zeros(_WINDOW_S * HZ, np.float32)
        last = np.frombuffer(sound, "<i2")[-len(samples) :]
        samples[: len(last)] = last.astype(np.float32) / 32768
        features = self._model.feature_extractor(samples, chunk_length=_WINDOW_S)
        encoded = self._model.encode(features[:, : _WINDOW_S * 100])
        start = [*self._tokenizer.sot_sequence, self._tokenizer.no_timestamps]
        listed = self._tokenizer.encode(" " + "，".join(phrases))[:_PROMPT_TOKENS]
        plain, no_speech = self._written(encoded, start)
        with_list, _ = self._written(encoded, [self._tokenizer.sot_prev, *listed, *start])
        return Transcripts(plain, with_list, no_speech)

    def _written(self, encoded: Any, prompt: list[int]) -> tuple[list[Hypothesis], float]:
        (result,) = self._model.model.generate(
            encoded,
            [prompt],
            beam_size=_HYPOTHESES,
            num_hypotheses=_HYPOTHESES,
            max_length=len(prompt) + _ANSWER_TOKENS,
            return_scores=True,
            return_no_speech_prob=True,
        )
        pairs = zip(result.sequences_ids, result.scores, strict=True)
        written = [Hypothesis(self._tokenizer.decode(ids), score) for ids, score in pairs]
        return written, result.no_speech_prob


class TranscriptHearing:
    """One utterance being recognised: it is kept until its end."""

    def __init__(self, recogniser: TranscriptRecogniser, book: Phrasebook) -> None:
        self._recogniser = recogniser
        self._book = book
        self._sound = bytearray()

    def take(self, frame: bytes) -> None:
        """Take in the next frame of the utterance."""
        self._sound += frame

    def result(self, voiced_s: float) -> str:
        """The phrase that was said, of *voiced_s* seconds of voice; ``""`` for anything else."""
        sound, self._sound = bytes(self._sound), bytearray()
        return chosen(self._recogniser.transcripts(sound, self._book), self._book, voiced_s)


def chosen(heard: Transcripts, book: Phrasebook, voiced_s: float) -> str:
    """The phrase that was meant; ``""`` in doubt.

    Both transcripts must be near it, or the plain one alone very near: what only the transcript
    with the list has may be invented.
    """
    plain, listed = _distances(heard.plain, book), _distances(heard.listed, book)
    both = {phrase: listed[phrase] + _PLAIN_WEIGHT * plain[phrase] for phrase in book}
    surely = -_SCORE_WEIGHT * (heard.plain[0].score + heard.listed[0].score)
    phrase = _first(both, _ALIKE - surely) or _first(plain, _PLAINLY_ALIKE)
    if heard.no_speech > _NO_SPEECH and phrase != heard.plain[0].text.strip():
        return ""
    sure = _FOR_NOISE_SCORE if phrase in _FOR_NOISE else _SINGLE_SCORE
    if len(phrase) == 1 and heard.plain[0].score < sure:
        return ""
    return phrase if phrase and _plausible(len(syllables(phrase)), voiced_s) else ""


def offered(heard: Transcripts, book: Phrasebook, count: int = 3) -> list[str]:
    """The phrases that were most likely meant, the likeliest first."""
    plain, listed = _distances(heard.plain, book), _distances(heard.listed, book)
    return sorted(book, key=lambda one: listed[one] + _PLAIN_WEIGHT * plain[one])[:count]


def _first(distances: dict[str, float], at_most: float) -> str:
    """The nearest phrase, when it is near enough and no other is as near."""
    (near, phrase), *others = sorted((distance, one) for one, distance in distances.items())
    alone = not others or others[0][0] - near >= _APART
    return phrase if near <= at_most and alone else ""


def _distances(hypotheses: list[Hypothesis], book: Phrasebook) -> dict[str, float]:
    """How far each phrase is from the nearest hypothesis; the less likely ones are farther."""
    found = dict.fromkeys(book, 1.6)
    best = hypotheses[0].score
    for text, score in hypotheses:
        for phrase, distance in book.nearest(text, len(found)):
            distance += _RANK * (best - score) + (0.0 if phrase in text else _OTHER_WRITING)
            distance += _SINGLE if len(phrase) == 1 else 0.0
            found[phrase] = min(found[phrase], distance)
    return found


def _plausible(count: int, voiced_s: float) -> bool:
    shortest, longest = _SYLLABLE_S
    return shortest * count <= voiced_s <= longest * count + _BREATH_S
