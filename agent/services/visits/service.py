"""一旦系统预警，助残员会及时上门: an alarm becomes one visit, with reminders and an outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from agent.contract.signals import Signal
from agent.effects import Effect, Record, Remind, rejected
from agent.messages import Command, Concern, Due, Started
from agent.records import shortened
from agent.services.almanac import Almanac
from agent.services.removed import REASON, parted
from agent.services.visits.messages import (
    AboutVisit,
    Accepted,
    Closed,
    Outcome,
    VisitDone,
    VisitEased,
    VisitJoined,
    VisitOverdue,
    VisitRemoved,
    VisitRequested,
)
from agent.services.visits.settings import VisitSettings

_CLOCK_S = 3600.0
"""Seconds between looks at the wall clock."""
_HANDLED = 32
"""Cases that are remembered: none makes a second visit."""
_EPOCH = 719163
"""1970-01-01 as an ordinal."""


class Visit(msgspec.Struct, frozen=True):
    """The open visit of one household, if there is one, and what was handled."""

    visit: str = ""
    """Id; empty: none is open."""
    cases: tuple[str, ...] = ()
    """Its reasons that have not ended by themselves."""
    helper: str = ""
    """Who has taken it."""
    reminded: int = 0
    handled: tuple[str, ...] = ()
    """Cases for which there is, or was, a visit."""


class VisitsState(msgspec.Struct, frozen=True):
    """All households by their short names."""

    households: dict[str, Visit] = {}
    almanac: Almanac = Almanac()


Step = tuple[Visit, list[Effect]]


class Visits:
    """Hears what the other services worry about, and sends somebody: once for each cause."""

    name: ClassVar[str] = "visits"
    vital: ClassVar[bool] = False
    listens: ClassVar[tuple[type[Signal], ...]] = (Started, Due, Concern, Command)

    def __init__(self, households: Mapping[str, VisitSettings]) -> None:
        self._settings = households
        self._of_device = {
            device: name for name, one in households.items() for device in one.devices
        }

    def initial(self) -> VisitsState:
        """Nobody is to be visited."""
        return VisitsState()

    def durable(self, state: VisitsState) -> VisitsState:
        """All of it."""
        return state

    def step(self, state: VisitsState, signal: Signal) -> tuple[VisitsState, list[Effect]]:
        """Fold in one signal."""
        match signal:
            case Started(wall=wall, rebooted=rebooted):
                almanac = state.almanac.told(signal.at, wall, rebooted)
                clock = [Remind("clock", _CLOCK_S)] if self._settings else []
                state, ended = self._without_removed(replace(state, almanac=almanac))
                return state, [*ended, *clock]
            case Due(name="clock", wall=wall):
                almanac = state.almanac.told(signal.at, wall)
                return replace(state, almanac=almanac), [Remind("clock", _CLOCK_S)]
            case Due():
                name = signal.name.removeprefix("overdue.")
                if name not in self._settings:
                    return self._without_removed(state)
            case Concern(device=device):
                name = self._of_device.get(device, "")
            case Command(data=AboutVisit(visit=about)):
                name = next((n for n, v in state.households.items() if v.visit == about), "")
                if name not in self._settings:
                    why = "there is no such visit, or it is over"
                    return state, [rejected(signal.command_id, signal.kind, "data.visit", why)]
            case _:  # what goes to every service, such as a notice taken down
                return state, []
        if name not in self._settings:
            return state, []
        visit, effects = state.households.get(name, Visit()), list[Effect]()
        match signal:
            case Concern(over=True, case=case):
                visit, effects = self._eased(name, visit, case)
            case Concern():
                hour = state.almanac.hour(signal.at)
                last = self._settings[name].consent_until.toordinal() - _EPOCH
                if hour is None or hour // 24 <= last:  # a clock that nobody knows stops no help
                    visit, effects = self._worry(name, visit, signal)
            case Command(data=Accepted(helper=helper)):
                visit = replace(visit, helper=helper, reminded=0)
                effects = [Remind(f"overdue.{name}", self._settings[name].outcome_min * 60)]
            case Command(data=Closed(outcome=outcome)):
                visit, effects = self._closed(name, visit, outcome)
            case Due() if visit.visit:
                visit, effects = self._overdue(name, visit)
        return replace(state, households={**state.households, name: visit}), effects

    def _without_removed(self, state: VisitsState) -> tuple[VisitsState, list[Effect]]:
        kept, gone = parted(state.households, self._settings)
        ended = (
            Record(VisitRemoved(visit=one.visit, household=name, reason=REASON), one.visit)
            for name, one in gone.items()
            if one.visit
        )
        return replace(state, households=kept), [*ended]

    def _worry(self, name: str, visit: Visit, worry: Concern) -> Step:
        settings = self._settings[name]
        if worry.case in visit.handled:
            return visit, []
        handled = (*visit.handled, worry.case)[-_HANDLED:]
        cases = (*visit.cases, worry.case)
        reason = shortened(worry.reason)
        if visit.visit:
            joined = VisitJoined(
                visit=visit.visit,
                household=name,
                cause=worry.cause,
                case=worry.case,
                reason=reason,
            )
            return replace(visit, cases=cases, handled=handled), [Record(joined, visit.visit)]
        visit = Visit(visit=f"visit-{worry.id}", cases=cases, handled=handled)
        requested = VisitRequested(
            visit=visit.visit,
            household=name,
            name=settings.name,
            helper=settings.helper,
            cause=worry.cause,
            case=worry.case,
            reason=reason,
        )
        overdue = Remind(f"overdue.{name}", settings.accept_min * 60)
        return visit, [Record(requested, visit.visit), overdue]

    def _eased(self, name: str, visit: Visit, case: str) -> Step:
        if case not in visit.cases:
            return visit, []
        visit = replace(visit, cases=tuple(one for one in visit.cases if one != case))
        if visit.cases:
            return visit, []
        return visit, [Record(VisitEased(visit=visit.visit, household=name), visit.visit)]

    def _overdue(self, name: str, visit: Visit) -> Step:
        settings = self._settings[name]
        overdue = VisitOverdue(
            visit=visit.visit,
            household=name,
            waits_for="outcome" if visit.helper else "helper",
            helper=visit.helper or settings.helper,
            repeat=visit.reminded,
        )
        again = Remind(f"overdue.{name}", settings.remind_min * 60)
        return replace(visit, reminded=visit.reminded + 1), [Record(overdue, visit.visit), again]

    def _closed(self, name: str, visit: Visit, outcome: Outcome) -> Step:
        if outcome == "nobody":  # who went has not seen them: somebody has to go again
            visit = replace(visit, helper="", reminded=0)
            return visit, [Remind(f"overdue.{name}", self._settings[name].accept_min * 60)]
        done = VisitDone(
            visit=visit.visit,
            household=name,
            outcome=outcome,
            helper=visit.helper or self._settings[name].helper,
        )
        over = Visit(handled=visit.handled)
        return over, [Record(done, visit.visit), Remind(f"overdue.{name}", None)]
