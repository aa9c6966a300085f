"""What upstream learns of the kiosk's own health."""

from __future__ import annotations

from typing import ClassVar

from agent.records import DeadLetter, NewEpoch, RecordData, RejectedCommand, Severity, Text


class DeviceLost(RecordData, frozen=True):
    """A device does not work."""

    kind: ClassVar[str] = "device.down"
    severity: ClassVar[Severity] = Severity.ERROR
    device: str
    """Its name in kiosk.toml, or a part of the daemon."""
    reason: Text


class DeviceFound(RecordData, frozen=True):
    """It works again."""

    kind: ClassVar[str] = "device.back"
    device: str


class KioskStarted(RecordData, frozen=True):
    """The daemon has started."""

    kind: ClassVar[str] = "kiosk.started"
    version: str
    """Of the daemon."""
    rebooted: bool
    """The machine was restarted too."""


RECORDS: tuple[type[RecordData], ...] = (
    DeviceLost,
    DeviceFound,
    KioskStarted,
    NewEpoch,
    RejectedCommand,
    DeadLetter,
)
