"""A taxi dispatcher and a fall helper behind the stand-in upstream, with scripted outcomes."""

from __future__ import annotations

import heapq
import itertools
import queue
import threading
import time
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Self, get_args

from hw_mocks.ledger import Event
from hw_mocks.upstream import Upstream

Outcome = Literal[
    "silent",
    "accept",
    "reassign",
    "driver_cancels",
    "no_car",
    "timeout",
    "duplicate",
    "out_of_order",
    "late",
]
"""silent: says nothing at all. accept: a car comes and the ride ends. reassign: the first car
gives up, a second comes. driver_cancels: after accepting. no_car: none is free. timeout: nobody
answers, and dispatch gives the order up. duplicate: a car comes, each word is said twice.
out_of_order: the arrival is told before the acceptance. late: a car comes, but so slowly that
its words cross whatever the kiosk did meanwhile."""

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


class Pace(NamedTuple):
    """Seconds that things take."""

    answer: float = 3.0
    """From a request, cancellation or question to the answer to it."""
    drive: float = 15.0
    """From acceptance to arrival."""
    board: float = 8.0
    """From arrival to the passenger's being in."""
    ride: float = 20.0
    """From boarding to the end of the ride."""
    give_up: float = 60.0
    """From the request until dispatch gives it up (timeout), or answers at last (late)."""


_CARS: tuple[Mapping[str, Any], ...] = (
    {"plate": "沪A·D2057", "driver": "王师傅", "colour": "蓝色", "model": "荣威Ei5", "minutes": 3},
    {"plate": "沪B·K8316", "driver": "李师傅", "colour": "白色", "model": "大众途安", "minutes": 5},
)
"""Fictional."""

_SPOT = "小区正门口"

_FINAL = ("taxi.completed", "taxi.cancelled", "taxi.no_car")


class _Word(NamedTuple):
    """A command to be sent, *after* seconds behind the one before."""

    after: float
    kind: str
    data: Mapping[str, Any] = {}


class Dispatcher:
    """Answers the kiosk's taxi orders, cancellations, questions and fall alarms.

    Use as a context manager, or call `start` and `close`.
    """

    def __init__(
        self,
        upstream: Upstream,
        outcome: Outcome = "silent",
        pace: Pace | None = None,
        helper: str = "",
    ) -> None:
        self.pace = pace or Pace()
        self.helper = helper
        """Who accepts a fall alarm by themselves; empty: nobody."""
        self.upstream = upstream
        self._outcome: Outcome = outcome
        self._heard: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="dispatcher", daemon=True)
        self._agenda: list[tuple[float, int, str, _Word]] = []
        self._numbers = itertools.count()
        self._helped: set[str] = set()
        self._orders: dict[str, _Word | None] = {}
        """By order: the last word that was said about it; None: still looking for a car."""
        upstream.listen(self._heard.put)

    @property
    def outcome(self) -> Outcome:
        """What becomes of the next order."""
        return self._outcome

    @outcome.setter
    def outcome(self, outcome: Outcome) -> None:
        if outcome not in OUTCOMES:
            raise ValueError(f"no outcome {outcome!r}; one of {', '.join(OUTCOMES)}")
        self._outcome = outcome

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Fall silent; harmless when repeated."""
        self._heard.put(None)
        if self._thread.is_alive():
            self._thread.join()

    @property
    def planned(self) -> int:
        """How many words are still to be said."""
        return len(self._agenda)

    # -- its thread ------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            try:
                event = self._heard.get(timeout=self._patience())
            except queue.Empty:
                event = None
            else:
                if event is None:
                    return
                self._hear(event)
            while self._agenda and self._agenda[0][0] <= time.monotonic():
                self._say(*heapq.heappop(self._agenda)[2:])

    def _patience(self) -> float | None:
        return max(0.0, self._agenda[0][0] - time.monotonic()) if self._agenda else None

    def _hear(self, event: Event) -> None:
        match event.kind:
            case "fall.alarm" if self.helper and event.data["fall"] not in self._helped:
                self._helped.add(event.data["fall"])
                word = _Word(
                    self.pace.answer, "fall.accepted", {"helper": self.helper, "minutes": 4}
                )
                self._plan(event.data["fall"], [word])
            case "taxi.requested" if self._outcome != "silent" and not event.stale:
                self._orders[event.data["order"]] = None
                self._plan(event.data["order"], self._script())
            case "taxi.cancelled" if self._outcome != "silent":
                self._cancel(event.data["order"])
            case "taxi.verify" if self._outcome != "silent":
                self._verify(event.data["order"])

    def _script(self) -> list[_Word]:
        """What is said about an order, one after the other."""
        pace = self.pace
        car, other = _CARS
        accepted = _Word(pace.answer, "taxi.accepted", car)
        arrived = _Word(pace.drive, "taxi.arrived", {"plate": car["plate"], "spot": _SPOT})
        ride = [_Word(pace.board, "taxi.on_board"), _Word(pace.ride, "taxi.completed")]
        match self._outcome:
            case "reassign":
                return [
                    accepted,
                    _Word(pace.answer, "taxi.reassigning"),
                    _Word(pace.answer, "taxi.accepted", other),
                    _Word(pace.drive, "taxi.arrived", {"plate": other["plate"], "spot": _SPOT}),
                    *ride,
                ]
            case "driver_cancels":
                return [accepted, _Word(pace.answer, "taxi.cancelled", {"by": "driver"})]
            case "no_car":
                return [_Word(pace.answer, "taxi.no_car")]
            case "timeout":
                return [_Word(pace.give_up, "taxi.cancelled", {"by": "dispatch"})]
            case "out_of_order":
                return [
                    arrived._replace(after=pace.answer),
                    accepted._replace(after=0.0),
                    *ride,
                ]
            case "late":
                return [accepted._replace(after=pace.give_up), arrived, *ride]
            case _:
                return [accepted, arrived, *ride]

    def _cancel(self, order: str) -> None:
        if order not in self._orders:
            self._plan(order, [_Word(self.pace.answer, "taxi.unknown_order")])
            return
        last = self._orders[order]
        if last is not None and last.kind in _FINAL:
            return
        if self._outcome != "late":
            self._agenda = [entry for entry in self._agenda if entry[2] != order]
            heapq.heapify(self._agenda)
        self._plan(order, [_Word(self.pace.answer, "taxi.cancelled", {"by": "user"})])

    def _verify(self, order: str) -> None:
        last = self._orders.get(order, _Word(0.0, "taxi.unknown_order"))
        last = last or _Word(0.0, "taxi.searching")
        self._plan(order, [last._replace(after=self.pace.answer)])

    def _plan(self, about: str, words: list[_Word]) -> None:
        when = time.monotonic()
        for word in words:
            when += word.after
            heapq.heappush(self._agenda, (when, next(self._numbers), about, word))

    def _say(self, about: str, word: _Word) -> None:
        if word.kind.startswith("fall."):
            self.upstream.send_command(word.kind, {"fall": about, **word.data})
            return
        if about in self._orders:
            self._orders[about] = word
        command_id = self.upstream.send_command(word.kind, {"order": about, **word.data})
        if self._outcome == "duplicate":
            self.upstream.repeat_command(command_id)
