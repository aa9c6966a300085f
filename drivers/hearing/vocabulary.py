"""Phrases as the words of a model, and words back as a phrase. No recogniser is needed here."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import takewhile

_log = logging.getLogger(__name__)

UNKNOWN = "[unk]"
"""Stands for any other word, in the models that have it."""
FILLERS = ("嗯", "呃", "哦", "那个")
"""What people say before they say something."""
PARTICLES = ("啊", "呀", "吧", "呢", "了")
"""What they end it with."""
_SHORT = 2
"""Before so few syllables a filler may be a misheard 不: such an answer is asked again."""
_SYLLABLE_S = 0.05, 0.6
"""Seconds of voice that a syllable takes at least and at most."""
_BREATH_S = 0.8
"""And so much more for the whole: a breath, a cough, a drawn-out end."""

_TOKEN = re.compile(r"[A-Za-z]+|[^A-Za-z\s]+")


class Vocabulary:
    """The words that a model knows."""

    def __init__(self, knows: Callable[[str], bool]) -> None:
        self._knows = lru_cache(maxsize=None)(knows)
        self._split: dict[str, tuple[str, ...]] = {}

    def knows(self, word: str) -> bool:
        """Whether the model has this word."""
        return self._knows(word)

    def split(self, phrase: str) -> tuple[str, ...]:
        """The phrase as known words, the longest first; empty where that is impossible.

        An impossible phrase is reported once, as an error.
        """
        if phrase not in self._split:
            words: list[str] = []
            for token in _TOKEN.findall(phrase):
                pieces = self._pieces(token)
                if not pieces:
                    _log.error("phrase not in the vocabulary phrase=%s part=%s", phrase, token)
                    words = []
                    break
                words += pieces
            self._split[phrase] = tuple(words)
        return self._split[phrase]

    def _pieces(self, token: str) -> list[str]:
        if token.isascii() and token.isalpha():
            # Half a Latin word is no word: it would be heard as something else.
            return next(([form] for form in (token, token.casefold()) if self.knows(form)), [])
        # For each beginning of the token: how it is best split, the longest first word winning
        # unless it leaves a rest that cannot be split.
        rest: dict[int, list[str]] = {len(token): []}
        for start in reversed(range(len(token))):
            for end in range(len(token), start, -1):
                if end in rest and self.knows(token[start:end]):
                    rest[start] = [token[start:end], *rest[end]]
                    break
        return rest.get(0, [])


class Expected:
    """What may be said now, as phrases and as words."""

    def __init__(self, phrases: Iterable[str], vocabulary: Vocabulary) -> None:
        self._phrases: dict[str, str] = {}
        self.grammar: list[str] = []
        """Each phrase as words with blanks between them; empty when none can be understood."""
        for phrase in dict.fromkeys(phrases):
            if words := vocabulary.split(phrase):
                self._phrases.setdefault("".join(words), phrase)
                self.grammar.append(" ".join(words))
        if self.grammar:
            also = (*FILLERS, *PARTICLES, UNKNOWN)
            self.grammar += [word for word in also if vocabulary.knows(word)]

    def phrase(self, words: Sequence[str], voiced_s: float) -> str:
        """The phrase that these words are, said within *voiced_s* seconds; or ``""``.

        A grammar bends every sound into its words, in any order: what is not exactly a phrase,
        or is far too long or short for it, was something else.
        """
        said = "".join(words)
        if not _plausible(len(said), voiced_s):
            return ""
        if phrase := self._phrase(said):
            return phrase
        fillers = list(takewhile(FILLERS.__contains__, words))
        rest = words[len(fillers) :]
        without = "".join(word for word in rest if word not in PARTICLES)
        if fillers and len(without) <= _SHORT:
            return ""
        return self._phrase("".join(rest)) or self._phrase(without)

    def _phrase(self, said: str) -> str:
        """Of the words said once, or several times over as one calls for help."""
        for length in range(1, len(said) + 1):
            if len(said) % length == 0 and said == said[:length] * (len(said) // length):
                found = self._phrases.get(said[:length]) or self._phrases.get(said)
                if found:
                    return found
        return ""


def _plausible(syllables: int, voiced_s: float) -> bool:
    shortest, longest = _SYLLABLE_S
    return shortest * syllables <= voiced_s <= longest * syllables + _BREATH_S
