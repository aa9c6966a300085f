"""One fall: who is down, who told of it, and what upstream learns."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from agent.contract.signals import PersonDown

Phase = Literal["idle", "asking", "calling", "notified", "helper", "cleared"]
Person = tuple[str, int]
"""The device that saw them and their number there."""

WHY = {
    "drop": "fell and stays down",
    "floor": "has been on the floor for long",
    "bed": "fell onto a bed, sofa or bench",
    "radar": "the radar reports a fall",
    "terminal": "another terminal reports a fall",
    "voice": "somebody calls for help",
}
"""Reason of a `PersonDown` → the same in words, for people who read an alarm."""


class FallState(msgspec.Struct, frozen=True):
    """One fall at a time: a second person on the floor joins the alarm that runs."""

    phase: Phase = "idle"
    fall: str = ""
    """Id of this fall: the id of the signal that told of it."""
    people: tuple[Person, ...] = ()
    """Those who are down and have not got up since. Somebody whom two devices see is there
    twice: both must say that they stand."""
    sources: tuple[str, ...] = ()
    """Devices that told of it, the first one first."""
    reasons: tuple[str, ...] = ()
    """Why, the first one first."""
    confidence: float = 0.0
    zone: str = ""
    skeleton: list[list[list[float]]] = []
    answered: bool = False
    """A person asked for help, rather than nobody answering."""
    repeat: int = 0
    helper: str = ""
    minutes: int = 0
    ending: bool = False
    """Somebody has said that all is well while the alarm runs: they are asked once more."""
    coming: bool = False
    """A person has accepted while the question was still open."""
    left: int = 0
    """Seconds until help is called, as they stand on the screen; 0: none stand there."""
    asked_at: float = 0.0
    """Boot-time clock in seconds at which help was last asked for during the alarm."""

    @property
    def gentle(self) -> bool:
        """Only a bed, sofa or bench was fallen onto: most who do that mean to lie there."""
        return self.reasons == ("bed",) and not self.answered


def begun(signal: PersonDown) -> FallState:
    """A new fall."""
    return joined(FallState(phase="asking", fall=signal.id), signal)


def joined(state: FallState, signal: PersonDown) -> FallState:
    """The fall with what *signal* adds to it.

    Devices err independently of each other, so a second one raises the confidence to
    1 - (1 - a)(1 - b); what one device says twice is no more than its surer word.
    """
    sure = max(state.confidence, signal.confidence)
    if signal.source not in state.sources:
        sure = 1 - (1 - state.confidence) * (1 - signal.confidence)
    return msgspec.structs.replace(
        state,
        people=_with(state.people, (signal.source, signal.track)),
        sources=_with(state.sources, signal.source),
        reasons=_with(state.reasons, str(signal.reason)),
        confidence=round(sure, 2),
        zone=state.zone or signal.zone,
        skeleton=state.skeleton or signal.skeleton,
    )


def facts(state: FallState) -> dict[str, Any]:
    """What every record about a fall that may be real says."""
    return {
        "fall": state.fall,
        "device": state.sources[0] if state.sources else "",
        "devices": list(state.sources),
        "confidence": state.confidence,
        "reason": state.reasons[0] if state.reasons else "",
        "why": "; ".join(WHY[reason] for reason in state.reasons),
        "zone": state.zone,
        "down": len(state.people),
    }


def _with(some: tuple[Any, ...], one: Any) -> tuple[Any, ...]:
    return some if one in some else (*some, one)
