"""What goes out of the kernel, and when: at once, or when a whole burst is on the disk."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from agent.contract.orders import Order
from agent.core.clock import Clock
from agent.core.guard import Guard
from agent.dialogue.dialogue import Dialogue
from agent.dialogue.snapshot import Snapshot
from agent.effects import Drive, Effect, Slip


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


class Outlet:
    """Carries out effects, and puts pictures on the page. Used by the kernel's thread only."""

    def __init__(self, dialogue: Dialogue, outside: Outside, guard: Guard, clock: Clock) -> None:
        self._dialogue = dialogue
        self._outside = outside
        self._guard = guard
        self._clock = clock
        self._held: list[tuple[str, object, Callable[[], None]]] | None = None
        """What goes out when the burst in hand is on the disk; None: there is no burst."""

    @property
    def holding(self) -> bool:
        """A burst is in hand."""
        return self._held is not None

    def hold(self) -> None:
        """Let nothing out until `release` or `drop`."""
        self._held = []

    def drop(self) -> None:
        """The burst is not on the disk: nothing of it goes out."""
        self._held = None

    def release(self) -> None:
        """The burst is on the disk: let all of it out, in order."""
        held, self._held = self._held or [], None
        for part, what, act in held:
            self._guard.run(part, what, act)

    def send(self) -> None:
        """Records wait for upstream."""
        self.let_out("uplink", "send", self._outside.send)

    def perform(self, service: str, effect: Effect) -> None:
        """Carry out an effect of *service*."""
        if isinstance(effect, Slip):
            effect = Drive(effect.device, self._dialogue.written(effect))
        if isinstance(effect, Drive):
            drive = partial(self._outside.drive, effect.device, effect.order)
            self.let_out(service, effect, drive)
        else:
            self._dialogue.perform(service, effect)

    def publish(self) -> bool:
        """Show and say what is new; False when there is no picture to be made of it."""
        now, wall = self._clock.boot(), self._clock.time_of_day
        pictures = list[Snapshot | None]()
        drawn = self._guard.works(
            "dialogue", "publish", lambda: pictures.append(self._dialogue.publish(now, wall))
        )
        for snapshot in filter(None, pictures):
            self.let_out("page", "show", partial(self._outside.show, snapshot))
        for told in self._guard.run("dialogue", "orders", self._dialogue.orders) or ():
            self.let_out(told.role, told.order, partial(self._outside.tell, told.role, told.order))
        for lamp in self._guard.run("dialogue", "drives", self._dialogue.drives) or ():
            self.let_out("dialogue", lamp, partial(self._outside.drive, lamp.device, lamp.order))
        return drawn

    def let_out(self, part: str, what: object, act: Callable[[], None]) -> None:
        """Do what is seen and heard outside: now, or when the burst is on the disk."""
        if self._held is None:
            self._guard.run(part, what, act)
            return
        if what in ("show", "send"):  # of many pictures the last is seen
            self._held = [held for held in self._held if held[:2] != (part, what)]
        self._held.append((part, what, act))
