"""Stand-ins for the devices of kiosk.toml, in modules named after the families of `drivers`.

Each such module has `WORDS`, the steps of scenarios that work on its types of device; and, where
a stand-in can be made of the device's table alone, `make`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Protocol

from drivers import REGISTRY
from hw_mocks.bluetooth import Radio
from hw_mocks.bus import MockBus
from hw_mocks.pin_bridge import PinClient


class Stand(NamedTuple):
    """What a stand-in may use of the bench."""

    folder: Path
    """Where serial lines and files of the kernel are found, under the device's name."""
    pins: PinClient
    sees: int
    """Millimetres that a distance sensor of this name has before it at first."""
    buses: Mapping[str, MockBus]
    """The buses of kiosk.toml by their names."""
    radio: Radio | None = None
    """Of all that speaks Bluetooth."""


class Device(Protocol):
    """A stand-in that has its own connection to the daemon."""

    @property
    def plugged(self) -> bool:
        """Whether it is connected."""

    def wired(self) -> Mapping[str, Any]:
        """Keys of the device's table that lead the daemon to this stand-in."""

    def connect(self, plugged: bool) -> None:
        """Plug it in, or pull it out."""

    def state(self) -> Mapping[str, Any]:
        """What it measures and does now, for the bench."""

    def set(self, values: Mapping[str, Any]) -> None:
        """Change what it measures.

        Raises:
            ValueError: there is no such value, or it is of a wrong kind; the text says which.
        """

    def close(self) -> None:
        """End it."""


def words(type_name: str) -> frozenset[str]:
    """The steps of scenarios that work on devices of this type."""
    found: Mapping[str, frozenset[str]] = _module(type_name).WORDS
    return found[type_name]


def make(type_name: str, name: str, settings: Mapping[str, Any], stand: Stand) -> Device | None:
    """The stand-in for one device; None for those that the workbench furnishes by itself."""
    made = getattr(_module(type_name), "make", None)
    return None if made is None else made(name, settings, stand)


def _module(type_name: str) -> ModuleType:
    return import_module(f"hw_mocks.devices.{REGISTRY[type_name].family}")
