"""A USB keypad as the kiosk's keys, such as Storm's AudioNav."""

from __future__ import annotations

import threading
from typing import Annotated, ClassVar, Literal

import msgspec

from agent.contract.driver import Accepts, Emit, Emits, Site
from agent.contract.signals import Key
from drivers.input.events import DOWN, EV_KEY, UP
from drivers.input.grabbed import Bell, Grabbed, InputDevice

Role = Literal["up", "down", "enter", "back", "help"]

USUAL: dict[str, Role] = {
    "103": "up", "105": "up", "108": "down", "106": "down", "28": "enter", "96": "enter",
    "1": "back", "14": "back", "59": "help",
}  # fmt: skip
"""Arrows, Enter, Escape and Backspace, F1."""


class KeypadUsbSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A keypad that is a USB keyboard; what it types reaches nobody but the kiosk."""

    device: InputDevice
    """Path of its input device; see `drivers.input.grabbed.InputDevice`."""
    keys: Annotated[
        dict[Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,3}$")], Role],
        msgspec.Meta(max_length=64),
    ] = {}
    """Linux key codes (`evtest` shows them) and which key each one is; others do nothing.
    Empty: arrows, Enter, Escape or Backspace (back), F1 (help)."""


class KeypadUsb:
    """Emits `Key` when one of its keys goes down or up; one that repeats is still down."""

    isolated: ClassVar[bool] = False
    emits: ClassVar[Emits] = (Key,)
    accepts: ClassVar[Accepts] = ()

    def __init__(self, name: str, settings: KeypadUsbSettings, site: Site) -> None:
        self.name = name
        self._device = settings.device
        self._roles = {int(code): role for code, role in (settings.keys or USUAL).items()}
        self._bell = Bell()

    def wake(self) -> None:
        """See `Wakeful`."""
        self._bell.ring()

    def run(self, emit: Emit, stop: threading.Event) -> None:
        """Read until *stop* is set; keys that are down at the end go up.

        Raises:
            DriverUnavailable: no such device, grabbed by another, or pulled out.
        """
        down: set[Role] = set()
        with Grabbed(self._device, self._bell, stop) as keys:
            try:
                while not stop.is_set():
                    for event in keys.events(None):
                        role = self._roles.get(event.code) if event.kind == EV_KEY else None
                        if role is None or event.value not in (UP, DOWN):
                            continue
                        if (event.value == DOWN) != (role in down):
                            down ^= {role}
                            emit(Key(source=self.name, key=role, pressed=event.value == DOWN))
            finally:
                for role in down:
                    emit(Key(source=self.name, key=role, pressed=False))
