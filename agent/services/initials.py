"""Finding something by the initials of its name, with six large keys.

A name is found in every reading of its characters: 长宁 under C and under Z, 单 under D, S and C.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

KEYS = ("abcd", "efgh", "ijkl", "mnop", "qrst", "uvwxyz")
"""The letters behind the six keys."""

_KEY_OF = {letter: str(n) for n, letters in enumerate(KEYS) for letter in letters}

_WAYS = 64
"""Ways to press one name at the most: beyond, later characters have their first reading only."""


def fits(names: Iterable[str], typed: str) -> bool:
    """Whether the initials of one of *names* begin with these keys.

    Args:
        names: all that it is called.
        typed: indices into `KEYS`, one digit each.
    """
    return any(keys.startswith(typed) for name in names for keys in keys_of(name))


def written(typed: str) -> str:
    """The letters of the keys so far, as they stand on the screen: ``ABCD MNOP``."""
    return " ".join(KEYS[int(key)].upper() for key in typed)


@lru_cache(maxsize=512)
def keys_of(name: str) -> tuple[str, ...]:
    """The keys that are pressed for *name*, in every reading of its characters."""
    from pypinyin import Style, pinyin  # slow to import: only who searches pays for it

    found = [""]
    for char in name:
        # Character by character: a phrase that the library knows has one reading only.
        ((*options,),) = pinyin(char, style=Style.FIRST_LETTER, heteronym=True)
        letters = "".join(option[:1] for option in options).lower()
        ways = sorted({_KEY_OF[letter] for letter in letters if letter in _KEY_OF})
        if len(found) * len(ways) > _WAYS:
            ways = ways[:1]
        if ways:
            found = [start + key for start in found for key in ways]
    return tuple(found)
