"""Where every service stands: its state, what of it is on the disk, and its reminders."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from agent.contract.signals import Signal
from agent.core.guard import blamed
from agent.core.ids import uuid7
from agent.core.store.store import Reminder, Store
from agent.effects import Effect
from agent.messages import Due
from agent.services.service import AnyService

log = logging.getLogger(__name__)


@dataclass
class Outcome:
    """What a batch comes to; taken over in memory only when it is on the disk."""

    states: dict[str, Any] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)
    reminders: dict[tuple[str, str], float | None] = field(default_factory=dict)
    effects: list[tuple[str, Effect]] = field(default_factory=list)
    stepped: dict[str, tuple[int, Signal]] = field(default_factory=dict)
    """By service: the last signal that it answered, and where in the batch that stood."""
    recorded: bool = False


class Before(NamedTuple):
    """What a burst that the store did not take is put back to."""

    states: dict[str, Any]
    stored: dict[str, bytes]
    reminders: dict[tuple[str, str], float]


class Standing:
    """Knows where every service stands. Used by the kernel's thread only."""

    def __init__(self, services: Sequence[AnyService]) -> None:
        self.exchange(services)
        self._states: dict[str, Any] = {}
        self._stored: dict[str, bytes] = {}
        self._reminders: dict[tuple[str, str], float] = {}
        self._encode = msgspec.msgpack.Encoder().encode

    def exchange(self, services: Sequence[AnyService]) -> None:
        """Go on with *services* of the same names, with the states of those before."""
        self._services = {service.name: service for service in services}

    def resume(self, stored: Mapping[str, bytes], reminders: Iterable[Reminder]) -> None:
        """Begin where the life before has ended; a service whose state is unreadable, anew."""
        for name, service in self._services.items():
            state = service.initial()
            data = stored.get(name)
            if data is not None:
                try:
                    state = msgspec.msgpack.decode(data, type=type(state))
                    self._stored[name] = data
                except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                    log.error("state unreadable, begun anew service=%s error=%s", name, error)
            self._states[name] = state
        self._reminders = {(r.service, r.name): r.due for r in reminders}

    def state(self, service: str) -> Any:
        """The state of *service* after the last batch."""
        return self._states[service]

    # -- a batch ---------------------------------------------------------------------------

    def write(self, store: Store, outcome: Outcome) -> None:
        """Write what *outcome* changes; in memory nothing changes.

        Raises:
            Failed: what a service wants to be kept cannot be written.
        """
        for (service, name), due in outcome.reminders.items():
            try:
                store.remind(service, name, due)
            except Exception as error:
                position, signal = outcome.stepped[service]
                raise blamed(position, service, signal, error) from error
        for service, state in outcome.states.items():
            try:
                data = self._encode(self._services[service].durable(state))
            except Exception as error:
                position, signal = outcome.stepped[service]
                raise blamed(position, service, signal, error) from error
            if data != self._stored.get(service):
                store.save_state(service, data)
                outcome.stored[service] = data

    def write_all(self, store: Store, outcome: Outcome) -> None:
        """Write every state and reminder: the store may hold older ones, or none."""
        store.note_boot()
        for name, state in self._states.items():
            data = self._encode(self._services[name].durable(state))
            store.save_state(name, data)
            outcome.stored[name] = data
        for (service, name), due in self._reminders.items():
            store.remind(service, name, due)

    def take(self, outcome: Outcome) -> None:
        """Stand where *outcome* leads to."""
        self._states.update(outcome.states)
        self._stored.update(outcome.stored)
        for key, due in outcome.reminders.items():
            if due is None:
                self._reminders.pop(key, None)
            else:
                self._reminders[key] = due

    def keep(self) -> Before:
        """What all this is now."""
        return Before(self._states.copy(), self._stored.copy(), self._reminders.copy())

    def restore(self, before: Before) -> None:
        """As it was."""
        self._states, self._stored, self._reminders = before

    # -- time ------------------------------------------------------------------------------

    def due(self, now: float, *, vital: bool) -> list[Signal]:
        """The reminders whose time has come at *now*, the oldest first.

        Args:
            vital: only of the services that act while nothing can be recorded.
        """
        waiting = self._waiting(vital)
        # A reminder is taken off only by the commit that answers it.
        return [
            Due(source="kernel", at=now, id=uuid7(), service=service, name=name)
            for when, (service, name) in sorted((when, key) for key, when in waiting.items())
            if when <= now
        ]

    def next_due(self, *, vital: bool) -> float | None:
        """When the next reminder is due, in seconds of the boot-time clock; None: there is none."""
        return min(self._waiting(vital).values(), default=None)

    def _waiting(self, vital: bool) -> dict[tuple[str, str], float]:
        if not vital:
            return self._reminders
        names = {service.name for service in self._services.values() if service.vital}
        return {key: when for key, when in self._reminders.items() if key[0] in names}
