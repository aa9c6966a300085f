"""The devices of a kiosk.toml as the workbench has them: what each one can be made to do."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from agent.configuration import RENAMED
from config.checks import refers
from config.explain import Mistake
from config.reader import under_new_names
from drivers import REGISTRY, capabilities
from hw_mocks.devices import words


class MissingClip(Exception):
    """A clip is in none of the places where it may be; the text names them."""


class Equipment:
    """All devices by name; *drivers* is the [drivers] table of kiosk.toml."""

    def __init__(self, drivers: Mapping[str, Mapping[str, Any]]) -> None:
        self.drivers = drivers

    def type(self, name: str) -> str:
        """The type of a device, empty when there is none of this name."""
        return str(self.drivers.get(name, {}).get("type", ""))

    def capable(self, capability: str) -> list[str]:
        """Names of the devices that can do this: ``camera``, ``key``, ``switch``."""
        return [name for name in self.drivers if capability in capabilities(self.type(name), None)]

    def able(self, word: str) -> list[str]:
        """Names of the devices on which the step *word* works."""
        return [
            name
            for name in self.drivers
            if self.type(name) in REGISTRY and word in words(self.type(name))
        ]

    def key(self, key: str) -> str | None:
        """Name of the device that is this key."""
        names = [name for name in self.capable("key") if self.drivers[name].get("key") == key]
        return names[0] if names else None

    def loudspeakers(self) -> set[str]:
        """ALSA names of all that sounds; the system's own choice is ``default``."""
        tables = [self.drivers[name] for name in self.capable("speaker")]
        named = {table[key] for table in tables for key in ("device", "headset") if table.get(key)}
        return named if all(table.get("device") for table in tables) else named | {"default"}

    def refuses(self, word: str, place: tuple[str, ...], name: str) -> Iterator[Mistake]:
        """What is wrong with using the step *word* on the device *name*, written at *place*."""
        if name not in self.drivers:
            yield from refers(place, name, self.drivers, "device")
        elif name not in self.able(word):
            able = ", ".join(self.able(word)) or "none here"
            text = f"{word} does not work on a device of type '{self.type(name)}'"
            yield Mistake(place, text, f"It works on: {able}.", f"'{name}'")


def overlaid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """The tables *below*, overruled key by key by *above*, which may use keys' old names."""
    laid = copy.deepcopy(dict(above))
    under_new_names(laid, RENAMED)
    return _merged(below, laid)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return merged
