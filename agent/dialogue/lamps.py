"""Lamps in the keys: they show which keys do something on the present screen."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import asdict

from agent.contract.orders import Blink, Order, Switch
from agent.dialogue.ear import STEERING
from agent.dialogue.settings import KeyLampSettings
from agent.dialogue.stage import Stage
from agent.effects import Drive

_CALLING = Blink(on_s=0.5, off_s=0.5)
"""The key that calls a person, while somebody is asked who may be unable to come to the keys."""


class KeyLamps:
    """Owns the lamps of the keys. Used by the kernel's thread only."""

    def __init__(self, settings: KeyLampSettings) -> None:
        """No lamp has been told anything yet; *settings* names them."""
        self._settings = settings
        self._told: dict[str, Order] = {}

    def refurnish(self, settings: KeyLampSettings) -> None:
        """Go on with other lamps; those that are no key's any more go dark."""
        self._settings = settings

    def drives(self, stage: Stage) -> Iterator[Drive]:
        """What lamps are to do that do something else now."""
        acting = _acting(stage)
        lamps = {lamp: acting[key] for key, lamp in asdict(self._settings).items() if lamp}
        told, self._told = self._told, lamps
        for lamp in dict.fromkeys([*told, *lamps]):
            order = lamps.get(lamp, Switch(False))
            if told.get(lamp) != order:
                yield Drive(lamp, order)


def _acting(stage: Stage) -> dict[str, Order]:
    """Key → what its lamp does here.

    Each lamp tells the truth about its key and leads to nothing else: the arrows where there is
    something to choose between, "enter" where this screen has a choice, "back" where it leads
    somewhere, and "help" always.
    """
    steering = stage.top is STEERING
    choices = len(stage.choices)
    return {
        "up": Switch(steering or choices > 1),
        "down": Switch(steering or choices > 1),
        "enter": Switch(choices > 0),
        "back": Switch(stage.in_use),
        "help": _CALLING if stage.top.pressing else Switch(True),
    }
