"""人工帮助: asks the duty desk for a person, and says no more than is known.

That upstream has the request is said when upstream has it; that a person knows, when a person
has said so. Until then the request is repeated, and the telephone numbers that help are shown
and spoken, with and without a network.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec
from msgspec.structs import replace

from agent.contract.signals import Signal
from agent.dialogue.views import Chip, Phrase, Status
from agent.effects import (
    Choice,
    Effect,
    Hide,
    Recede,
    Record,
    Remind,
    Say,
    Show,
    Urgency,
    rejected,
)
from agent.messages import (
    Action,
    Command,
    Due,
    LinkChanged,
    RecordDelivered,
    RecordUndelivered,
    Started,
)
from agent.services.help.messages import AboutHelp, Accepted, Closed, HelpCancelled, HelpRequested

_REPEAT = 60.0
"""Seconds between repetitions until a person accepts…"""
_OFTEN, _SELDOM = 10, 600.0
"""…after so many of them: so many seconds."""
_SAY_AGAIN = 25.0
"""Seconds after which whoever waits hears again that nobody has the request yet."""
_COMING = 1800.0
"""Seconds after which a promise to come has been kept, or help is asked for anew."""
_NUMBERS = ("guard", "emergency", "hotline")
_TIMERS = ("repeat", "say again", "end")

Phase = Literal["idle", "calling", "notified", "accepted", "failed"]


class HelpState(msgspec.Struct, frozen=True):
    """One request at a time: who presses again asks for the same person."""

    phase: Phase = "idle"
    help: str = ""
    """Id of the request: the id of the press."""
    repeat: int = 0
    helper: str = ""
    minutes: int = 0
    away: bool = False
    """The resident has left this screen."""
    online: bool = True


class Help:
    """Asked → upstream has it → a person has accepted."""

    name: ClassVar[str] = "help"
    vital: ClassVar[bool] = True
    listens: ClassVar[tuple[type[Signal], ...]] = (
        Started,
        Action,
        Due,
        LinkChanged,
        RecordDelivered,
        RecordUndelivered,
        Command,
    )

    def initial(self) -> HelpState:
        """Nobody has asked."""
        return HelpState()

    def durable(self, state: HelpState) -> HelpState:
        """All of it: who has asked is not forgotten by a restart."""
        return state

    def step(self, state: HelpState, signal: Signal) -> tuple[HelpState, list[Effect]]:
        """Answer one signal. Signals that do not fit the phase change nothing."""
        match signal:
            case LinkChanged(online=online) if online != state.online:
                return self._link(replace(state, online=online))
            case Action(action="help") if state.phase in ("idle", "failed"):
                return self._ask(signal.id, state)
            case Command(data=AboutHelp() as data):
                return self._command(state, signal, data)
            case _ if state.phase == "idle":
                return state, []
            case Started():
                return state, [self._show(state, silent=state.away)]
            case Action(action="help"):
                state = replace(state, away=False)
                return state, [self._show(state)]
            case Action(action="help.end"):
                record = Record(HelpCancelled(help=state.help), state.help)
                state, effects = self._end(state)
                return state, [record, *effects]
            case Action(action="home" | "back"):
                return replace(state, away=True), [Recede()]
            case RecordDelivered(kind="help.requested", subject=state.help):
                if state.phase == "calling":
                    return self._enter(state, "notified")
            case RecordUndelivered(kind="help.requested", subject=state.help) if signal.refused:
                if state.phase == "calling":
                    return self._enter(state, "failed")
            case Due(name=name):
                return self._due(state, name)
        return state, []

    # -- transitions -----------------------------------------------------------------------

    def _ask(self, press: str, state: HelpState) -> tuple[HelpState, list[Effect]]:
        state = HelpState("calling", press, online=state.online)
        return state, [
            self._request(state),
            self._show(state),
            Remind("repeat", _REPEAT),
            Remind("say again", _SAY_AGAIN),
        ]

    def _enter(self, state: HelpState, phase: Phase) -> tuple[HelpState, list[Effect]]:
        state = replace(state, phase=phase)
        return state, [self._show(state)]

    def _link(self, state: HelpState) -> tuple[HelpState, list[Effect]]:
        return state, [self._show(state)] if state.phase == "calling" else []

    def _end(self, state: HelpState) -> tuple[HelpState, list[Effect]]:
        timers = (Remind(name, None) for name in _TIMERS)
        return HelpState(online=state.online), [Hide(), *timers]

    def _command(
        self, state: HelpState, command: Command, data: AboutHelp
    ) -> tuple[HelpState, list[Effect]]:
        if state.phase == "idle" or data.help != state.help:
            why = "nobody waits for this, or it is over"
            return state, [rejected(command.command_id, command.kind, "data.help", why)]
        match data:
            case Accepted(helper=helper, minutes=minutes):
                state = replace(state, helper=helper, minutes=round(minutes or 0))
                state, effects = self._enter(state, "accepted")
                quiet = (Remind("repeat", None), Remind("say again", None))
                return state, [*effects, *quiet, Remind("end", _COMING)]
            case Closed():
                return self._end(state)
        return state, []

    def _due(self, state: HelpState, name: str) -> tuple[HelpState, list[Effect]]:
        match name, state.phase:
            case "repeat", "calling":
                # The request itself still waits to be sent: a second one would say nothing more.
                return state, [Remind("repeat", _REPEAT)]
            case "repeat", "notified":
                state = replace(state, repeat=state.repeat + 1)
                after = _REPEAT if state.repeat < _OFTEN else _SELDOM
                return state, [self._request(state), Remind("repeat", after)]
            case "say again", "calling" | "notified" | "failed":
                again = Remind("say again", _SAY_AGAIN)
                if state.away:
                    return state, [again]
                waiting = "help.waiting" if state.phase == "notified" else "help.unheard"
                said = Say(waiting, urgency=Urgency.INFORMATION, phones=_NUMBERS)
                return state, [said, again]
            case "end", _:
                return self._end(state)
        return state, []

    # -- what is shown and sent ------------------------------------------------------------

    def _request(self, state: HelpState) -> Record:
        return Record(HelpRequested(help=state.help, repeat=state.repeat), state.help)

    def _show(self, state: HelpState, silent: bool = False) -> Show:
        known = {"calling": "help" if state.online else "help.offline"}
        return Show(
            "help",
            {"helper": state.helper, "minutes": state.minutes or ""},
            (
                Choice("louder"),
                Choice("softer"),
                Choice("contrast"),
                Choice("larger"),
                Choice("ear"),
                Choice("help.end", icon="cross", look="quiet"),
            ),
            idle_out=True,
            silent=silent,
            view=Status("phone" if state.phase != "accepted" else "walking"),
            phrases=known.get(state.phase, f"help.{state.phase}"),
            phones=_NUMBERS,
            chip=Chip(Phrase(f"label.chip.help.{state.phase}"), "person"),
        )
