"""What every service is: a pure state machine, a function from signal to effects."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, TypeVar

import msgspec

from agent.contract.signals import Signal
from agent.effects import Effect

State = TypeVar("State", bound=msgspec.Struct)
"""Immutable; stored as msgpack. Fields may be added with defaults, not renamed."""


class Service(Protocol[State]):
    """One thing that the kiosk does for people.

    Services never touch hardware, disk, network or the clock: time comes as `Signal.at`,
    and what they want done they return as effects, which are carried out after the commit.
    """

    name: ClassVar[str]
    listens: ClassVar[tuple[type[Signal], ...]]
    """Kinds of signal that `step` is called with."""

    vital: ClassVar[bool]
    """Goes on while nothing can be recorded: asks, calls, warns, and promises nothing that
    could be forgotten. Its records are kept in memory until they can be written."""

    def initial(self) -> State:
        """The state of a kiosk fresh from its box."""

    def durable(self, state: State) -> State:
        """The part of *state* worth a write to the disk; the rest starts anew after a restart."""

    def step(self, state: State, signal: Signal) -> tuple[State, list[Effect]]:
        """Answer *signal*: the new state, and what is to be done."""


AnyService = Service[Any]
