"""Chinese text cut into words: the most probable cut, each word by its own frequency.

``words.txt.gz`` holds the words of jieba 0.42.1's dictionary (MIT; its frequencies are counts in
60 million words) that occur forty times or more, most frequent first. Words of pypinyin's
dictionary and of ours are added: they decide how characters are read.
"""

from __future__ import annotations

import functools
import gzip
import importlib.resources
import math

from pypinyin.phrases_dict import phrases_dict

from drivers.voice.lexicon import WORDS

_COUNTED = 60_000_000
_OURS, _UNCOUNTED = 500_000, 4
"""Frequencies of our own words, which always win, and of words that nobody counted."""
_LONGEST = 8
_UNKNOWN = math.log(0.5 / _COUNTED)


@functools.cache
def _vocabulary() -> dict[str, float]:
    """Word → logarithm of its probability."""
    known = {word: _UNCOUNTED for word in phrases_dict if len(word) <= _LONGEST}
    listed = importlib.resources.files("drivers.voice").joinpath("words.txt.gz").read_bytes()
    for line in gzip.decompress(listed).decode().splitlines():
        word, _, count = line.partition(" ")
        known[word] = int(count)
    known |= dict.fromkeys(WORDS, _OURS)
    return {word: math.log(count / _COUNTED) for word, count in known.items()}


def cut(text: str) -> list[str]:
    """The words of unbroken Chinese characters; joined they are *text* again."""
    vocabulary = _vocabulary()
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(text) + 1):
        found = [(best[end - 1][0] + vocabulary.get(text[end - 1], _UNKNOWN), end - 1)]
        for start in range(max(0, end - _LONGEST), end - 1):
            if (chance := vocabulary.get(text[start:end])) is not None:
                found.append((best[start][0] + chance, start))
        best.append(max(found))
    words, end = [], len(text)
    while end:
        start = best[end][1]
        words.append(text[start:end])
        end = start
    return words[::-1]
