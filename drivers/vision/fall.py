"""A drop that may become an alarm: how far, how fast, and how long the body must lie after it."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.vision.posture import ramp

LEAST_SPEED = 0.35
"""Statures per second over a quarter to three quarters of a second; sitting down is 0.4."""
FAST_SPEED = 0.9
"""From here on it is a plain fall: free fall of a standing body passes 1.5."""
CONFIRM_FAST, CONFIRM_SLOW = 1.0, 2.2
"""Seconds of lying that confirm a drop at `FAST_SPEED` and at `LEAST_SPEED`."""
PLAIN, STAGED = 1.4, 1.8
"""Seconds from full height to lying of a fall, and of somebody who goes down on purpose."""
CONFIRM_STAGED = 15
"""Seconds of lying that the latter takes longer."""
CONFIRM_ROLLED = 0.5
"""The same for a drop from lying to lying lower: out of bed. Nobody does that on purpose."""
LIES = 0.5
"""Degree of lying that counts."""
CROUCHED = 0.15
"""How much a second counts in a posture that may be a squat with the head down, or a prayer."""
BELIEVED, CONFIRM_BELIEVED = 0.6, 0.7
"""How surely the temporal model must say that somebody fell, and for how many seconds."""
DOUBTED = 0.2
"""How surely it must say so at least that a drop is an alarm by itself."""
AGREED = 0.9
"""How surely it must have said so for a moment that any drop is confirmed like a fast one."""


@dataclass
class Fall:
    """A drop that may become an alarm."""

    at: float
    """When the drop was last seen to deepen."""
    ground: float | None
    """Height of the floor in the picture, where it was known before."""
    standing: float | None
    """Where the feet of somebody who stood would be, as a guess when it was not."""
    left: float
    """When the body was last at its full height."""
    height: float
    """Of the shoulders then."""
    speed: float
    rolled: bool = False
    """From lying to lying lower: shoulders and hips came down together."""
    bottom: float = 0.0
    """Lowest point of the body since."""
    at_once: bool | None = None
    """Full height to level trunk without a stop on a seat; None while not level yet."""
    held: float = 0.0
    """Seconds of lying since, less what was not lying."""
    lasted: float | None = None
    """Seconds from full height to lying."""
    likely: float | None = None
    """How surely it was a fall, by the temporal model, at the most; None: it has not seen it."""

    unwatched: bool = False
    """No picture came while it happened: the temporal model cannot deny what it did not see."""

    @property
    def floor(self) -> float | None:
        """Height of the floor: known, or the lowest that the fallen body reached."""
        if self.ground is not None or self.standing is None:
            return self.ground
        return min(self.standing, self.bottom)

    @property
    def lies(self) -> float:
        """Degree of lying that counts: the plainer the fall, the less."""
        return LIES - (0.2 * self.plain if self.at_once else 0.0)

    @property
    def plain(self) -> float:
        """How clearly the way down was a fall, 0 to 1."""
        return ramp(self.speed, 0.65 * FAST_SPEED, FAST_SPEED)

    @property
    def doubted(self) -> bool:
        """Whether the temporal model saw the way down, and no fall in it."""
        return not self.unwatched and self.likely is not None and self.likely < DOUBTED

    @property
    def confirm(self) -> float:
        """Seconds of lying that make it an alarm."""
        if self.rolled:
            return CONFIRM_ROLLED
        if self.likely is not None and self.likely >= AGREED:
            return CONFIRM_FAST
        fast = ramp(self.speed, LEAST_SPEED, FAST_SPEED)
        confirm = CONFIRM_SLOW + fast * (CONFIRM_FAST - CONFIRM_SLOW)
        return confirm + ramp(self.lasted or 0.0, PLAIN, STAGED) * CONFIRM_STAGED
