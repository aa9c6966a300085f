"""Whether somebody about whom there is an alarm got up: it takes more than raised the alarm.

A pose that is upright is not enough: of a picture that stands still, or is poor, the pose model
says now this and now that. The way up must be seen, without a leap and without a gap, from lying
on; something must move in the picture meanwhile; and then the body must be well seen to be upright
for long. Who is not seen any more has not got up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from drivers.vision.posture import Body

RECOVERED = 3.0
"""Seconds on the feet or a seat that end an alarm."""
SAT_UP = 10.0
"""Seconds of sitting upright on the floor that end an alarm."""
WELL_SEEN = 0.3
"""Least score of a skeleton that shows this; people who stand score 0.34 and more."""
PART = 0.85
"""Of the largest stature of late: who is measured smaller is seen in part only."""
RAISED = 0.25
"""Statures by which the hips are above the floor of somebody on a seat or on their feet."""
ERECT = 0.25
"""Statures by which the shoulders are above the hips of a trunk that is upright."""
ROSE = 0.2
"""Statures by which the shoulders come up above the hips when somebody sits up."""
LAY = 0.3
"""Seconds of lying after which somebody who rose lies again."""
GAP = 1.0
"""Seconds without a look after which the way up was not seen."""
STEP, PER_SECOND, MOST = 0.05, 0.6, 0.15
"""Statures by which the shoulders come up so from one look to the next at most: at once, more each
second, and altogether. More is another skeleton, and no way up."""
MOVED = 0.3
"""Seconds of movement on the way up at least."""


@dataclass
class Recovery:
    """The way up of one person, as far as it was seen."""

    stature: float = 0.0
    """The largest of late: a skeleton of a part of the body is soon upright."""
    at: float | None = None
    """When the person was last seen, since they were seen to lie; None: not since a leap."""
    low: float = 0.0
    """How far the shoulders were above the hips when last lying, statures."""
    last: float = 0.0
    """The same in the last look."""
    lay: float = 0.0
    """Seconds of lying since that was last not so."""
    moved: float = 0.0
    """Seconds of movement since."""
    rose: bool = False
    """The way up was seen."""
    upright: float = 0.0
    """Seconds on the feet or a seat since."""
    sitting: float = 0.0
    """Seconds with the trunk upright since."""

    def doubt(self) -> None:
        """Take back what was seen: it was another body, or no body has such a way."""
        self.at, self.rose = None, False
        self.moved = self.upright = self.sitting = 0.0

    def see(
        self,
        at: float,
        body: Body,
        stature: float,
        *,
        lies: bool,
        ground: float | None,
        moved: bool,
    ) -> bool:
        """Take one look at *body* of *stature*, with hips; return whether the person is up again.

        *lies*: on the floor; *ground*: its height in the picture where that is known; *moved*:
        something moved in the picture where the person is.
        """
        assert body.hip is not None
        elapsed = at - self.at if self.at is not None else 0.0
        self.stature = max(stature, self.stature * math.exp(-elapsed / 60.0))
        stature = max(stature, PART * self.stature)
        up = (body.hip - body.upper) / stature
        raised = ground is None or ground - body.hip > RAISED * stature
        step, self.last = up - self.last, up
        if elapsed > GAP or (not self.rose and step > min(MOST, STEP + PER_SECOND * elapsed)):
            self.doubt()
        self.lay = self.lay + elapsed if lies else 0.0
        if lies and (not self.rose or self.lay >= LAY):
            self.doubt()
            self.at, self.low = at, up
        if self.at is None:
            return False
        self.at = at
        self.moved += elapsed if moved else 0.0
        self.rose = self.rose or (up - self.low > ROSE and self.moved >= MOVED)
        stands = self.rose and not lies and up > ERECT and body.score >= WELL_SEEN
        self.upright = self.upright + elapsed if stands and raised else 0.0
        # The model wavers: who sits on the floor is not far from lying.
        self.sitting = max(0.0, self.sitting + (elapsed if stands else -2 * elapsed))
        return self.upright >= RECOVERED or self.sitting >= SAT_UP
