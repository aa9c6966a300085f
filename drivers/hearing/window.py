"""When an utterance begins and ends, and when nobody speaks.

A television talks as people do. What tells it apart is that it talked before anybody was
asked: so the level around the kiosk is noted all the time, and the utterance must rise above.
All times are those of the sound itself, so that a busy processor changes nothing.
"""

from __future__ import annotations

from collections import deque
from enum import Enum

from drivers.hearing import FRAME_S, Sound

_MEMORY_S = 4.0
"""Of what was around before, this much is remembered."""
_USUAL, _QUIET = 0.85, 0.05
"""The surroundings are softer than their level for this share of the time."""
_ABOVE_DB, _STAYS_DB = 5.0, 3.0
"""Over the surroundings: an utterance begins, and goes on."""
_CAP_DB = 14.0
"""Somebody who chatted beside the kiosk before must not have to shout: the surroundings
count as at most this far above their quiet moments …"""
_SINKING_DB = 0.5
"""… and as so much less each second that passes without an utterance."""
_SOFTER_DB, _NEAR_DB = 12.0, 10.0
"""Sound so far below the utterance's loudest and so near to the surroundings is theirs."""

_BEGINS = 5, 8
"""Frames with a voice, of how many: 100 ms make a beginning, a click does not."""
_GOES_ON = 4, 6
"""The same for going on after a pause."""
_HOLDS = 4
"""A voice in so few last frames may be one going on; the end waits for it."""
_EDGES = 1.25
"""The soft ends of words make a pause seem longer than it is to people, by this factor."""
_AT_LEAST_S = 4.0
"""Who begins late may still speak for so long."""


class Stage(Enum):
    """Where an utterance is."""

    WAITING = 1
    SPEAKING = 2
    ENDED = 3
    """It was followed by silence, or took too long."""
    NOTHING = 4
    """Nobody spoke."""


class Surroundings:
    """How loud it is around the kiosk while nobody is asked to speak."""

    def __init__(self) -> None:
        self._levels: deque[float] = deque(maxlen=round(_MEMORY_S / FRAME_S))
        self._smooth: float | None = None

    def note(self, sound: Sound) -> None:
        """Take in one frame."""
        before = sound.level_db if self._smooth is None else self._smooth
        self._smooth = (before + sound.level_db) / 2
        self._levels.append(self._smooth)

    @property
    def usual_db(self) -> float:
        """The level that is rarely exceeded."""
        return self._percentile(_USUAL)

    @property
    def quiet_db(self) -> float:
        """The level between the sounds."""
        return self._percentile(_QUIET)

    def _percentile(self, share: float) -> float:
        levels = sorted(self._levels) or [0.0]
        return levels[round(share * (len(levels) - 1))]


class Window:
    """One time of listening: waits for an utterance, then for its end."""

    def __init__(self, around: Surroundings, patience_s: float, longest_s: float) -> None:
        """Begin to listen.

        Args:
            around: how loud it was before.
            patience_s: a pause of this length ends the utterance.
            longest_s: listening ends after this, whatever is heard.
        """
        self._usual = around.usual_db
        self._start = min(self._usual, around.quiet_db + _CAP_DB)
        self._patience = round(patience_s * _EDGES / FRAME_S)
        self._deadline = round(longest_s / FRAME_S)
        self._now = 0
        self._wait()

    def _wait(self) -> None:
        self.stage = Stage.WAITING
        self._recent: deque[bool] = deque(maxlen=_BEGINS[1])
        self._last = self._voiced = 0
        self._loudest = self._smooth = 0.0

    @property
    def voiced_s(self) -> float:
        """Seconds of voice in the utterance, its pauses not counted."""
        return self._voiced * FRAME_S

    def resume(self) -> Stage:
        """Go on listening: what ended was nothing."""
        self._wait()
        if self._now >= self._deadline:
            self.stage = Stage.NOTHING
        return self.stage

    def step(self, sound: Sound) -> Stage:
        """Take in one frame."""
        self._now += 1
        if self.stage is Stage.WAITING:
            self._await(sound)
        elif self.stage is Stage.SPEAKING:
            self._follow(sound)
        return self.stage

    def _await(self, sound: Sound) -> None:
        around = self._start - _SINKING_DB * self._now * FRAME_S
        self._recent.append(sound.voice and sound.level_db > around + _ABOVE_DB)
        if sum(self._recent) >= _BEGINS[0]:
            self.stage = Stage.SPEAKING
            self._voiced, self._last = sum(self._recent), self._now
            self._loudest = self._smooth = sound.level_db
            self._recent = deque(maxlen=_GOES_ON[1])
            self._deadline = max(self._deadline, self._now + round(_AT_LEAST_S / FRAME_S))
        elif self._now >= self._deadline:
            self.stage = Stage.NOTHING

    def _follow(self, sound: Sound) -> None:
        self._smooth = (self._smooth + sound.level_db) / 2
        self._loudest = max(self._loudest, self._smooth)
        voice = sound.voice and not self._is_theirs(sound)
        self._voiced += voice
        self._recent.append(voice)
        if voice and sum(self._recent) >= _GOES_ON[0]:
            self._last = self._now
        paused = self._now - self._last >= self._patience
        if (paused and not any(list(self._recent)[-_HOLDS:])) or self._now >= self._deadline:
            self.stage = Stage.ENDED

    def _is_theirs(self, sound: Sound) -> bool:
        """Whether the surroundings make this sound rather than the one who speaks."""
        around = self._start - _SINKING_DB * self._now * FRAME_S
        softer = self._smooth < self._loudest - _SOFTER_DB
        return sound.level_db < around + _STAYS_DB or (
            softer and self._smooth < self._usual + _NEAR_DB
        )
