"""Health of the kiosk itself: upstream learns once that a device is down, once that it is back."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

import msgspec

from agent.contract.signals import DeviceBack, Signal
from agent.effects import Effect, Record, rejected
from agent.messages import CommandRejected, DeviceDown, Started
from agent.records import shortened
from agent.services.devices.messages import (
    DeviceFound,
    DeviceLost,
    DeviceRemoved,
    KioskStarted,
)


class DevicesState(msgspec.Struct, frozen=True):
    """Devices that upstream believes to be down, with the reason."""

    down: dict[str, str] = {}
    configured: tuple[str, ...] = ()
    """Those of them that kiosk.toml names; the others are parts of the daemon."""


class Devices:
    """Reports devices, starts of the daemon, and commands that do not fit."""

    name: ClassVar[str] = "devices"
    vital: ClassVar[bool] = True
    listens: ClassVar[tuple[type[Signal], ...]] = (
        Started,
        DeviceDown,
        DeviceBack,
        CommandRejected,
    )

    def __init__(self, version: str, devices: Collection[str]) -> None:
        """Look after the *devices* of kiosk.toml; *version* is the daemon's."""
        self._version = version
        self._devices = devices

    def initial(self) -> DevicesState:
        """Nothing is down."""
        return DevicesState()

    def durable(self, state: DevicesState) -> DevicesState:
        """All of it: a device lost before a restart is still reported back after it."""
        return state

    def step(self, state: DevicesState, signal: Signal) -> tuple[DevicesState, list[Effect]]:
        """Report a change, once."""
        match signal:
            case Started(rebooted=rebooted):
                started = Record(KioskStarted(version=self._version, rebooted=rebooted))
                gone = [name for name in state.configured if name not in self._devices]
                removed = (Record(DeviceRemoved(device=name), name) for name in gone)
                return _back(state, gone), [started, *removed]
            case DeviceDown(source=device, reason=reason) if device not in state.down:
                down = {**state.down, device: reason}
                configured = [*state.configured, *({device} & set(self._devices))]
                return DevicesState(down, tuple(configured)), [
                    Record(DeviceLost(device=device, reason=shortened(reason)), device)
                ]
            case DeviceBack(source=device) if device in state.down:
                return _back(state, [device]), [Record(DeviceFound(device=device), device)]
            case CommandRejected(command_id=command_id, kind=kind, place=place, reason=reason):
                return state, [rejected(command_id, kind, place, reason)]
        return state, []


def _back(state: DevicesState, devices: Collection[str]) -> DevicesState:
    """Without *devices*."""
    down = {name: why for name, why in state.down.items() if name not in devices}
    return DevicesState(down, tuple(name for name in state.configured if name not in devices))
