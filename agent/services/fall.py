"""Falls: ask the person, then call for help and go on calling until somebody comes."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec

from agent.contract import (
    Action,
    CameraWatch,
    Command,
    Due,
    PersonDown,
    PersonUp,
    RecordDelivered,
    Signal,
    Started,
)
from agent.effects import Choice, Drive, Effect, Hide, Lane, Record, Remind, Say, Show, Urgency
from agent.settings import FallSettings

Phase = Literal["idle", "asking", "calling", "notified", "helper", "cleared"]

_ASK_AGAIN = 10.0
"""Seconds after which an unanswered question is spoken again."""

_CLEARED = 12.0
"""Seconds for which "all is well" stays on the screen."""

_OK = Choice("fall.ok")
_HELP = Choice("fall.help")


class FallState(msgspec.Struct, frozen=True):
    """One fall at a time: a second person on the floor joins the alarm that runs."""

    phase: Phase = "idle"
    fall: str = ""
    """Id of this fall: the id of the signal that told of it."""
    device: str = ""
    track: int = -1
    confidence: float = 0.0
    reason: str = ""
    zone: str = ""
    skeleton: list[list[list[float]]] = []
    answered: bool = False
    """A person asked for help, rather than nobody answering."""
    repeat: int = 0
    helper: str = ""
    minutes: int = 0


class Falls:
    """Suspected → question → all clear or alarm → notified → helper on the way."""

    name: ClassVar[str] = "fall"
    listens: ClassVar[tuple[type[Signal], ...]] = (
        Started,
        PersonDown,
        PersonUp,
        CameraWatch,
        Action,
        Due,
        RecordDelivered,
        Command,
    )

    def __init__(self, settings: FallSettings) -> None:
        self._settings = settings

    def initial(self) -> FallState:
        """Nobody is down."""
        return FallState()

    def durable(self, state: FallState) -> FallState:
        """All of it: an alarm goes on after a restart."""
        return state

    def step(self, state: FallState, signal: Signal) -> tuple[FallState, list[Effect]]:
        """Answer one signal. Signals that do not fit the phase change nothing."""
        match signal:
            case Started() if state.phase != "idle":
                return state, [*self._signs(state.phase), self._show(state)]
            case PersonDown() if state.phase in ("idle", "cleared"):
                return self._ask(signal)
            case PersonUp(source=device, track=track):
                if state.phase != "idle" and (device, track) == (state.device, state.track):
                    return self._clear(state, "got up")
            case CameraWatch(looking=looking):
                return state, self._drive(self._settings.camera_lamp, {"on": looking})
            case Action(action="fall.ok") if state.phase not in ("idle", "cleared"):
                return self._clear(state, "resident")
            case Action(action="fall.help") if state.phase == "asking":
                return self._call(msgspec.structs.replace(state, answered=True))
            case Action(action="home" | "back") if state.phase == "cleared":
                return self._end()
            case Due(name=name):
                return self._due(state, name)
            case RecordDelivered(kind="fall.alarm", subject=state.fall):
                if state.phase == "calling":
                    return self._enter(state, "notified")
            case Command(kind=kind, data=data) if data.get("fall") == state.fall != "":
                return self._command(state, kind, data)
        return state, []

    # -- transitions -----------------------------------------------------------------------

    def _ask(self, signal: PersonDown) -> tuple[FallState, list[Effect]]:
        state = FallState(
            phase="asking",
            fall=signal.id,
            device=signal.source,
            track=signal.track,
            confidence=round(signal.confidence, 2),
            reason=signal.reason,
            zone=signal.zone,
            skeleton=signal.skeleton,
        )
        return state, [
            Record("fall.suspected", _facts(state), state.fall, Lane.LIFE),
            *self._signs("asking"),
            *self._drive(self._settings.buzzer, {"beep": 2}),
            self._show(state),
            Remind("answer", self._settings.answer_s),
            Remind("ask again", _ASK_AGAIN),
        ]

    def _call(self, state: FallState) -> tuple[FallState, list[Effect]]:
        state = msgspec.structs.replace(state, phase="calling")
        return state, [
            self._alarm(state),
            *self._signs("calling"),
            self._show(state),
            Remind("answer", None),
            Remind("ask again", None),
            Remind("repeat", self._settings.repeat_s),
        ]

    def _clear(self, state: FallState, by: str) -> tuple[FallState, list[Effect]]:
        cleared, effects = self._enter(state, "cleared")
        return cleared, [
            Record("fall.cleared", {"fall": state.fall, "by": by}, state.fall, Lane.LIFE),
            *effects,
            *(Remind(name, None) for name in ("answer", "ask again", "repeat")),
            Remind("done", _CLEARED),
        ]

    def _end(self) -> tuple[FallState, list[Effect]]:
        return self.initial(), [*self._signs("idle"), Hide(), Remind("done", None)]

    def _enter(self, state: FallState, phase: Phase) -> tuple[FallState, list[Effect]]:
        state = msgspec.structs.replace(state, phase=phase)
        return state, [*self._signs(phase), self._show(state)]

    def _due(self, state: FallState, name: str) -> tuple[FallState, list[Effect]]:
        match name, state.phase:
            case "answer", "asking":
                return self._call(state)
            case "ask again", "asking":
                again = Say("fall.again", urgency=Urgency.ALARM)
                return state, [again, Remind("ask again", _ASK_AGAIN)]
            case "repeat", "calling" | "notified":
                state = msgspec.structs.replace(state, repeat=state.repeat + 1)
                return state, [self._alarm(state), Remind("repeat", self._settings.repeat_s)]
            case "done", "cleared":
                return self._end()
        return state, []

    def _command(
        self, state: FallState, kind: str, data: dict[str, Any]
    ) -> tuple[FallState, list[Effect]]:
        if kind == "fall.accepted" and state.phase in ("calling", "notified", "helper"):
            minutes = data.get("minutes")
            state = msgspec.structs.replace(
                state,
                helper=str(data.get("helper", "")),
                minutes=minutes if isinstance(minutes, int) else 0,
            )
            state, effects = self._enter(state, "helper")
            return state, [*effects, Remind("repeat", None)]
        if kind == "fall.closed":
            return self._clear(state, "upstream")
        return state, []

    # -- what is shown and sent ------------------------------------------------------------

    def _alarm(self, state: FallState) -> Record:
        more = {"repeat": state.repeat, "answered": state.answered, "skeleton": state.skeleton}
        return Record("fall.alarm", {**_facts(state), **more}, state.fall, Lane.LIFE)

    def _show(self, state: FallState) -> Show:
        screen = {
            "asking": "fall.question",
            "calling": "fall.calling",
            "notified": "fall.notified",
            "helper": "fall.helper",
            "cleared": "fall.cleared",
        }[state.phase]
        choices = {"asking": (_OK, _HELP), "cleared": ()}.get(state.phase, (_OK,))
        values: dict[str, str | int | float] = {
            "helper": state.helper,
            "minutes": state.minutes or "",
        }
        return Show(screen, values, choices, Urgency.ALARM)

    def _signs(self, phase: Phase) -> list[Effect]:
        """The alarm lamp: blinking while nobody is known to come, steady once help is coming."""
        action: dict[str, Any] = {"on": phase == "helper"}
        if phase in ("asking", "calling", "notified"):
            action = {"blink": {"on_s": 0.5, "off_s": 0.5}}
        return self._drive(self._settings.lamp, action)

    def _drive(self, device: str, action: dict[str, Any]) -> list[Effect]:
        return [Drive(device, action)] if device else []


def _facts(state: FallState) -> dict[str, Any]:
    return {
        "fall": state.fall,
        "device": state.device,
        "confidence": state.confidence,
        "reason": state.reason,
        "zone": state.zone,
    }
