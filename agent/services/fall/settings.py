"""The table [fall] of kiosk.toml."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from agent.settings import Table


class FallSettings(Table, frozen=True):
    """What happens when somebody seems to have fallen."""

    answer_s: Annotated[float, Meta(ge=10, le=120)] = 30.0
    """Seconds to answer the question before the alarm goes out."""
    repeat_s: Annotated[float, Meta(ge=15, le=600)] = 60.0
    """Seconds between repetitions of the alarm until a person accepts it."""
    lamp: str = ""
    """Driver that blinks during an alarm; empty: none."""
    buzzer: str = ""
    """Driver that sounds when the question is asked; empty: none."""
