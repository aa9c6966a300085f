"""Voices: text in, sound out. A better engine is one more class with these two methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from drivers.voice.sound import Sound


class Unspeakable(Exception):
    """This voice cannot say this text; the next voice may."""


class Voice(Protocol):
    """One way to turn text into sound. Constructed and used on one thread only."""

    name: str
    """Names the voice and its version: a rendered phrase is kept under it."""

    by_heart: bool
    """It has whole phrases only, and has them at once."""

    def speaks(self, language: str) -> bool:
        """Whether it has this language (BCP 47 tag: ``zh-CN``, ``en``)."""

    def render(self, text: str, language: str) -> Sound:
        """Say *text*; the whole of it, at the pace the voice was made with.

        Raises:
            Unspeakable: not with this voice.
        """
