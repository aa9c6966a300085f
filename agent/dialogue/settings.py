"""The tables [speech] and [key_lamps] of kiosk.toml."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from agent.settings import Table


class SpeechSettings(Table, frozen=True):
    """How the kiosk listens, where there is a microphone."""

    patience_s: Annotated[float, Meta(ge=0.3, le=5)] = 1.2
    """Seconds of silence after which an answer counts as complete."""
    speech_mode_patience_s: Annotated[float, Meta(ge=0.3, le=5)] = 2.0
    """The same once a resident speaks rather than presses keys."""
    longest_s: Annotated[float, Meta(ge=3, le=30)] = 8.0
    """Seconds after which listening ends, whoever still speaks (a television)."""
    invite_s: Annotated[float, Meta(ge=0, le=3600)] = 300.0
    """Seconds after which an idle kiosk says how it is used without sight; 0: never."""


class KeyLampSettings(Table, frozen=True):
    """Lamps in the keys, or beside them, that show which keys do something now; empty: none."""

    up: str = ""
    """Driver that is lit while there is something to choose between."""
    down: str = ""
    """The same, for the other arrow."""
    enter: str = ""
    """Driver that is lit while the screen has a choice."""
    back: str = ""
    """Driver that is lit while there is something to go back to."""
    help: str = ""
    """Driver that is always lit, and blinks while somebody on the floor is asked."""
