"""How the kiosk hears: capture, voice activity, the bounds of an utterance, recognition.

Sound is kept in memory for at most one utterance. None of this writes or sends it.
"""

from __future__ import annotations

from typing import NamedTuple

HZ = 16_000
"""Samples per second: what the recogniser's models are made for."""
FRAME_S = 0.02
"""Seconds of sound that are judged at once."""
FRAME_BYTES = int(HZ * FRAME_S) * 2
"""The same as 16-bit mono samples."""


class Sound(NamedTuple):
    """What one frame of sound is like."""

    voice: bool
    """It stands out from the steady noise as a voice does."""
    level_db: float
    """Of its loudest band, per spectral line, relative to one step of the converter."""
