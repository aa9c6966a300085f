"""The time of day, for services: they know boot-time seconds, and now and then the wall clock."""

from __future__ import annotations

import msgspec

from agent.contract.clock import EAST_S


class Almanac(msgspec.Struct, frozen=True):
    """Turns boot-time seconds into local hours, once the wall clock was known."""

    offset: float | None = None
    """Seconds from the boot-time clock to the wall clock; None: not known."""

    def told(self, at: float, wall: float | None, rebooted: bool = False) -> Almanac:
        """With the wall clock at *at*, where it is known; a reboot makes the old one void."""
        if wall is None:
            return Almanac() if rebooted else self
        offset = wall - at
        if self.offset is not None and abs(offset - self.offset) < 1:
            return self  # a drift of less than a second is worth no write
        return Almanac(offset)

    def carried(self, moment: float, now: Almanac, at: float) -> float:
        """A *moment* of the boot before, by the clock of this boot, whose almanac is *now* and
        time *at*; where one of them does not know the time of day, *at*."""
        if self.offset is None or now.offset is None:
            return at
        return min(at, moment + self.offset - now.offset)

    def hour(self, at: float) -> int | None:
        """Local hours since 1970 began; None: not known. ``% 24`` is the hour of the day."""
        moment = self.moment(at)
        return None if moment is None else int(moment)

    def moment(self, at: float) -> float | None:
        """The same, with the part of the hour that has passed."""
        return None if self.offset is None else (at + self.offset + EAST_S) / 3600

    def until(self, at: float, hour: float) -> float | None:
        """Seconds until it is next *hour* of the day, 0 to 24; None: not known."""
        if self.offset is None:
            return None
        day = (at + self.offset + EAST_S) % 86_400
        return (hour * 3600 - day) % 86_400 or 86_400.0


def within(hour: float, start: float, end: float) -> bool:
    """Whether an hour of the day lies in ``start`` to ``end``, over midnight if need be."""
    return start <= hour < end if start <= end else hour >= start or hour < end
