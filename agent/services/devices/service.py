"""Health of the kiosk itself: upstream learns once that a device is down, once that it is back."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from agent.contract.signals import DeviceBack, Signal
from agent.effects import Effect, Record, rejected
from agent.messages import CommandRejected, DeviceDown, Started
from agent.records import shortened
from agent.services.devices.messages import DeviceFound, DeviceLost, KioskStarted


class DevicesState(msgspec.Struct, frozen=True):
    """Devices that upstream believes to be down, with the reason."""

    down: dict[str, str] = {}


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

    def __init__(self, version: str) -> None:
        self._version = version

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
                return state, [Record(KioskStarted(version=self._version, rebooted=rebooted))]
            case DeviceDown(source=device, reason=reason) if device not in state.down:
                down = {**state.down, device: reason}
                return DevicesState(down), [
                    Record(DeviceLost(device=device, reason=shortened(reason)), device)
                ]
            case DeviceBack(source=device) if device in state.down:
                down = {name: why for name, why in state.down.items() if name != device}
                return DevicesState(down), [Record(DeviceFound(device=device), device)]
            case CommandRejected(command_id=command_id, kind=kind, place=place, reason=reason):
                return state, [rejected(command_id, kind, place, reason)]
        return state, []
