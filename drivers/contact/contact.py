"""A reed contact or switch on a pin: a door, a lid, a privacy shutter."""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import Annotated, ClassVar

import msgspec

from agent.contract.driver import Accepts, Emit, Emits, Site
from agent.contract.signals import Contact as ContactSignal
from drivers.pins import LOOK_S, Pin, watching

log = logging.getLogger(__name__)

UNREST_S = 2.0
"""A contact that has not come to rest for so long is not closed."""


class ContactSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A contact in a loop between a pin and ground, or between a pin and 3.3 V.

    Wire it so that the loop is closed when all is as it should be: a cut wire, a pulled plug
    and a stolen magnet then read as open. A short circuit cannot be told from closed.
    """

    pin: Pin
    """BCM number of the pin, 0 to 27."""
    pull_up: bool = True
    """True: the contact connects the pin to ground. False: to 3.3 V."""
    tamper_pin: Pin | None = None
    """BCM number of a pin with a second loop, closed while the sensor's cover and cable are
    whole; none: there is none."""
    debounce_s: Annotated[float, msgspec.Meta(ge=0.05, le=5)] = 0.05
    """A new state must have lasted for so long without a break."""


class Contact:
    """Emits `Contact` with the state at the start, and at each change.

    A loop that flutters without rest, as a loose wire does, is reported as open; a second loop
    that is open, or flutters, tells that the sensor was tampered with.
    """

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (ContactSignal,)
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: ContactSettings, site: Site) -> None:
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
        with contextlib.ExitStack() as held:
            contact = held.enter_context(watching(self._site, settings.pin, settings.pull_up, edge))
            cover = None
            if settings.tamper_pin is not None:
                # Looked at, not waited for: what was opened stays open for a while
                cover = held.enter_context(
                    watching(self._site, settings.tamper_pin, settings.pull_up, threading.Event())
                )
            told: tuple[bool, bool] | None = None
            rested = clock.boot()
            whole = True
            while not stop.is_set():
                edge.clear()
                closed = contact.is_active
                whole_before, whole = whole, cover is None or cover.is_active
                # A cover counts as open, or as whole again, at the second look
                tampered = not whole if whole == whole_before else bool(told and told[1])
                due = None if (closed, tampered) == told else settings.debounce_s
                if clock.wait(edge, due, beat=LOOK_S) or contact.is_active != closed:
                    if clock.boot() - rested < UNREST_S:
                        continue
                    closed = False
                else:
                    rested = clock.boot()
                if (closed, tampered) != told:
                    told = closed, tampered
                    emit(ContactSignal(source=self.name, closed=closed, tampered=tampered))
