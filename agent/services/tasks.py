"""The task of something that is watched: 发现, 派单, 整改, 销项, and the reminders in between.

Whoever watches it says when there is a task and when it has ended; here is how it goes on until
then.
"""

from __future__ import annotations

from typing import Literal, Protocol, TypeVar

import msgspec
from msgspec.structs import replace

from agent.effects import Remind

WaitsFor = Literal["crew", "clearance", "agreement"]
"""crew: nobody has taken it (派单); clearance: it is taken, and as before (整改); agreement: it was
reported as done, and what is measured says otherwise."""


class Tasked(msgspec.Struct, frozen=True):
    """Base of what is known of a thing that may have a task."""

    task: str = ""
    """Id of its task; empty: there is none."""
    waits_for: WaitsFor = "crew"
    crew: str = ""
    """Who has it; empty: nobody."""
    reminded: int = 0
    """How often this stage of it was overdue."""


class Hours(Protocol):
    """From the settings of the thing: hours until a task is overdue…"""

    @property
    def assign_h(self) -> float:
        """…that nobody has taken."""

    @property
    def clear_h(self) -> float:
        """…that somebody has taken."""

    @property
    def remind_h(self) -> float:
        """…once more."""


Thing = TypeVar("Thing", bound=Tasked)


def found(thing: Thing, name: str, task: str, hours: Hours) -> tuple[Thing, Remind]:
    """发现: *task* begins; *name* is the thing's short name."""
    thing = replace(thing, task=task, waits_for="crew", crew="", reminded=0)
    return thing, _remind(name, hours.assign_h * 3600)


def assigned(thing: Thing, name: str, crew: str, hours: Hours) -> tuple[Thing, Remind]:
    """派单: *crew* has it."""
    thing = replace(thing, waits_for="clearance", crew=crew, reminded=0)
    return thing, _remind(name, hours.clear_h * 3600)


def disputed(thing: Thing, name: str, after_s: float) -> tuple[Thing, Remind]:
    """整改: it was reported as done. What is measured has *after_s* seconds to say so too."""
    return replace(thing, waits_for="agreement", reminded=0), _remind(name, after_s)


def overdue(thing: Thing, name: str, hours: Hours) -> tuple[Thing, Remind]:
    """It was said that it is late; that is said again and again."""
    return replace(thing, reminded=thing.reminded + 1), _remind(name, hours.remind_h * 3600)


def closed(thing: Thing, name: str) -> tuple[Thing, Remind]:
    """销项: it has ended."""
    return replace(thing, task="", waits_for="crew", crew="", reminded=0), _remind(name, None)


def _remind(name: str, after_s: float | None) -> Remind:
    return Remind(f"task.{name}", after_s)
