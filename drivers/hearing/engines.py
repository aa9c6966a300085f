"""Which engine hears with which model."""

from __future__ import annotations

from pathlib import Path

from drivers.hearing.recogniser import Recogniser


def load(folder: Path) -> Recogniser:
    """The engine for the model in *folder*, loaded; this takes seconds.

    Raises:
        ModelFailed: it is not whole.
        EngineMissing: what reads it is not installed.
    """
    if (folder / "model.bin").is_file():
        from drivers.hearing.transcript import TranscriptRecogniser

        return TranscriptRecogniser(folder)
    from drivers.hearing.grammar import GrammarRecogniser

    return GrammarRecogniser(folder)
