"""Fall radars: send that nobody moves, until the bench puts other bytes on the line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hw_mocks.devices import Stand
from hw_mocks.devices.serial import SerialDevice

WORDS = {"fall_radar": frozenset({"bytes", "unplug", "plug"})}


def make(name: str, settings: Mapping[str, Any], stand: Stand) -> SerialDevice:
    """A radar in an empty room."""
    return SerialDevice(stand.folder / name, "radar", None)
