"""One thread that owns all state: signals in, one commit, then effects.

A batch of signals is handed to the services; the states and records that come of it are
written in one transaction; only after the commit anything is spoken, shown, driven or sent.
So the kiosk never says what it could still forget.

Nothing that happens in here ends the thread. Who raises is set aside with what they raised at
(a dead letter) and goes on from their last good state; the others do not notice.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from agent.contract.signals import DeviceBack, Heard, Key, Scanned, Signal, Unreadable
from agent.core.backlog import Backlog, refuses
from agent.core.clock import Clock
from agent.core.guard import Failed, Failure, Guard, blamed
from agent.core.ids import uuid7
from agent.core.in_hand import InHand, returning, start_of
from agent.core.inbox import Inbox
from agent.core.memento import Memento
from agent.core.outlet import Outlet, Outside
from agent.core.receipts import Receipts
from agent.core.standing import Outcome, Standing
from agent.core.stepping import Stepper
from agent.core.store.store import Reminder, Store
from agent.dialogue.dialogue import Dialogue
from agent.effects import Hide, Record, Say, Show, Urgency
from agent.messages import (
    Action,
    Command,
    DeviceDown,
    Due,
    Started,
    StoreDamaged,
)
from agent.services.service import AnyService

log = logging.getLogger(__name__)

_ALIVE = 20.0
"""Seconds between proofs of life: a real commit, a look at each driver."""

_PROOF = 60.0
"""Seconds within which something was really committed, or a proof of life is."""

_NOTE = 600.0
"""Seconds within which it is noted how long this boot has lasted, and what time it is."""

_TOO_OFTEN = 2
"""So many ends of the process while one command or reminder was handled set it aside."""

_TOO_OFTEN_AT_START = 3
"""Likewise for a service that goes on where it was: then it begins anew."""

_LONGEST_WAIT = 3600.0
"""Seconds for which the kernel sleeps at the most."""


_KERNEL = "kernel"
"""The part that failed when it was no service."""

OfPeople = Key | Action | Heard | Scanned | Unreadable
"""What somebody does who stands before the kiosk."""


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
        data: Path,
    ) -> None:
        """Put the parts together.

        Args:
            data: folder for what could not be handled.
        """
        self._listening = list(services)
        self._dialogue = dialogue
        self._store = store
        self._backlog = Backlog(store, clock)
        self._commits, self._proven_at, self._noted_at = 0, float("-inf"), float("-inf")
        self._inbox = inbox
        self._clock = clock
        self._outside = outside
        self._receipts = Receipts(store, clock)
        self._standing = Standing(services)
        self._stop = threading.Event()
        self._guard = Guard(data, clock)
        self._outlet = Outlet(dialogue, outside, self._guard, clock)
        self._in_hand = InHand(data)
        self._stepper = Stepper(store, clock, self._standing, self._receipts, self._in_hand)
        self._taking_back = False
        self._between: deque[Callable[[], None]] = deque()

    def between(self, work: Callable[[], None]) -> None:
        """Do *work* on this thread, between two batches. Called from any thread."""
        self._between.append(work)
        self._inbox.wake()

    def exchange(self, services: Sequence[AnyService]) -> None:
        """Go on with *services* of the same names, with the states of those before. On the
        kernel's thread."""
        self._standing.exchange(services)
        self._listening = list(services)

    def run(self, stop: threading.Event, ready: Callable[[], None]) -> None:
        """Resume what was under way, call *ready*, and work until *stop* is set."""
        self._stop = stop
        started = self._resume()
        # What has come due meanwhile is for services that have heard this.
        self._guard.run(_KERNEL, started, lambda: self._handle_each([started], None))
        ready()
        proven = self._clock.boot()
        while not stop.is_set():
            while self._between:
                self._guard.run(_KERNEL, "between", self._between.popleft())
            now = self._clock.boot()
            batch = self._inbox.take(self._due_in(now), self._beat(now, proven + _ALIVE))
            # What slips through all other guards costs its batch, not the kiosk.
            self._guard.run(_KERNEL, batch, partial(self._handle, batch))
            now = self._clock.boot()
            if now - proven >= _ALIVE:
                proven = now
                self._prove_alive()

    # -- one batch -------------------------------------------------------------------------

    def _handle(self, batch: list[Signal]) -> None:
        now = self._clock.boot()
        signals = [*self._standing.due(now, vital=self._backlog.refusing != ""), *batch]
        idle = self._guard.run("dialogue", "tick", lambda: self._dialogue.tick(now))
        if idle is not None:
            signals.append(idle)
        people = sum(isinstance(signal, OfPeople) for signal in signals)
        if people < 2 or self._backlog.refusing or not self._handle_at_once(signals, idle):
            self._handle_each(signals, idle)

    def _handle_at_once(self, signals: list[Signal], idle: Signal | None) -> bool:
        """A burst of keys in one commit: nothing goes out before all of it is on the disk.

        Returns:
            False: the store did not take it; everything is as it was before.
        """
        before, known = self._standing.keep(), self._receipts.keep()
        memento = Memento(self._dialogue)
        self._outlet.hold()
        try:
            with self._store.transaction():
                self._handle_each(signals, idle)
        except Exception as error:
            memento.restore()
            self._outlet.drop()
            self._standing.restore(before)
            self._receipts.restore(known)
            if not refuses(error):
                raise
            log.info("a burst is taken one by one signals=%d error=%s", len(signals), error)
            return False
        self._outlet.release()
        return True

    def _handle_each(self, signals: list[Signal], idle: Signal | None) -> None:
        part: list[Signal] = []
        for signal in signals:
            self._observe(signal)
            if isinstance(signal, StoreDamaged):
                self._backlog.mend(signal.reason)
            if not isinstance(signal, OfPeople):
                part.append(signal)
                continue
            # What a key means depends on the screen that the signals before it lead to.
            self._settle(part)
            part = []
            meant = signal if signal is idle else self._meaning(signal, self._dialogue.interpret)
            while meant is not None:
                self._settle([meant])
                meant = self._meaning(signal, self._dialogue.follow)
        self._settle(part)
        if self._guard.waiting:
            self._settle([])

    def _meaning(self, signal: OfPeople, ask: Callable[[Any], Signal | None]) -> Signal | None:
        return self._guard.run("dialogue", signal, lambda: ask(signal))

    def _observe(self, signal: Signal) -> None:
        self._guard.run("dialogue", signal, lambda: self._dialogue.observe(signal))

    def _settle(self, signals: list[Signal]) -> None:
        """Commit what comes of *signals* and let it out; who fails is set aside."""
        if self._backlog.refusing and self._clock.boot() >= self._backlog.retry_at:
            self._recover()
        if self._backlog.refusing:
            self._settle_unrecorded(signals)
            return
        keys = [key for signal in signals if (key := returning(signal))]
        if len(signals) > 1 and any(self._in_hand.ended(key) for key in keys):
            self._settle_singly(signals)  # one of them has ended the process: which?
            return
        failures: list[Failure] = []
        if len(signals) == 1 and any(self._in_hand.ended(key) >= _TOO_OFTEN for key in keys):
            ended = RuntimeError(f"has ended the process {_TOO_OFTEN} times")
            failures.append(Failure(0, _KERNEL, signals[0], ended))
        try:
            outcome = self._commit_in_time(signals, failures, keys)
        except Failed:
            self._settle_singly(signals)
            return
        self._tell_repaired()
        if outcome is None:
            reason = self._backlog.refusing
            log.error("store refuses, nothing is recorded error=%s", reason)
            self._inbox.put(DeviceDown(source="store", reason=reason))
            self._settle_unrecorded(signals)
        else:
            self._apply(outcome)
            self._in_hand.finish(keys)

    def _settle_singly(self, signals: list[Signal]) -> None:
        for signal in signals:
            self._settle([signal])

    def _commit_in_time(
        self, signals: list[Signal], failures: list[Failure], keys: list[str]
    ) -> Outcome | None:
        """Commit, with a few attempts; None: the store refuses.

        Args:
            keys: what is in hand from here on, and still is when this returns an outcome.

        Raises:
            Failed: somebody failed at one of several signals.
        """
        outcomes: list[Outcome] = []
        while True:
            self._in_hand.begin(keys)
            try:
                if self._outlet.holding:  # what becomes of it is decided with the whole burst
                    return self._commit(signals, failures)
                # Nobody was told anything yet, so the same signals can simply be taken again.
                done = self._backlog.attempt(
                    lambda: outcomes.append(self._commit(signals, failures)), self._stop
                )
            except Failed as failed:
                self._in_hand.release(keys)
                if len(signals) > 1:
                    raise
                failures.append(failed.failure)
            else:
                if not done:
                    self._in_hand.release(keys)
                    return None
                return outcomes[-1]

    def _commit(self, signals: list[Signal], failures: list[Failure]) -> Outcome:
        """Let the services answer, and write what comes of it; changes nothing in memory.

        Raises:
            Failed: somebody has raised who is not among *failures*, which are passed over.
        """
        outcome = Outcome()
        passed_over = {(failure.position, failure.part) for failure in failures}
        with self._store.transaction():
            if self._backlog.anew:
                self._standing.write_all(self._store, outcome)
            waiting = deque(signals)
            waiting.extend(self._receipts.expired())
            position = -1
            while waiting:
                position, signal = position + 1, waiting.popleft()
                if isinstance(signal, Due):
                    outcome.reminders[signal.service, signal.name] = None
                if (position, _KERNEL) in passed_over:
                    self._forget(signal)
                    continue
                try:
                    known = self._stepper.admitted(signal)
                    if known is None:
                        continue
                    waiting.extend(self._receipts.derived(known))
                except Exception as error:
                    raise blamed(position, _KERNEL, signal, error) from error
                for service in self._listening:
                    place = position, service.name
                    if place in passed_over or not isinstance(known, service.listens):
                        continue
                    try:
                        outcome.stepped[service.name] = position, known
                        waiting.extend(self._stepper.step(service, known, outcome, self._store))
                    except Exception as error:
                        raise blamed(*place, known, error) from error
            outcome.recorded |= self._receipts.anew
            self._standing.write(self._store, outcome)
            everything = [*self._guard.waiting, *failures]
            for letter in self._guard.news(everything):
                self._store.append(Record(letter, letter.part), self._clock.boot())
                outcome.recorded = True
            self._receipts.note_expiry()
        self._receipts.anew = False
        self._guard.bury(everything)
        self._guard.waiting = []
        return outcome

    def _forget(self, signal: Signal) -> None:
        """See to it that what is passed over does not come again."""
        if isinstance(signal, Command):
            self._store.first_time(signal.command_id)

    # -- a store that refuses --------------------------------------------------------------

    def _settle_unrecorded(self, signals: list[Signal]) -> None:
        """Let those services act that may while nothing can be recorded; the rest hears later."""
        outcome = Outcome()
        for signal in signals:
            effects = len(outcome.effects)
            if isinstance(signal, Due):
                outcome.reminders[signal.service, signal.name] = None
            for service in self._listening:
                if service.vital and isinstance(signal, service.listens):
                    step = partial(self._stepper.step, service, signal, outcome, self._backlog)
                    self._guard.run(service.name, signal, step)
            self._backlog.park(signal)
            if isinstance(signal, Action) and effects == len(outcome.effects):
                outcome.effects.append(("kernel", Say("store.down", urgency=Urgency.ANSWER)))
        self._apply(outcome)

    def _recover(self) -> None:
        """Write what was kept, if the store takes it; then let the others hear what they missed."""
        outcome = Outcome()

        def write() -> None:
            with self._store.transaction():
                self._backlog.write()
                self._standing.write_all(self._store, outcome)

        if not self._backlog.attempt(write, self._stop):
            return
        outcome.recorded = True
        self._receipts.note_expiry()
        self._receipts.note_sequences()
        parked = self._backlog.written()
        self._tell_repaired()
        self._apply(outcome)
        self._inbox.put(DeviceBack(source="store"))
        everybody = self._listening
        self._listening = [service for service in everybody if not service.vital]
        try:
            self._settle(parked)
        finally:
            self._listening = everybody

    def _tell_repaired(self) -> None:
        self._backlog.anew = False
        for done in (*self._backlog.done, *self._store.repaired):
            self._inbox.put(DeviceDown(source="store", reason=done))
            self._inbox.put(DeviceBack(source="store"))
        self._backlog.done.clear()

    @property
    def recording(self) -> bool:
        """Whether what the kernel has handled is on the disk."""
        return not self._backlog.refusing

    def _apply(self, outcome: Outcome) -> None:
        """Take over what is on the disk, or cannot be now, and let the world know."""
        self._standing.take(outcome)
        if outcome.recorded:
            self._outlet.send()
        shows = {service for service, effect in outcome.effects if isinstance(effect, Show)}
        failed = {
            service
            for service, effect in outcome.effects
            if not self._guard.works(
                service, effect, partial(self._outlet.perform, service, effect)
            )
        }
        unseen = shows & failed
        if not self._outlet.publish():
            # Whoever asked for this picture has asked for one that cannot be drawn.
            unseen = shows
            for service in shows:
                self._guard.run(service, "hide", partial(self._outlet.perform, service, Hide()))
            self._outlet.publish()
        if unseen and not self._taking_back:
            self._take_back(unseen)

    def _take_back(self, services: set[str]) -> None:
        """What these services believe to be on the screen is not: as if everybody had left."""
        self._taking_back = True
        try:
            for service in sorted(services):
                at = self._clock.boot()
                self._settle(
                    [
                        Action(
                            source=_KERNEL,
                            at=at,
                            id=uuid7(),
                            action="home",
                            by="idle",
                            service=service,
                        )
                    ]
                )
        finally:
            self._taking_back = False

    # -- beginning, sleep, proof of life -------------------------------------------------

    def _resume(self) -> Signal:
        stored, reminders, last_boot = self._stored_before()
        for service in self._listening:
            name = service.name
            if self._in_hand.ended(start_of(name)) >= _TOO_OFTEN_AT_START:
                ended = RuntimeError(f"has ended the process {_TOO_OFTEN_AT_START} times at start")
                self._guard.waiting.append(Failure(0, name, stored.pop(name, None), ended))
                self._in_hand.finish([start_of(name)])
        self._standing.resume(stored, reminders)
        rebooted = last_boot not in ("", self._clock.boot_id)
        if not self._backlog.attempt(self._begin, self._stop):
            self._inbox.put(DeviceDown(source="store", reason=self._backlog.refusing))
        self._tell_repaired()
        return Started(source="kernel", at=self._clock.boot(), id=uuid7(), rebooted=rebooted)

    def _stored_before(self) -> tuple[dict[str, bytes], list[Reminder], str]:
        """What the life before has left, as far as it can be read."""
        for _ in range(2):
            try:
                return dict(self._store.states()), self._store.reminders(), self._store.last_boot()
            except Exception as error:
                if not refuses(error):
                    raise
                log.error("what was stored cannot be read error=%s", error)
                self._backlog.mend(str(error))
        return {}, [], ""

    def _due_in(self, now: float) -> float | None:
        """Seconds from *now* until something is due without being asked; None: nothing is."""
        refusing = self._backlog.refusing != ""
        expiry = self._backlog.retry_at if refusing else self._receipts.expiry
        deadline = self._guard.run("dialogue", "next_deadline", self._dialogue.next_deadline)
        reminder = self._standing.next_due(vital=refusing)
        times = [t for t in (reminder, expiry, deadline) if t is not None]
        return min(_LONGEST_WAIT, max(0.0, min(times) - now)) if times else None

    def _beat(self, now: float, alive_at: float) -> float:
        """Seconds until a proof of life is due, or the time on the screen is no longer right."""
        minute = self._dialogue.minute_at
        return max(0.0, min(alive_at, minute if minute > now else alive_at) - now)

    def _begin(self) -> None:
        with self._store.transaction():
            self._store.note_boot()
        self._receipts.note_expiry()

    def _prove_alive(self) -> None:
        """Hold that records reach the disk, unless one just has; see that the drivers live.

        A store that refuses is said on the screen; it is no reason to be restarted, and to
        leave somebody on the floor alone meanwhile.
        """
        now = self._clock.boot()
        if not self._backlog.refusing and now - self._proven_at >= _PROOF:
            self._proven_at = now
            if not self._backlog.attempt(self._maintain, self._stop):
                self._inbox.put(DeviceDown(source="store", reason=self._backlog.refusing))
            self._tell_repaired()
        self._outside.alive()

    def _maintain(self) -> None:
        now = self._clock.boot()
        # A commit of just now has proven as much.
        if self._store.commits == self._commits or now - self._noted_at >= _NOTE:
            with self._store.transaction():
                self._store.note_alive()
            self._noted_at = now
        self._store.maintain()
        self._guard.forget()
        self._commits = self._store.commits
