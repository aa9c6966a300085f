"""A motion sensor (PIR) on a pin: somebody moves about, or nobody has for a while."""

from __future__ import annotations

import threading
from typing import Annotated, ClassVar

import msgspec

from agent.contract.driver import Accepts, Emit, Emits, Site
from agent.contract.signals import Presence
from drivers.pins import LOOK_S, Pin, watching

SHORTEST_S = 0.02
"""A pulse must last so long: shorter ones are interference on the wire."""


class MotionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A motion sensor with a switched output. It sees what moves, not who sits still."""

    pin: Pin
    """BCM number of the pin, 0 to 27."""
    pull_up: bool = False
    """False: the output goes to 3.3 V with motion (HC-SR501). True: it closes to ground."""
    closed_at_rest: bool = False
    """True: the output opens with motion, as those of alarm systems do; a cut wire then tells of
    motion and not of rest."""
    hold_s: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 60.0
    """Seconds without motion after which nobody counts as there."""


class Motion:
    """Emits `Presence` at the start and at each change."""

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (Presence,)
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: MotionSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._site = site
        self._edge = threading.Event()

    def wake(self) -> None:
        """See `Wakeful`."""
        self._edge.set()

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Watch the pin until *stop* is set.

        Raises:
            DriverUnavailable: the pin is missing or in use.
        """
        settings, clock, edge = self._settings, self._site.clock, self._edge
        with watching(self._site, settings.pin, settings.pull_up, edge) as contact:
            told: bool | None = None
            moved = clock.boot() - settings.hold_s
            while not stop.is_set():
                edge.clear()
                moves = contact.is_active != settings.closed_at_rest
                steady = not clock.wait(edge, due=SHORTEST_S if moves else None, beat=LOOK_S)
                if moves and steady and contact.is_active != settings.closed_at_rest:
                    moved = clock.boot()
                present = clock.boot() - moved < settings.hold_s
                if present != told:
                    told = present
                    emit(Presence(source=self.name, present=present))
                if moves and steady:
                    clock.wait(edge, beat=LOOK_S)
