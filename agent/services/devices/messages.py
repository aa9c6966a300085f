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


class DeviceRemoved(RecordData, frozen=True):
    """A device that did not work is in kiosk.toml no longer: it will not come back."""

    kind: ClassVar[str] = "device.removed"
    device: str
    """As in ``device.down``."""


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
    DeviceRemoved,
    KioskStarted,
    NewEpoch,
    RejectedCommand,
    DeadLetter,
)
