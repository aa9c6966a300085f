"""Falls: ask the person, then call for help and go on calling until somebody comes.

Camera, radar and microphone feed one fall. While the question is open it ends when everybody
who was down has got up. An alarm that has gone out does not: people fall again, and who was
called should look. It ends by the resident's word (我没事), asked about once more, or upstream's.

Two kinds of fall go their own way. Who calls for help (救命) is asked once, for ten seconds; a
call during another question is its answer. Who falls onto a bed, sofa or bench, where the
camera is set to report that, is asked without the buzzer; no answer then is not a cry for help
but a task for the day: one `fall.bed` in the lane of tasks, without a skeleton or repetition.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace

from agent.contract.orders import Beep, Blink, Order, Switch
from agent.contract.signals import PersonDown, PersonUp, Signal, Spoken
from agent.dialogue.views import Alarm, Count, Phrase, Status
from agent.effects import (
    Choice,
    Drive,
    Effect,
    Hide,
    Pass,
    Record,
    Remind,
    Say,
    Show,
    Urgency,
    rejected,
)
from agent.messages import Action, Command, Concern, Due, RecordDelivered, Started
from agent.services.fall.case import FallState, Person, Phase, begun, facts, joined
from agent.services.fall.messages import (
    AboutFall,
    Accepted,
    Closed,
    FallAlarm,
    FallBed,
    FallCleared,
    FallJoined,
    FallRecovered,
    FallSuspected,
)
from agent.services.fall.settings import FallSettings

_ASK_AGAIN = 10.0
"""Seconds from its last word after which an unanswered question is spoken again."""
_CALLED = ("called", 10.0)
"""Reminder, and seconds from the last word, for somebody who has called for help: they may not
be able to say more, so the alarm goes out sooner."""
_CLEARED = 12.0
"""Seconds for which "all is well" stays on the screen."""
_COUNT = 5
"""Seconds between two numbers of the countdown."""
_SOON = 10
"""Seconds before help is called at which that is said."""
_TO_END = ("ending", 20.0)
"""Reminder, and seconds after which an alarm that somebody wanted to end goes on."""
_ASKED_AGAIN = 10.0
"""Seconds within which asking for help again and again is one alarm more."""

_OK = Choice("fall.ok", icon="check")
_CALL_OFF = Choice("fall.ok", costly=True, icon="check")
"""Once the alarm is out, a mere "no" that was heard must not end it."""
_HELP = Choice("fall.help", icon="hand", look="primary")
_SURE = Choice("fall.ok", Phrase("action.fall.sure"), costly=True, icon="check")
_KEYS = {"help": "fall.help", "back": "fall.ok", "home": "fall.ok"}
"""Every way to ask for help asks for it; every way out says that all is well."""
_NUMBERS = ("guard", "emergency")

_UNHEARD = 20.0
"""Seconds after which an alarm that nobody has yet is spoken about; then with each repetition."""
_STILL_UNHEARD = Say("fall.unheard", urgency=Urgency.ALARM, phones=_NUMBERS)
_TIMERS = ("answer", "ask again", "called", "count", "soon", "repeat", "unheard", "ending")
_ALARMED = ("calling", "notified", "helper")


class Falls:
    """Suspected → question → all clear or alarm → notified → helper on the way."""

    name: ClassVar[str] = "fall"
    vital: ClassVar[bool] = True
    listens: ClassVar[tuple[type[Signal], ...]] = (
        Started,
        PersonDown,
        PersonUp,
        Action,
        Due,
        RecordDelivered,
        Command,
        Spoken,
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
                return self._ask(begun(signal))
            case PersonDown():
                return self._join(state, signal)
            case Spoken(state=spoken) if state.phase == "asking":
                # Who answers must not be talked over: seconds count from the end of the question.
                name, after = _CALLED if "voice" in state.reasons else ("ask again", _ASK_AGAIN)
                return state, [Remind(name, None if spoken == "began" else after)]
            case PersonUp(source=device, track=track) if (device, track) in state.people:
                return self._rise(state, (device, track))
            case Action():
                return self._action(state, signal)
            case Due(name=name):
                return self._due(state, name)
            case RecordDelivered(kind="fall.alarm", subject=state.fall):
                if state.phase == "calling":
                    state, effects = self._enter(state, "notified")
                    return state, [*effects, Remind("unheard", None)]
            case Command(data=AboutFall() as data):
                return self._command(state, signal, data)
        return state, []

    def _action(self, state: FallState, signal: Action) -> tuple[FallState, list[Effect]]:
        alarmed = state.phase in _ALARMED
        match signal.action:
            case "fall.ok" if state.phase == "asking" or (alarmed and state.ending):
                return self._clear(state, "resident")
            case "fall.ok" if alarmed:
                # One act must not end an alarm: a hand may slip, a child may play.
                state = replace(state, ending=True)
                return state, [self._show(state), Remind(*_TO_END)]
            case "fall.on" if alarmed and state.ending:
                return self._go_on(state)
            case "fall.help" if state.phase == "asking":
                return self._call(replace(state, answered=True))
            case "fall.help" if alarmed:
                return self._wanted(state, signal.at)
            case "home" | "back" if state.phase == "cleared":
                return self._end()
        return state, []

    # -- transitions -----------------------------------------------------------------------

    def _go_on(self, state: FallState) -> tuple[FallState, list[Effect]]:
        """The alarm stands."""
        state = replace(state, ending=False)
        return state, [self._show(state), Remind(_TO_END[0], None)]

    def _wanted(self, state: FallState, at: float) -> tuple[FallState, list[Effect]]:
        """Help is asked for while the alarm runs: sent on, once in a while, and answered."""
        state, effects = self._go_on(state)
        if state.answered and 0 <= at - state.asked_at < _ASKED_AGAIN:
            return state, effects
        state = replace(state, answered=True, repeat=state.repeat + 1, asked_at=at)
        return state, [self._alarm(state), *effects]

    def _ask(self, state: FallState) -> tuple[FallState, list[Effect]]:
        called = "voice" in state.reasons
        counted = not called and not state.gentle
        soon = self._settings.answer_s - _SOON
        countdown = (Remind("count", _COUNT), *([Remind("soon", soon)] if soon >= _SOON else []))
        state = replace(state, left=int(self._settings.answer_s) if counted else 0)
        return state, [
            Record(FallSuspected(**facts(state)), state.fall),
            *self._signs("asking"),
            *([] if state.gentle else self._drive(self._settings.buzzer, Beep(2))),
            self._show(state),
            Remind("answer", self._settings.answer_s),
            Remind(*_CALLED) if called else Remind("ask again", _ASK_AGAIN),
            Remind("done", None),
            *(countdown if counted else ()),
        ]

    def _join(self, before: FallState, signal: PersonDown) -> tuple[FallState, list[Effect]]:
        state = joined(before, signal)
        if (signal.source, signal.track) in before.people:
            return state, []
        told = Record(FallJoined(**facts(state), joined=signal.source), state.fall)
        if state.phase == "asking" and signal.reason == "voice":
            state, effects = self._call(replace(state, answered=True))
            return state, [told, *effects]
        # A second device that tells while they lie is a witness. Anybody else has fallen since
        # help was promised: whoever promised it may be gone, so it is asked for once more.
        witness = signal.source not in before.sources and before.people
        if state.phase == "helper" and not witness:
            state = replace(state, repeat=state.repeat + 1, helper="", minutes=0)
            state, effects = self._call(state)
            return state, [told, *effects]
        return state, [told]

    def _rise(self, state: FallState, person: Person) -> tuple[FallState, list[Effect]]:
        state = replace(state, people=tuple(one for one in state.people if one != person))
        if state.people:
            return state, []
        if state.phase == "asking":
            return self._clear(state, "got up")
        return state, [Record(FallRecovered(fall=state.fall, by="got up"), state.fall)]

    def _call(self, state: FallState) -> tuple[FallState, list[Effect]]:
        # Who has accepted the question comes: the alarm goes out all the same.
        phase: Phase = "helper" if state.coming else "calling"
        state, effects = self._enter(replace(state, ending=False, coming=False), phase)
        waits = (Remind("repeat", self._settings.repeat_s), Remind("unheard", _UNHEARD))
        return state, [
            self._alarm(state),
            *effects,
            Remind("answer", None),
            Remind("ask again", None),
            Remind("called", None),
            Remind("count", None),
            Remind("soon", None),
            *(waits if phase == "calling" else ()),
            _concern(state),
        ]

    def _clear(self, state: FallState, by: str) -> tuple[FallState, list[Effect]]:
        over = FallCleared(fall=state.fall, by=by, alarmed=state.phase in _ALARMED)
        cleared, effects = self._enter(replace(state, people=(), ending=False), "cleared")
        return cleared, [
            Record(over, state.fall),
            *effects,
            *(Remind(name, None) for name in _TIMERS),
            Remind("done", _CLEARED),
            *([_concern(state, over=True)] if over.alarmed else []),
        ]

    def _end(self) -> tuple[FallState, list[Effect]]:
        forgotten = (Remind(name, None) for name in (*_TIMERS, "done"))
        return self.initial(), [*self._signs("idle"), Hide(), *forgotten]

    def _enter(self, state: FallState, phase: Phase) -> tuple[FallState, list[Effect]]:
        state = replace(state, phase=phase)
        return state, [*self._signs(phase), self._show(state)]

    def _due(self, state: FallState, name: str) -> tuple[FallState, list[Effect]]:
        match name, state.phase:
            case "answer", "asking" if state.gentle:
                idle, effects = self._end()
                told = Record(FallBed(**facts(state)), state.fall)
                return idle, [told, *effects, _concern(state)]
            case "answer" | "called", "asking":
                return self._call(state)
            case "ask again", "asking":
                again = Say("fall.again", urgency=Urgency.ALARM)
                return state, [again, Remind("ask again", _ASK_AGAIN)]
            case "count", "asking" if state.left:
                state = replace(state, left=max(1, state.left - _COUNT))
                return state, [self._show(state, silent=True), Remind("count", _COUNT)]
            case "soon", "asking":
                return state, [Say("fall.soon", urgency=Urgency.ALARM)]
            case "repeat", "calling" | "notified":
                state = replace(state, repeat=state.repeat + 1)
                said = [_STILL_UNHEARD] if state.phase == "calling" else []
                repeat = Remind("repeat", self._settings.repeat_s)
                return state, [self._alarm(state), *said, repeat]
            case "unheard", "calling":
                return state, [_STILL_UNHEARD]
            case "ending", _ if state.ending:
                return self._go_on(state)
            case "done", "cleared":
                return self._end()
        return state, []

    def _command(
        self, state: FallState, command: Command, data: AboutFall
    ) -> tuple[FallState, list[Effect]]:
        known = data.fall == state.fall != ""
        if isinstance(data, Accepted) and known and state.phase in (*_ALARMED, "asking"):
            minutes = max(1, round(data.minutes)) if data.minutes else 0
            state = replace(state, helper=data.helper, minutes=minutes)
            if state.phase == "asking":  # it overtook the alarm, and counts when that goes out
                return replace(state, coming=True), []
            state, effects = self._enter(state, "helper")
            return state, [*effects, Remind("repeat", None), Remind("unheard", None)]
        if isinstance(data, Closed) and known:
            return (state, []) if state.phase == "cleared" else self._clear(state, "upstream")
        reason = f"nobody waits for help: {state.phase}" if known else "no such fall, or it is over"
        return state, [rejected(command.command_id, command.kind, "data.fall", reason)]

    # -- what is shown and sent ------------------------------------------------------------

    def _alarm(self, state: FallState) -> Record:
        alarm = FallAlarm(
            **facts(state),
            repeat=state.repeat,
            answered=state.answered,
            skeleton=state.skeleton,
        )
        return Record(alarm, state.fall)

    def _show(self, state: FallState, silent: bool = False) -> Show:
        values: dict[str, str | int | float] = {
            "helper": state.helper,
            "minutes": state.minutes or "",
        }
        if state.ending:
            keys = {**_KEYS, "back": "fall.on", "home": "fall.on"}
            return Show(
                "fall.ending",
                values,
                (_HELP, _SURE),
                Urgency.ALARM,
                view=Alarm("hand"),
                keys=keys,
                pressing=True,
            )
        screen: str
        view: Alarm
        choices: tuple[Choice, ...]
        match state.phase:
            case "asking":
                left = Count(Phrase("label.fall.left"), state.left, Phrase("unit.seconds"))
                view = Alarm("hand", count=left if state.left else None)
                screen, choices = "fall.question", (_OK, _HELP)
            case "calling":
                screen, view, choices = "fall.calling", Alarm("phone"), (_CALL_OFF,)
            case "notified":
                screen, view, choices = "fall.notified", Alarm("check", calm=True), (_CALL_OFF,)
            case "helper":
                screen, view, choices = "fall.helper", Alarm("walking", calm=True), (_CALL_OFF,)
            case _:
                return Show("fall.cleared", values, (), Urgency.ALARM, view=Status("heart"))
        return Show(
            screen,
            values,
            choices,
            Urgency.ALARM,
            silent=silent,
            view=view,
            keys=_KEYS,
            pressing=state.phase == "asking",
            phones=_NUMBERS if state.phase == "calling" else (),
        )

    def _signs(self, phase: Phase) -> list[Effect]:
        """The alarm lamp: blinking while nobody is known to come, steady once help is coming."""
        waits = phase in ("asking", "calling", "notified")
        return self._drive(self._settings.lamp, Blink() if waits else Switch(phase == "helper"))

    def _drive(self, device: str, order: Order) -> list[Effect]:
        return [Drive(device, order)] if device else []


def _concern(state: FallState, over: bool = False) -> Pass:
    """For who sends somebody to people who have agreed to it."""
    device = state.sources[0] if state.sources else ""
    reason = "" if over else "有人倒地，没有说自己没事"
    fact = Concern(device=device, cause="fall", case=state.fall, reason=reason, over=over)
    return Pass(fact)
