"""The recogniser's port: sound in, one of the expected phrases out. Two engines stand behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol


class ModelFailed(Exception):
    """The folder holds no model that its engine can read."""


class EngineMissing(Exception):
    """What reads the model is not installed; the text says how to install it."""


class Hearing(Protocol):
    """One utterance being recognised."""

    def take(self, frame: bytes) -> None:
        """Take in the next frame of the utterance."""

    def result(self, voiced_s: float) -> str:
        """The phrase that was said, of *voiced_s* seconds of voice; ``""`` for anything else.
        What follows is a new utterance."""


class Recogniser(Protocol):
    """A loaded model. Used on one thread only."""

    def doubts(self, phrases: Iterable[str]) -> Iterator[str]:
        """Why which of *phrases* cannot be understood, or be told from another one."""

    def listen(self, phrases: Iterable[str]) -> Hearing | None:
        """Prepare to hear one of *phrases*; None when none of them can be understood."""
