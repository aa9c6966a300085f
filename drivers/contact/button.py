"""The big keys: one contact on one pin each."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import msgspec

from agent.contract.driver import Accepts, Emit, Emits, Site
from agent.contract.signals import Key
from drivers.pins import LOOK_S, Pin, watching

if TYPE_CHECKING:
    from gpiozero import InputDevice

log = logging.getLogger(__name__)

SAMPLES, SAMPLE_S = 10, 0.002
"""A key is pressed when it was closed in so many looks in a row: for 20 ms. A finger stays for 50;
shorter closures, also in long trains, are interference on the wire."""
KEPT_EDGES = 256
"""Edges that are kept until they are looked at: interference may make more in the meantime."""
STUCK_S = 60.0
"""Nobody holds a key for so long; it is reported in the log."""


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
    finger that trembles on the key, never make two presses, and a press is never late. A press that
    is over before a busy machine comes to look at it is told by the time stamps of its edges.
    A key that is already down when the driver starts is logged; it counts from its release.
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
        self._edges: deque[tuple[float, bool]] = deque(maxlen=KEPT_EDGES)
        self._closed_at: float | None = None

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Watch the pin until *stop* is set.

        Raises:
            DriverUnavailable: the pin is missing or in use.
        """
        settings = self._settings
        pin, edge = settings.pin, self._edge
        with watching(self._site, pin, settings.pull_up, edge, self._note) as contact:
            held = contact.is_active
            if held:
                log.warning("key-down-at-start driver=%s pin=%d", self.name, settings.pin)
            else:
                log.debug("key-watched driver=%s pin=%d", self.name, settings.pin)
            while not stop.is_set():
                if held:
                    if self._released(contact, stop):
                        emit(Key(source=self.name, key=settings.key, pressed=False))
                        held = False
                elif self._pressed(contact, stop):
                    emit(Key(source=self.name, key=settings.key, pressed=True))
                    held = True

    def wake(self) -> None:
        """See `Wakeful`."""
        self._edge.set()

    def _note(self, at: float, closed: bool) -> None:
        self._edges.append((at, closed))

    def _pressed(self, contact: InputDevice, stop: threading.Event) -> bool:
        """Whether a finger came within `LOOK_S`."""
        if not (self._clock.wait(self._edge, beat=LOOK_S) or contact.is_active):
            return False
        while not stop.is_set() and (self._edge.is_set() or contact.is_active):
            self._edge.clear()
            if self._was_closed() or self._closed_throughout(contact):
                return True
        return False

    def _was_closed(self) -> bool:
        """Whether it was closed without a break for long enough, and is open again."""
        while self._edges:
            at, closed = self._edges.popleft()
            since, self._closed_at = self._closed_at, at if closed else None
            if since is not None and not closed and at - since >= SAMPLES * SAMPLE_S:
                return True
        return False

    def _closed_throughout(self, contact: InputDevice) -> bool:
        """Whether it is closed without a break until all samples are taken."""
        for _ in range(SAMPLES):
            if not contact.is_active or self._clock.wait(self._edge, due=SAMPLE_S):
                return False
        return bool(contact.is_active)

    def _released(self, contact: InputDevice, stop: threading.Event) -> bool:
        """Wait until the contact rests open; False when *stop* came first."""
        stuck_at = self._clock.boot() + STUCK_S
        stuck = False
        while not stop.is_set():
            self._edge.clear()
            self._edges.clear()
            self._closed_at = None
            if not contact.is_active:
                rested = not self._clock.wait(self._edge, due=self._settings.debounce_s)
                if not rested or contact.is_active:
                    continue
                if stuck:
                    log.info("key-free driver=%s pin=%d", self.name, self._settings.pin)
                return True
            left = stuck_at - self._clock.boot()
            if not stuck and left <= 0:
                stuck = True
                log.warning("key-stuck driver=%s pin=%d", self.name, self._settings.pin)
            self._clock.wait(self._edge, due=None if stuck else left, beat=LOOK_S)
        return False
