"""One question at a time: opens a window for its answer, and hands the answer out."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from agent.contract.signals import Heard, Listening
from drivers.hearing import FRAME_S
from drivers.hearing.activity import Activity
from drivers.hearing.recogniser import Hearing, Recogniser
from drivers.hearing.window import Stage, Surroundings, Window

_log = logging.getLogger(__name__)

_PRE_ROLL_S = 0.4
"""Of the sound before an utterance was noticed: its soft beginning is in there."""
_ECHO_S = 0.2
"""Seconds for which the room still sounds after the kiosk has spoken."""
_NOISE_S = 0.25
"""What is no word and no longer than this was a cough or a door, and is not worth a question."""


class _Question(NamedTuple):
    phrases: tuple[str, ...]
    patience_s: float
    longest_s: float


class Ear:
    """Takes in every frame of sound; forgets it at once unless there is a question."""

    def __init__(self, recogniser: Recogniser, emit: Callable[[Heard | Listening], None]) -> None:
        self._recogniser = recogniser
        self._emit = emit
        self._activity = Activity()
        self._around = Surroundings()
        self._before: deque[bytes] = deque(maxlen=round(_PRE_ROLL_S / FRAME_S))
        self._question: _Question | None = None
        self._window: Window | None = None
        self._hearing: Hearing | None = None
        self.deaf = False
        """Hears nothing, for the kiosk itself speaks."""
        self._echo = 0

    @property
    def asked(self) -> bool:
        """Whether there is a question."""
        return self._question is not None

    def check(self, phrases: Iterable[str]) -> None:
        """Report the phrases that cannot be understood, before anybody says them."""
        for doubt in self._recogniser.doubts(phrases):
            _log.warning("not understood %s", doubt)

    def ask(self, phrases: tuple[str, ...], patience_s: float, longest_s: float) -> None:
        """Listen for one answer. The same question again changes nothing: it may be half said."""
        question = _Question(phrases, patience_s, longest_s)
        if question == self._question:
            return
        self.cancel()
        self._question = question
        self._open()

    def cancel(self) -> None:
        """Do not listen any more."""
        self._close("cancelled")
        self._question = None

    def deafen(self, deaf: bool) -> None:
        """Begin or cease to hear nothing; an open question is listened for afterwards."""
        if deaf:
            self._close("speaking")
            self._before.clear()
        self.deaf = deaf
        self._echo = 0 if deaf else round(_ECHO_S / FRAME_S)

    def take(self, frame: bytes) -> None:
        """Take in the next frame of sound."""
        sound = self._activity.judge(frame)
        if self.deaf:
            return
        if self._echo:
            self._echo -= 1
            if not self._echo:
                self._open()
            return
        self._before.append(frame)
        if self._window is None:
            self._around.note(sound)
            return
        waited = self._window.stage is Stage.WAITING
        stage = self._window.step(sound)
        if stage is Stage.NOTHING:
            self._close("silence")
            self._question = None
        elif stage is not Stage.WAITING:
            assert self._hearing is not None  # it is there with the window
            for kept in self._before if waited else (frame,):
                self._hearing.take(kept)
            if stage is Stage.ENDED:
                self._end(self._window, self._hearing)

    def _open(self) -> None:
        if self._question is None or self.deaf or self._echo:
            return
        question = self._question
        self._hearing = self._recogniser.listen(question.phrases)
        if self._hearing is None:
            self._emit(Listening(on=False, ended="unable"))
            self._question = None
            return
        self._window = Window(self._around, question.patience_s, question.longest_s)
        self._emit(Listening(on=True))

    def _end(self, window: Window, hearing: Hearing) -> None:
        began = time.monotonic()
        phrase = hearing.result(window.voiced_s)
        _log.info(
            "utterance understood=%s voiced_s=%.2f took_ms=%.0f",
            "yes" if phrase else "no",
            window.voiced_s,
            (time.monotonic() - began) * 1e3,
        )
        if not phrase and window.voiced_s <= _NOISE_S and window.resume() is Stage.WAITING:
            return
        self._close("utterance")
        self._question = None
        self._emit(Heard(text=phrase))

    def _close(self, why: Literal["utterance", "silence", "cancelled", "speaking"]) -> None:
        if self._window is not None:
            self._window = self._hearing = None
            self._emit(Listening(on=False, ended=why))
