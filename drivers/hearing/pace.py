"""How fast samples really come, whatever rate was asked for; and another rate made 16 kHz."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.hearing import HZ

if TYPE_CHECKING:  # heavy: imported where sound is worked on, in the child's process
    import numpy as np
    from numpy.typing import NDArray

RATES = (8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000)
"""Rates that cards have, in samples a second of one channel, besides the one asked for."""
_TOLERANCE = 0.06
"""Of a rate: the time of reading is not that of sampling."""
_SETTLE_S = 1.2
"""Seconds over which samples are counted …"""
_IN_A_ROW = 3
"""… so many times with the same result: a busy machine reads late, and then much at once."""
_LONGEST_S = 8.0
_WAITS = round(2.5 * 2 * HZ)
"""Bytes that may wait in card and pipe while the machine is busy: until more than that has come
beyond the rate asked for, it may only be catching up."""
_TAPS = 24
"""Samples of the slower rate on each side that a sample is made of."""


class OddPace(Exception):
    """The samples come at a rate that no card has."""


class Pace:
    """Counts bytes against the clock."""

    def __init__(self) -> None:
        self.hz = HZ
        """Samples that come in a second."""
        self._began: float | None = None
        self._bytes = 0
        self._beyond = 0.0
        """Bytes that came beyond the rate asked for, since they last fell behind it."""
        self._last: list[float] = []
        """The rates that were counted, the latest last."""

    def count(self, size: int, now: float) -> bool:
        """Note *size* bytes that came by *now* (seconds); true when the rate is another now.

        Raises:
            OddPace: it is higher than that asked for, and none that a card has. A lower one is
                a machine that has no time.
        """
        if self._began is None:
            self._began = now  # what came first had waited
            return False
        self._bytes += size
        passed = now - self._began
        if passed < _SETTLE_S:
            return False
        self._beyond = max(0.0, self._beyond + self._bytes - 2 * HZ * passed)
        if passed < _LONGEST_S:  # else nobody read, and what waited may have been dropped
            self._last = [*self._last[1 - _IN_A_ROW :], self._bytes / 2 / passed]
        self._began, self._bytes = now, 0
        return self._settled()

    def _settled(self) -> bool:
        rate = sum(self._last) / max(1, len(self._last))
        steady = all(abs(one - rate) < _TOLERANCE * rate for one in self._last)
        catching_up = rate > HZ and self._beyond <= _WAITS
        if len(self._last) < _IN_A_ROW or not steady or catching_up:
            return False
        found = min((HZ, *RATES), key=lambda known: abs(known / rate - 1))
        if abs(rate / found - 1) > _TOLERANCE:
            if rate < HZ:
                return False
            raise OddPace(f"{rate:.0f} samples a second come instead of {HZ}")
        changed, self.hz = found != self.hz, found
        return changed


class Resampler:
    """Makes 16 kHz of another rate, piece after piece, by a windowed sinc."""

    def __init__(self, hz: int) -> None:
        self._step = hz / HZ
        self._width = round(_TAPS * max(1.0, self._step))
        self._cut = 0.95 * min(1.0, 1 / self._step)
        import numpy as np

        self._held: NDArray[np.float32] = np.zeros(2 * self._width, np.float32)
        self._at = float(self._width)
        """Where in what is held the next sample is taken."""
        self._half = b""

    def take(self, sound: bytes) -> bytes:
        """The next samples at 16 kHz."""
        sound = self._half + sound
        self._half = sound[len(sound) - len(sound) % 2 :]
        import numpy as np

        new = np.frombuffer(sound[: len(sound) - len(self._half)], "<i2").astype(np.float32)
        held = np.concatenate((self._held, new))
        count = max(0, int((len(held) - self._width - 1 - self._at) / self._step) + 1)
        places = self._at + self._step * np.arange(count)
        first = np.floor(places).astype(int)[:, None] + np.arange(1 - self._width, self._width + 1)
        away = (first - places[:, None]).astype(np.float32)
        window = np.cos(np.clip(away / (self._width + 1), -1, 1) * (np.pi / 2)) ** 2
        weights = self._cut * np.sinc(self._cut * away) * window
        made = (held[first] * weights).sum(1)
        self._at += self._step * count
        gone = int(self._at) - self._width
        self._held, self._at = held[gone:], self._at - gone
        samples: NDArray[np.int16] = np.clip(np.round(made), -32768, 32767).astype("<i2")
        return samples.tobytes()
