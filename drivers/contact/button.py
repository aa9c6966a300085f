"""The big keys: one contact on one pin each."""

from __future__ import annotations

import logging
import math
import threading
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import msgspec

from agent.contract.driver import Accepts, Emit, Emits, Site
from agent.contract.signals import Key
from drivers.pins import LOOK_S, Pin, watching

if TYPE_CHECKING:
    from gpiozero import InputDevice

log = logging.getLogger(__name__)

CLOSED_S = 0.02
"""A key is pressed when it was closed for so long without a break. A finger stays for 50 ms;
shorter closures, also in long trains, are interference on the wire."""
KEPT_EDGES = 256
"""Edges that are kept until they are looked at: interference may make more in the meantime."""
STUCK_S = 60.0
"""Nobody holds a key for so long; it is reported in the log."""


Edge = tuple[float, bool]
"""When, in seconds by the pins' clock, and whether the contact is closed since."""


class ButtonSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key between a pin and ground, or between a pin and 3.3 V."""

    pin: Pin
    """BCM number of the pin, 0 to 27."""
    key: Literal["up", "down", "enter", "back", "help"]
    """Which key of the kiosk this is."""
    pull_up: bool = True
    """True: the key connects the pin to ground. False: to 3.3 V."""
    debounce_s: Annotated[float, msgspec.Meta(ge=0.05, le=1)] = 0.05
    """A released key must have been open for so long without a break."""


class Button:
    """Emits `Key` when the contact closes and when it has opened for good.

    A press is reported after 20 ms, a release only after `debounce_s` of rest: so bounce, and a
    finger that trembles on the key, never make two presses, and a press is never late. What is
    over before a busy machine comes to look at it is told by the time stamps of its edges: two
    presses then are two. A key that is already down when the driver starts is logged; it counts
    from its release.
    """

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (Key,)
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: ButtonSettings, site: Site) -> None:
        self.name = name
        self._settings = settings
        self._site = site
        self._clock = site.clock
        self._edge = threading.Event()
        self._edges: deque[Edge] = deque()

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Watch the pin until *stop* is set.

        Raises:
            DriverUnavailable: the pin is missing or in use.
        """
        settings = self._settings
        with watching(
            self._site, settings.pin, settings.pull_up, self._edge, self._note
        ) as contact:
            finger = Finger(contact.is_active, settings.debounce_s)
            if finger.down:
                log.warning("key-down-at-start driver=%s pin=%d", self.name, settings.pin)
            else:
                log.debug("key-watched driver=%s pin=%d", self.name, settings.pin)
            stuck_at, stuck = self._clock.boot() + STUCK_S, False
            while not stop.is_set():
                for pressed in self._changes(contact, finger, stuck_at):
                    emit(Key(source=self.name, key=settings.key, pressed=pressed))
                    stuck_at = self._clock.boot() + STUCK_S
                if stuck and not finger.down:
                    log.info("key-free driver=%s pin=%d", self.name, settings.pin)
                    stuck = False
                elif not stuck and finger.down and self._clock.boot() >= stuck_at:
                    log.warning("key-stuck driver=%s pin=%d", self.name, settings.pin)
                    stuck = True

    def wake(self) -> None:
        """See `Wakeful`."""
        self._edge.set()

    def _note(self, at: float, closed: bool) -> None:
        if len(self._edges) >= KEPT_EDGES:
            self._edges.clear()
            at = math.inf  # how long the level before it lasted, nobody knows any more
        self._edges.append((at, closed))

    def _changes(self, contact: InputDevice, finger: Finger, stuck_at: float) -> Iterator[bool]:
        """What the finger did, told by the edges that came, or by none for long enough."""
        if finger.needs_s is not None:
            quiet = not self._clock.wait(self._edge, due=finger.needs_s)
        else:
            left = stuck_at - self._clock.boot()
            due = left if finger.down and left > 0 else None
            quiet = not self._clock.wait(self._edge, due=due, beat=LOOK_S)
        self._edge.clear()
        while self._edges:
            quiet = False  # it came in the very moment in which the wait was over
            yield from finger.edge(*self._edges.popleft())
        if quiet:
            yield from finger.rest(contact.is_active)


class Finger:
    """Tells a finger from bounce and interference, by how long a level lasts without a break.

    It is *down* from the beginning where the contact is *closed* then.
    """

    def __init__(self, closed: bool, open_s: float) -> None:
        self.down = closed
        self._open_s = open_s
        self._closed = closed
        self._since = math.inf

    @property
    def needs_s(self) -> float | None:
        """For how long the level of now must last to count; None: it is what counts already."""
        if self._closed == self.down:
            return None
        return CLOSED_S if self._closed else self._open_s

    def edge(self, at: float, closed: bool) -> Iterator[bool]:
        """The level changed; *at* is infinite where nobody knows when."""
        if self.needs_s is not None and at - self._since >= self.needs_s and at < math.inf:
            yield self._turn()
        self._closed, self._since = closed, at

    def rest(self, closed: bool) -> Iterator[bool]:
        """No edge came for `needs_s`, or for a while, and the contact now is as *closed* says."""
        if closed != self._closed:  # an edge was lost
            self._closed, self._since = closed, math.inf
        elif self.needs_s is not None:
            yield self._turn()

    def _turn(self) -> bool:
        self.down = self._closed
        return self.down
