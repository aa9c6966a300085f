"""What drivers on GPIO pins share: the pin number and its failures in plain words."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from agent.contract.driver import DriverUnavailable, Site

if TYPE_CHECKING:
    from gpiozero import InputDevice

Seen = Callable[[float, bool], None]
"""Told when an edge was, in seconds by the clock of the pin factory (the kernel's own time stamp
where it has one), and whether the contact is closed since."""

Pin = Annotated[int, msgspec.Meta(ge=0, le=27, extra={"claims": "pin"})]
"""BCM number of a pin, as in GPIO17; not its place on the header."""
LOOK_S = 1.0
"""How often a level is looked at without an edge: edges can be lost."""

_choosing = threading.Lock()


@contextlib.contextmanager
def claiming(site: Site, *pins: int) -> Iterator[Any]:
    """Gives the gpiozero pin factory with which to open *pins*.

    Raises:
        DriverUnavailable: there are no pins on this machine, or these are in use.
    """
    import gpiozero

    where = " and ".join(f"GPIO{pin}" for pin in pins)
    try:
        if site.pin_factory is None:
            # gpiozero would make one for each thread that comes at the same time
            with _choosing:
                gpiozero.Device.ensure_pin_factory()
        yield site.pin_factory
    except gpiozero.BadPinFactory as error:
        raise DriverUnavailable(
            f"{where} is not there: this machine has no usable pins; run on a Raspberry Pi, "
            "with the package python3-lgpio or lgpio, as a user in the group gpio"
        ) from error
    except gpiozero.GPIOPinInUse as error:
        raise DriverUnavailable(
            f"{where} is in use by another driver; give each its own pin in kiosk.toml"
        ) from error
    except (gpiozero.GPIOZeroError, OSError, *_lgpio_errors()) as error:
        raise DriverUnavailable(
            f"{where} cannot be used ({error}); check that no other program or overlay holds it"
        ) from error


@contextlib.contextmanager
def watching(
    site: Site, pin: int, pull_up: bool, edge: threading.Event, seen: Seen | None = None
) -> Iterator[InputDevice]:
    """Gives the contact on *pin*, active while it is closed; each edge sets *edge*.

    Args:
        seen: also told of each edge, in their order, on a thread of the pins.

    Raises:
        DriverUnavailable: the pin is missing or in use.
    """
    from gpiozero import InputDevice

    def changed(ticks: float, state: int) -> None:
        if seen is not None:
            seen(ticks, bool(state) != pull_up)
        edge.set()

    with claiming(site, pin) as factory:
        # Not gpiozero.Button: it keeps a thread per key that wakes ten times a second.
        contact = InputDevice(pin, pull_up=pull_up, pin_factory=factory)
    with contact:
        contact.pin.bounce = None  # what it does differs from one pin factory to the next
        contact.pin.edges = "both"
        contact.pin.when_changed = changed  # which it does not keep alive: this frame does
        yield contact


def _lgpio_errors() -> tuple[type[Exception], ...]:
    # Not imported here: that leaves a FIFO in the working directory, also on mock pins
    lgpio = sys.modules.get("lgpio")
    return () if lgpio is None else (lgpio.error,)
