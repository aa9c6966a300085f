"""GPIO pins with something on their other end: keys, lamps, echo sensors.

`MockPins` is for the daemon's own process. `PinBridge` lets another process work them
through a `PinClient`: the bench presses a key while the daemon runs, dies and runs again.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from gpiozero.pins.mock import MockFactory, MockPin, PinState

Observer = Callable[[int, bool | None], None]
"""Told the BCM pin and its level; None when the daemon no longer drives the pin."""

SOUND_MM_S = 343_400
NO_TARGET_S = 0.038
"""How long an HC-SR04 holds its echo pin high when nothing comes back."""


class WiredPin(MockPin):  # type: ignore[misc]
    """A pin that a contact, or an echo sensor, may pull against its pull resistor."""

    def __init__(self, factory: WiredFactory, info: Any) -> None:
        self._wire = threading.RLock()
        self._closed = False
        self._told: bool | None = None
        self.fallen: Callable[[], None] | None = None
        """Called when the daemon has driven this pin high and then low."""
        super().__init__(factory, info)

    def clear_states(self) -> None:
        super().clear_states()
        # gpiozero keeps every change for ever; the bench runs for days
        self.states: deque[PinState] = deque(self.states, maxlen=256)

    @property
    def driven(self) -> bool | None:
        """Level that the daemon drives: True is high. None while it does not."""
        return self._told

    @property
    def watched(self) -> bool:
        """The daemon waits for edges of this pin."""
        return self._when_changed is not None

    def _enable_event_detect(self) -> None:
        super()._enable_event_detect()
        self.factory.watching(self._number)

    def contact(self, closed: bool, at: float | None = None) -> None:
        """Connect the pin to the opposite of its pull: ground, when it is pulled up.

        Args:
            at: time stamp of the edge, on the monotonic clock; None: now.
        """
        with self._wire:
            self._closed = closed
            if self.function == "input":
                self._settle(at)

    def pulse(self, seconds: float) -> None:
        """Go high for so long. Edges carry exact time stamps, as the kernel's do, and take no
        time: a sleep would be a millimetre off for every 6 µs."""
        with self._wire:
            now = time.monotonic()
            for level, at in ((True, now), (False, now + seconds)):
                self._state, self._last_change = level, at
                if self._when_changed is not None:
                    self._call_when_changed()

    def _settle(self, at: float | None = None) -> None:
        level = self._closed != (self._get_pull() == "up")
        if self._change_state(level):
            self._last_change = at or self._last_change
            if self._when_changed is not None:
                self._call_when_changed()

    def _set_pull(self, value: str) -> None:
        with self._wire:
            super()._set_pull(value)
            self._settle()

    def _set_function(self, value: str) -> None:
        with self._wire:
            super()._set_function(value)
        if value == "input":
            self._tell(None)

    def _set_state(self, value: float) -> None:
        before = self._told
        super()._set_state(value)
        self._tell(bool(value))
        if before and not value and self.fallen is not None:
            self.fallen()

    def _tell(self, level: bool | None) -> None:
        if level != self._told:
            self._told = level
            self.factory.changed(self._number, level)


class WiredFactory(MockFactory):  # type: ignore[misc]
    """gpiozero's mock of a Pi 3 with `WiredPin`s; *changed* hears of every output, *watching* of
    every pin whose edges are waited for."""

    def __init__(self, changed: Observer, watching: Callable[[int], None]) -> None:
        super().__init__(revision="a02082", pin_class=WiredPin)
        self.changed = changed
        self.watching = watching
        self._making = threading.Lock()

    def pin(self, name: int, *args: Any, **kwargs: Any) -> WiredPin:
        # Drivers and the bench come on threads of their own and must get the same pin
        with self._making:
            pin: WiredPin = super().pin(name, *args, **kwargs)
            return pin


class _Echo(NamedTuple):
    mm: int | None
    connected: bool


class MockPins:
    """All pins of a Pi, worked from outside. Pins are BCM numbers.

    Give `factory` to the drivers as the site's pin factory.
    """

    def __init__(self) -> None:
        self.factory = WiredFactory(self._changed, self._watched)
        self._observers: list[Observer] = []
        self.watching: Callable[[int], None] = lambda pin: None
        """Called when the daemon begins to wait for edges of a pin."""
        self._echoes: dict[int, _Echo] = {}

    def press(self, pin: int) -> None:
        self.set(pin, True)

    def release(self, pin: int) -> None:
        self.set(pin, False)

    def set(self, pin: int, active: bool, at: float | None = None) -> None:
        """Close or open the contact on *pin*, whichever way it is pulled; the edge carries the
        time *at* of the monotonic clock, or now, as the kernel gives it one.

        Raises:
            ValueError: there is no such pin.
        """
        self.factory.pin(pin).contact(active, at)

    def state(self, pin: int) -> bool | None:
        """Level that the daemon drives on *pin*, True is high; None while it does not."""
        return self.factory.pin(pin).driven

    def outputs(self) -> dict[int, bool]:
        """The levels of all pins that the daemon drives."""
        return {
            pin: level for pin in range(28) if (level := self.factory.pin(pin).driven) is not None
        }

    def inputs(self) -> list[int]:
        """The pins whose edges the daemon waits for."""
        return [pin for pin in range(28) if self.factory.pin(pin).watched]

    def _watched(self, pin: int) -> None:
        self.watching(pin)

    def distance(self, trigger: int, echo: int, mm: int | None, connected: bool = True) -> None:
        """Put an echo sensor on two pins, or change what it measures.

        None: nothing comes back. Not connected: its wire is cut, the echo pin stays still.

        Raises:
            ValueError: there is no such pin.
        """
        echo_pin = self.factory.pin(echo)
        self._echoes[echo] = _Echo(mm, connected)

        def answer() -> None:
            sensor = self._echoes[echo]
            if sensor.connected:
                far = NO_TARGET_S if sensor.mm is None else sensor.mm * 2 / SOUND_MM_S
                echo_pin.pulse(far)

        self.factory.pin(trigger).fallen = answer

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Call *observer* at every change of an output, on the thread that makes it; it must
        not block. Returns what ends that."""
        self._observers.append(observer)

        def forget() -> None:
            with contextlib.suppress(ValueError):
                self._observers.remove(observer)

        return forget

    def _changed(self, pin: int, level: bool | None) -> None:
        for observer in tuple(self._observers):
            observer(pin, level)
