"""One thread that owns all state: signals in, one commit, then effects.

A batch of signals is handed to the services; the states and records that come of it are
written in one transaction; only after the commit anything is spoken, shown, driven or sent.
So the kiosk never says what it could still forget.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from agent.contract.orders import Order
from agent.contract.signals import DeviceBack, Heard, Key, Signal
from agent.core.clock import Clock
from agent.core.ids import uuid7
from agent.core.inbox import Inbox
from agent.core.store.store import Settled, Store
from agent.dialogue.dialogue import Dialogue
from agent.dialogue.snapshot import Snapshot
from agent.effects import Drive, Effect, Lane, Record, Remind, Withdraw
from agent.messages import (
    Action,
    Attempted,
    Command,
    CommandRejected,
    Delivered,
    DeviceDown,
    Due,
    RecordDelivered,
    RecordUndelivered,
    Refused,
    Started,
)
from agent.services.service import AnyService

log = logging.getLogger(__name__)

_ALIVE = 20.0
"""Seconds between proofs of life: a real commit, a look at each driver."""

_FULL_PAUSE = 1.0
"""Seconds before a batch that the disk refused is tried again."""


class Outside(Protocol):
    """Where effects go, once they are committed."""

    def drive(self, device: str, order: Order) -> None:
        """Tell a driver to act."""

    def show(self, snapshot: Snapshot) -> None:
        """Put the picture on the page."""

    def tell(self, role: str, order: Order) -> None:
        """Tell the loudspeaker or the microphone what to do, where there is one."""

    def send(self) -> None:
        """Wake the uplink: records wait."""

    def alive(self) -> None:
        """Look at each driver, then tell the service manager that all is well."""


@dataclass
class _Outcome:
    """What a batch comes to; applied in memory only when it is on the disk."""

    states: dict[str, Any] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)
    reminders: dict[tuple[str, str], float | None] = field(default_factory=dict)
    effects: list[tuple[str, Effect]] = field(default_factory=list)
    recorded: bool = False


class Kernel:
    """Owns services, dialogue and store."""

    def __init__(
        self,
        services: Sequence[AnyService],
        dialogue: Dialogue,
        store: Store,
        inbox: Inbox,
        clock: Clock,
        outside: Outside,
    ) -> None:
        self._services = {service.name: service for service in services}
        self._dialogue = dialogue
        self._store = store
        self._inbox = inbox
        self._clock = clock
        self._outside = outside
        self._states: dict[str, Any] = {}
        self._stored: dict[str, bytes] = {}
        self._reminders: dict[tuple[str, str], float] = {}
        # Whether an earlier life of the daemon sent these is not known, so perhaps it did.
        self._attempted = store.last_sequences()
        self._expiry: float | None = None
        self._encode = msgspec.msgpack.Encoder().encode
        self._stop = threading.Event()

    def run(self, stop: threading.Event, ready: Callable[[], None]) -> None:
        """Resume what was under way, call *ready*, and work until *stop* is set."""
        self._stop = stop
        self._handle([self._resume()])
        ready()
        proven = self._clock.boot()
        while not stop.is_set():
            now = self._clock.boot()
            batch = self._inbox.take(self._due_in(now), max(0.0, proven + _ALIVE - now))
            self._handle(batch)
            now = self._clock.boot()
            if now - proven >= _ALIVE:
                proven = now
                self._prove_alive()

    # -- one batch -------------------------------------------------------------------------

    def _handle(self, batch: list[Signal]) -> None:
        now = self._clock.boot()
        signals = [*self._due(now), *batch]
        idle = self._dialogue.tick(now)
        if idle is not None:
            signals.append(idle)
        part: list[Signal] = []
        for signal in signals:
            self._dialogue.observe(signal)
            if not isinstance(signal, Key | Action | Heard):
                part.append(signal)
                continue
            # What a key means depends on the screen that the signals before it lead to.
            self._settle(part)
            part = []
            meant = signal if signal is idle else self._dialogue.interpret(signal)
            while meant is not None:
                self._settle([meant])
                meant = self._dialogue.follow(signal)
        self._settle(part)

    def _settle(self, signals: list[Signal]) -> None:
        refused = False
        while True:
            try:
                outcome = self._commit(signals)
                break
            except sqlite3.OperationalError as error:
                # Nobody was told anything yet, so the same signals can simply be taken again.
                if not refused:
                    log.error("store refuses signals=%d error=%s", len(signals), error)
                    self._dialogue.observe(DeviceDown(source="store", reason=str(error)))
                    self._publish()
                refused = True
                self._make_room()
                if self._clock.wait(self._stop, beat=_FULL_PAUSE):
                    return
        if refused:
            log.warning("store takes signals again signals=%d", len(signals))
            self._dialogue.observe(DeviceBack(source="store"))
        self._apply(outcome)

    def _commit(self, signals: list[Signal]) -> _Outcome:
        """Let the services answer, and write what comes of it; changes nothing in memory."""
        outcome = _Outcome()
        with self._store.transaction():
            waiting = deque(signals)
            waiting.extend(self._expired())
            while waiting:
                signal = waiting.popleft()
                known = self._admitted(signal)
                if known is None:
                    continue
                signal = known
                waiting.extend(self._derived(signal))
                for service in self._services.values():
                    if isinstance(signal, service.listens):
                        waiting.extend(self._step(service, signal, outcome))
            for (service_name, name), due in outcome.reminders.items():
                self._store.remind(service_name, name, due)
            for service_name, state in outcome.states.items():
                data = self._encode(self._services[service_name].durable(state))
                if data != self._stored.get(service_name):
                    self._store.save_state(service_name, data)
                    outcome.stored[service_name] = data
            self._expiry = self._store.next_expiry()
        return outcome

    def _admitted(self, signal: Signal) -> Signal | None:
        """*signal*, unless upstream repeats itself; a command past its deadline as rejected."""
        if isinstance(signal, Command):
            if not self._store.first_time(signal.command_id):
                return None
            if signal.deadline is not None and signal.deadline <= self._clock.boot():
                signal = CommandRejected(
                    source=signal.source,
                    at=signal.at,
                    id=signal.id,
                    command_id=signal.command_id,
                    mark=f"late/{signal.command_id}",
                    kind=signal.kind,
                    place="expires_in",
                    reason="its time was over before it could be handled",
                )
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
        return signal

    def _step(self, service: AnyService, signal: Signal, outcome: _Outcome) -> list[Signal]:
        """Let one service answer; returns what the store has to say to that."""
        if isinstance(signal, Due):
            if signal.service != service.name:
                return []
            outcome.reminders[service.name, signal.name] = None
        state = outcome.states.get(service.name, self._states[service.name])
        try:
            state, effects = service.step(state, signal)
        except Exception:
            # One service that cannot cope must not silence the others.
            log.exception("service failed service=%s signal=%r", service.name, signal)
            return []
        derived: list[Signal] = []
        outcome.states[service.name] = state
        for effect in effects:
            match effect:
                case Record():
                    self._store.append(effect, signal.at)
                    outcome.recorded = True
                case Withdraw(kind=kind, subject=subject):
                    gone = self._store.withdraw(kind, subject, self._attempted[Lane.LIFE])
                    if gone is not None:
                        derived.append(self._undelivered(gone, signal.at, ""))
                case Remind(name=name, after=after):
                    due = None if after is None else signal.at + after
                    outcome.reminders[service.name, name] = due
                case _:
                    outcome.effects.append((service.name, effect))
        return derived

    def _derived(self, signal: Signal) -> list[Signal]:
        """What the store makes of a word from upstream, as services want to hear it."""
        match signal:
            case Delivered(lane=lane, sequence=sequence):
                settled = self._store.acknowledge(lane, sequence)
                return [
                    RecordDelivered(
                        source="kernel", at=signal.at, kind=record.kind, subject=record.subject
                    )
                    for record in settled
                    if lane == Lane.LIFE
                ]
            case Attempted(lane=lane, sequence=sequence):
                self._attempted[lane] = max(sequence, self._attempted[lane])
            case Refused(lane=lane, sequence=sequence, reason=reason):
                refused = self._store.set_aside(lane, sequence, reason)
                if refused is not None:
                    log.warning("record refused kind=%s reason=%s", refused.kind, reason)
                    return [self._undelivered(refused, signal.at, reason, signal.for_residents)]
        return []

    def _expired(self) -> list[Signal]:
        now = self._clock.boot()
        if self._expiry is None or now < self._expiry:
            return []
        return [self._undelivered(record, now, "") for record in self._store.expire(now)]

    def _undelivered(
        self, record: Settled, at: float, reason: str, for_residents: str = ""
    ) -> Signal:
        return RecordUndelivered(
            source="kernel",
            at=at,
            kind=record.kind,
            subject=record.subject,
            attempted=not reason and record.sequence <= self._attempted[record.lane],
            refused=reason,
            for_residents=for_residents,
        )

    def _apply(self, outcome: _Outcome) -> None:
        """The commit is on the disk: take it over, and let the world know."""
        self._states.update(outcome.states)
        self._stored.update(outcome.stored)
        for key, due in outcome.reminders.items():
            if due is None:
                self._reminders.pop(key, None)
            else:
                self._reminders[key] = due
        if outcome.recorded:
            self._outside.send()
        for service, effect in outcome.effects:
            if isinstance(effect, Drive):
                self._outside.drive(effect.device, effect.order)
            else:
                self._dialogue.perform(service, effect)
        self._publish()

    def _publish(self) -> None:
        """Show and say what is new."""
        snapshot = self._dialogue.publish(self._clock.boot())
        if snapshot is not None:
            self._outside.show(snapshot)
        for told in self._dialogue.orders():
            self._outside.tell(told.role, told.order)

    # -- time ------------------------------------------------------------------------------

    def _due(self, now: float) -> list[Signal]:
        due = sorted((when, key) for key, when in self._reminders.items() if when <= now)
        # A reminder is taken off only by the commit that answers it.
        return [
            Due(source="kernel", at=now, id=uuid7(), service=service, name=name)
            for _, (service, name) in due
        ]

    def _due_in(self, now: float) -> float | None:
        """Seconds from *now* until something is due without being asked; None: nothing is."""
        times = list(self._reminders.values())
        times += [t for t in (self._expiry, self._dialogue.next_deadline()) if t is not None]
        return max(0.0, min(times) - now) if times else None

    # -- beginning, trouble, proof of life -------------------------------------------------

    def _resume(self) -> Signal:
        stored = self._store.states()
        for name, service in self._services.items():
            state = service.initial()
            data = stored.get(name)
            if data is not None:
                try:
                    state = msgspec.msgpack.decode(data, type=type(state))
                    self._stored[name] = data
                except msgspec.DecodeError as error:
                    log.error("state unreadable, begun anew service=%s error=%s", name, error)
            self._states[name] = state
        self._reminders = {(r.service, r.name): r.due for r in self._store.reminders()}
        rebooted = self._store.last_boot() not in ("", self._clock.boot_id)
        with self._store.transaction():
            self._store.note_boot()
        self._expiry = self._store.next_expiry()
        return Started(source="kernel", at=self._clock.boot(), id=uuid7(), rebooted=rebooted)

    def _make_room(self) -> None:
        for lane in (Lane.BULK, Lane.TELEMETRY):
            try:
                evicted = self._store.evict(lane)
                log.warning("store full evicted=%d lane=%d", evicted, lane)
            except sqlite3.OperationalError as error:
                log.debug("store cannot make room lane=%d error=%s", lane, error)

    def _prove_alive(self) -> None:
        try:
            with self._store.transaction():
                self._store.note_alive()
            self._store.maintain()
        except sqlite3.OperationalError as error:
            log.error("store refuses the proof of life error=%s", error)
            return
        self._outside.alive()
