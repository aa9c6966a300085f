"""A code scanner that types like a keyboard (HID keyboard mode)."""

from __future__ import annotations

import threading
from typing import ClassVar

import msgspec

from agent.contract.driver import Accepts, Emit, Emits, Site
from agent.contract.signals import Scanned, Unreadable
from drivers.input.events import Typing
from drivers.input.grabbed import Bell, Grabbed, InputDevice
from drivers.scanner.telling import Telling

END_S = 0.3
"""Rest that ends a code without a tail."""


class ScannerUsbSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scanner in keyboard mode; what it types reaches nobody else. Serial mode is better, for
    then nobody need be kept from it: type scanner_serial."""

    device: InputDevice
    """Path of its input device; see `drivers.input.grabbed.InputDevice`."""


class ScannerUsb:
    """Emits `Scanned` for each code of printable characters, `Unreadable` for any other; keys in a
    code press nothing."""

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (Scanned, Unreadable)
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: ScannerUsbSettings, site: Site) -> None:
        self.name = name
        self._device = settings.device
        self._telling = Telling(name, site.clock)
        self._bell = Bell()

    def wake(self) -> None:
        """See `Wakeful`."""
        self._bell.ring()

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Read until *stop* is set.

        Raises:
            DriverUnavailable: no such device, grabbed by another, or pulled out.
        """
        typing = Typing()
        with Grabbed(self._device, self._bell, stop) as keys:
            while not stop.is_set():
                events = keys.events(END_S if typing.pending else None)
                found = [typing.feed(event) for event in events] or [typing.silence()]
                for code in found:
                    if code is not None:
                        self._telling.tell(code, emit)
