"""Cuts a text into sentences, in Chinese and English punctuation, without losing a character."""

from __future__ import annotations

import re
from itertools import pairwise

_END = re.compile(
    r"""
    (?: [。！？!?]+ | \.+ )     # the stop itself
    [”’』」）】》)\]"']*          # quotation marks and brackets that close with it
    [^\S\n]*                    # blanks up to the next sentence
    | \s*\n\s*                  # or the end of a line, whatever stands there
    """,
    re.VERBOSE,
)
_GOES_ON = re.compile(r"[a-z，、；：,;:）)…]")
"""What follows a stop that ends no sentence: “Stop!” he said."""
_ABBREVIATED = frozenset({"mr", "mrs", "ms", "dr", "prof", "st", "no", "vs", "etc"})
_LAST_WORD = re.compile(r"[A-Za-z]+$")
_NUMBER = re.compile(r"(^|\n)\s*[0-9]+$")
"""1. The number of a line."""


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of *text*, in order; joined they are *text* again.

    Each has a letter or a digit in it, unless *text* has none.
    """
    cuts = [0, *(match.end() for match in _END.finditer(text) if _ends(text, match)), len(text)]
    found: list[str] = []
    for start, end in pairwise(cuts):
        piece = text[start:end]
        if found and not (_speakable(piece) and _speakable(found[-1])):
            found[-1] += piece  # a lone “……” is nobody's sentence
        elif piece:
            found.append(piece)
    return tuple(found)


def _ends(text: str, stop: re.Match[str]) -> bool:
    """Whether a sentence ends here: not at 3.5, Mr. Wang, or “Stop!” he said."""
    mark, rest = stop[0], text[stop.end() :]
    if "\n" in mark:
        return True
    if _GOES_ON.match(rest):
        return False
    if not mark.startswith("."):
        return True
    before = text[: stop.start()]
    if (rest and not mark[-1].isspace()) or _NUMBER.search(before):
        return False
    word = _LAST_WORD.search(before)
    return word is None or not (len(word[0]) == 1 or word[0].casefold() in _ABBREVIATED)


def _speakable(text: str) -> bool:
    return any(character.isalnum() for character in text)


def spoken_parts(*paragraphs: str) -> tuple[str, ...]:
    """All sentences of some paragraphs, without blanks around them."""
    return tuple(part.strip() for text in paragraphs for part in sentences(text))


def plain(markdown: str) -> tuple[str, ...]:
    """The sentences of a Markdown text: headings and list items are paragraphs of their own."""
    paragraphs: list[str] = []
    open_ = False
    for line in markdown.splitlines():
        bare = line.strip()
        marked = re.match(r"(#{1,6}|[-*+]|\d+\.)\s+", bare)
        text = re.sub(r"[*_`]", "", bare[marked.end() :] if marked else bare)
        if not text:
            open_ = False
        elif open_ and not marked:
            paragraphs[-1] += text
        else:
            paragraphs.append(text)
            open_ = not (marked and marked[1].startswith("#"))
    return spoken_parts(*paragraphs)
