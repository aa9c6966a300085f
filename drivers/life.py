"""Life is judged by what the data does: a device that hangs sends its last value for ever."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Annotated

from msgspec import Meta

from agent.contract.clock import BootClock
from agent.contract.driver import DriverUnavailable
from agent.contract.signals import Measured

Hours = Annotated[float, Meta(ge=0, le=720)]
"""Hours of exactly equal readings after which a device counts as hanging; 0: never."""

FEWEST = 20
"""Equal readings at the least: fewer tell nothing, however long ago the first was."""


class Unmoved:
    """Counts equal readings of something that is never quite still.

    It outlives the runs of its driver: a device that is opened again and still says the same
    is not back.
    """

    def __init__(self, clock: BootClock, hours: float) -> None:
        self._clock = clock
        self._hours = hours
        self._value: Hashable = None
        self._since = 0.0
        self._count = 0

    def judge(self, value: Hashable, what: str) -> None:
        """Fold in one reading; None is no reading, and changes nothing.

        Raises:
            DriverUnavailable: it has been the same for too long; *what* says what of which device.
        """
        if value is None:
            return
        if value != self._value:
            self._value, self._since, self._count = value, self._clock.boot(), 0
        self._count += 1
        past = self._clock.boot() - self._since
        if self._hours and self._count >= FEWEST and past >= self._hours * 3600:
            raise DriverUnavailable(
                f"{what} has been exactly {value} for {past / 3600:.0f} h, so the device hangs; "
                "cut its power for 10 s (frozen_h in kiosk.toml says how long is too long)"
            )


def mains(signals: Iterable[Measured], unmoved: Unmoved, device: str) -> list[Measured]:
    """All of *signals*, once the voltages among them are known to live; 0 V is no reading.

    Raises:
        DriverUnavailable: they have been the same for too long.
    """
    read = list(signals)
    volts = [one.value for one in read if one.quantity == "voltage" and one.value]
    unmoved.judge(volts[0] if len(volts) == 1 else tuple(volts) or None, f"the voltage of {device}")
    return read
