"""One service answers one signal, and what it wants is noted down."""

from __future__ import annotations

import logging
import math
from typing import Protocol

import msgspec

from agent.contract.signals import Scanned, Signal
from agent.core.clock import Clock
from agent.core.ids import uuid7
from agent.core.in_hand import InHand, start_of
from agent.core.receipts import Receipts
from agent.core.standing import Outcome, Standing
from agent.core.store.store import Settled, Store
from agent.effects import Effect, Lane, Pass, Record, Remind, Withdraw
from agent.messages import Action, Command, CommandRejected, Due, Started
from agent.services.service import AnyService

log = logging.getLogger(__name__)


class Sink(Protocol):
    """Where records go: the store, or what is kept while it refuses."""

    def append(self, record: Record, at: float, /) -> object:
        """Keep *record*, which became known at *at*."""

    def withdraw(self, kind: str, subject: str, after: int, /) -> Settled | None:
        """Take back the record about *subject* if its sequence is above *after*."""


class Stepper:
    """Lets services answer. Used by the kernel's thread only."""

    def __init__(
        self, store: Store, clock: Clock, standing: Standing, receipts: Receipts, in_hand: InHand
    ) -> None:
        self._store = store
        self._clock = clock
        self._standing = standing
        self._receipts = receipts
        self._in_hand = in_hand

    def admitted(self, signal: Signal) -> Signal | None:
        """*signal* as services hear it: with the time of day where it is known and needed, a
        command past its deadline as rejected; None: upstream repeats itself."""
        if isinstance(signal, Command):
            if not self._store.first_time(signal.command_id):
                return None
            if signal.deadline is not None and signal.deadline <= self._clock.boot():
                signal = _too_late(signal)
        if isinstance(signal, CommandRejected):
            if not self._store.first_time(signal.mark):
                return None
            log.warning(
                "command rejected id=%s kind=%s place=%s reason=%s",
                signal.command_id,
                signal.kind,
                signal.place,
                signal.reason,
            )
        if isinstance(signal, Action | Started | Due | Scanned):
            return msgspec.structs.replace(signal, wall=self._clock.time_of_day)
        return signal

    def step(
        self, service: AnyService, signal: Signal, outcome: Outcome, sink: Sink
    ) -> list[Signal]:
        """Let *service* answer *signal*; returns what comes of it for everybody to hear."""
        if isinstance(signal, Due | Action) and signal.service != service.name:
            return []
        if isinstance(signal, Started):
            self._in_hand.begin([start_of(service.name)])
        state = outcome.states.get(service.name, self._standing.state(service.name))
        try:
            state, effects = service.step(state, signal)
        finally:
            if isinstance(signal, Started):
                self._in_hand.finish([start_of(service.name)])
        outcome.states[service.name] = state
        derived: list[Signal] = []
        for effect in effects:
            derived += self._note(service.name, effect, signal, outcome, sink)
        return derived

    def _note(
        self, service: str, effect: Effect, signal: Signal, outcome: Outcome, sink: Sink
    ) -> list[Signal]:
        match effect:
            case Record():
                sink.append(effect, signal.at)
                outcome.recorded = True
            case Withdraw(kind=kind, subject=subject):
                gone = sink.withdraw(kind, subject, self._receipts.attempted(Lane.LIFE))
                if gone is not None:
                    return [self._receipts.undelivered(gone, signal.at, "")]
            case Remind(name=name, after=after):
                due = None if after is None else signal.at + after
                if due is not None and not math.isfinite(due):
                    raise ValueError(f"a reminder in {after} seconds never comes")
                outcome.reminders[service, name] = due
            case Pass(fact=fact):
                return [msgspec.structs.replace(fact, source=service, at=signal.at, id=uuid7())]
            case Effect():
                outcome.effects.append((service, effect))
            case _:
                raise TypeError(f"{effect!r} is no effect")
        return []


def _too_late(command: Command) -> CommandRejected:
    return CommandRejected(
        source=command.source,
        at=command.at,
        id=command.id,
        command_id=command.command_id,
        mark=f"late/{command.command_id}",
        kind=command.kind,
        place="expires_in",
        reason="its time was over before it could be handled",
    )
