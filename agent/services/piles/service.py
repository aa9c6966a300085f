"""共享充电桩: which pile is free, who should move, who is next; what does not work is reported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from agent.contract.signals import Charging, Measured, Signal
from agent.dialogue.views import Phrase, Row
from agent.dialogue.views import Status as Page
from agent.effects import Choice, Effect, Hide, Record, Remind, Say, Show, rejected
from agent.messages import Action, Command, DeviceDown, Due, Started
from agent.services.almanac import Almanac
from agent.services.piles.messages import (
    PileChanged,
    PileDay,
    PileFault,
    PileMove,
    PileState,
    Status,
)
from agent.services.piles.settings import PileSettings

OPEN = Choice("piles.open", icon="list")
_DAY_S, _CLOCK_S = 86_400.0, 3600.0
"""Seconds of a day, and between looks at the wall clock."""
_SAME_S = 1800.0
"""A midnight that is so near to the last one is the same, by a clock that was put right."""
_LONGEST_QUEUE = 20
_SPOKEN = {"preparing": "busy", "charging": "busy", "paused": "busy", "closed": "fault"}
"""States that are one to who hears of them: what is not free nor to be moved."""


class Pile(msgspec.Struct, frozen=True):
    """What is known of one pile."""

    state: PileState | None = None
    since: float = 0.0
    """Boot-time seconds of its last change."""
    since_wall: float | None = None
    """The same by the time of day, until that is known in this boot; None: `since` is right."""
    moves: int = 0
    """How often its driver was asked to move."""
    sessions: int = 0
    """Of this day, like the next two."""
    charging_s: float = 0.0
    blocked_s: float = 0.0
    reported: bool = False
    """A resident has reported it, and it has not charged since."""
    drawing: bool = False
    """What the meter says now…"""
    drawing_since: float | None = None
    """…and since when; begins anew after a restart."""
    speaks: bool = False
    """The pile itself says what it does: its meter need not be asked."""


class PilesState(msgspec.Struct, frozen=True):
    """All piles by their short names."""

    piles: dict[str, Pile] = {}
    queue: tuple[int, ...] = ()
    """Numbers of those who wait, the first first."""
    number: int = 0
    """The number drawn last."""
    shown: str = ""
    """Screen that a resident looks at; empty: none."""
    almanac: Almanac = Almanac()


class Piles:
    """Watches the piles, and lets residents queue and report."""

    name: ClassVar[str] = "piles"
    vital: ClassVar[bool] = False
    listens: ClassVar[tuple[type[Signal], ...]] = (
        Started,
        Due,
        Measured,
        Charging,
        DeviceDown,
        Command,
        Action,
    )

    def __init__(self, piles: Mapping[str, PileSettings]) -> None:
        self._settings = piles
        self._of_device = {one.device: name for name, one in piles.items() if one.device}

    def initial(self) -> PilesState:
        """Nothing is known, nobody waits."""
        return PilesState()

    def durable(self, state: PilesState) -> PilesState:
        """What the meter says begins anew, and nobody looks at a screen."""
        piles = {
            name: replace(one, drawing=False, drawing_since=None)
            for name, one in state.piles.items()
        }
        return replace(state, piles=piles, shown="")

    def step(self, state: PilesState, signal: Signal) -> tuple[PilesState, list[Effect]]:
        """Fold in one signal; the screen follows while somebody looks at it."""
        after, effects = self._answered(state, signal)
        changed = (after.piles, after.queue) != (state.piles, state.queue)
        if after.shown and changed and not any(isinstance(effect, Show) for effect in effects):
            effects = [*effects, self._page(after, silent=True)]
        return after, effects

    def _answered(self, state: PilesState, signal: Signal) -> tuple[PilesState, list[Effect]]:
        match signal:
            case Started() if self._settings:
                return self._started(state, signal)
            case Due(name="clock", wall=wall):
                state = _dated(replace(state, almanac=state.almanac.told(signal.at, wall)))
                return state, self._alarm_clocks(state, signal.at)
            case Due(name="day"):
                return self._day(state, signal.at)
            case Due(name=name):
                return self._move(state, name.removeprefix("move."), signal.at)
            case Measured(source=source, quantity="power") if source in self._of_device:
                return self._metered(state, self._of_device[source], signal)
            case Charging(source=source) if source in self._of_device:
                return self._told(state, self._of_device[source], signal)
            case DeviceDown(source=source) if source in self._of_device:
                name = self._of_device[source]
                pile = replace(state.piles.get(name, Pile()), drawing_since=None)
                return replace(state, piles={**state.piles, name: pile}), []
            case Command(data=Status(pile=name) as data):
                if name not in self._settings:
                    why = f"there is no such pile; known: {', '.join(self._settings)}"
                    return state, [rejected(signal.command_id, signal.kind, "data.pile", why)]
                return self._enter(state, name, data.state, signal.at, data.reason)
            case Action(action=action, value=value):
                return self._chosen(state, action, value)
        return state, []

    def _started(self, state: PilesState, signal: Started) -> tuple[PilesState, list[Effect]]:
        old, at = state.almanac.offset, signal.at
        piles = {name: one for name, one in state.piles.items() if name in self._settings}
        if signal.rebooted:
            for name, one in piles.items():
                wall = one.since_wall if old is None else one.since + old
                piles[name] = replace(one, since=at, since_wall=wall)
        first = state == self.initial()
        almanac = state.almanac.told(at, signal.wall, signal.rebooted)
        state = _dated(replace(state, piles=piles, almanac=almanac))
        # Until the time of day is known, a day is any 24 hours
        whole = [Remind("day", _DAY_S)] if first else []
        return state, [*whole, *self._alarm_clocks(state, at)]

    def _alarm_clocks(self, state: PilesState, at: float) -> list[Effect]:
        midnight = state.almanac.until(at, 0)
        day = [] if midnight is None or midnight > 1.5 * _CLOCK_S else [Remind("day", midnight)]
        return [*day, Remind("clock", _CLOCK_S)]

    # -- the piles -------------------------------------------------------------------------

    def _told(
        self, state: PilesState, name: str, signal: Charging
    ) -> tuple[PilesState, list[Effect]]:
        """What the pile says of itself; reserved is not for whoever comes by."""
        pile = replace(state.piles.get(name, Pile()), speaks=signal.state != "unknown")
        state = replace(state, piles={**state.piles, name: pile})
        match signal.state:
            case "unknown":
                return state, []
            case "reserved":
                return self._enter(state, name, "closed", signal.at, signal.reason)
            case new:
                return self._enter(state, name, new, signal.at, signal.reason)

    def _metered(
        self, state: PilesState, name: str, signal: Measured
    ) -> tuple[PilesState, list[Effect]]:
        settings, pile = self._settings[name], state.piles.get(name, Pile())
        if signal.value is None or pile.speaks:
            return state, []
        watts = signal.value * (1000 if signal.unit == "kW" else 1)
        drawing = watts >= settings.charging_w
        if pile.drawing_since is None or drawing != pile.drawing:
            pile = replace(pile, drawing=drawing, drawing_since=signal.at)
            return replace(state, piles={**state.piles, name: pile}), []
        if signal.at - pile.drawing_since < settings.settle_s:
            return state, []
        if drawing:
            return self._enter(state, name, "charging", signal.at, "")
        if pile.state == "charging":  # whether the car has gone, a meter does not see
            return self._enter(state, name, "finished", signal.at, "")
        if pile.state is None:
            return self._enter(state, name, "free", signal.at, "")
        return state, []

    def _enter(
        self, state: PilesState, name: str, new: PileState, at: float, reason: str
    ) -> tuple[PilesState, list[Effect]]:
        settings, pile = self._settings[name], state.piles.get(name, Pile())
        if new == pile.state:
            return state, []
        pile, old = _counted(pile, at), pile.state
        pile = replace(pile, state=new, moves=0)
        effects: list[Effect] = [Record(PileChanged(pile=name, state=new), name)]
        if new == "charging":
            pile = replace(pile, sessions=pile.sessions + (old != "paused"), reported=False)
        if new == "fault":
            broken = PileFault(pile=name, name=settings.name, by="pile", reason=reason)
            effects.append(Record(broken, name))
        if new == "finished":
            effects.append(Remind(f"move.{name}", settings.move_min * 60))
        elif old == "finished":
            effects.append(Remind(f"move.{name}", None))
        queue = state.queue
        if new == "free" and queue:
            effects.append(Say("piles.next", {"pile": settings.name, "number": queue[0]}))
            queue = queue[1:]
        return replace(state, piles={**state.piles, name: pile}, queue=queue), effects

    def _move(self, state: PilesState, name: str, at: float) -> tuple[PilesState, list[Effect]]:
        pile = state.piles.get(name)
        if name not in self._settings or pile is None or pile.state != "finished":
            return state, []
        settings = self._settings[name]
        if pile.moves >= settings.moves:  # a meter alone never sees that the car has gone
            return self._enter(state, name, "free", at, "") if settings.device else (state, [])
        asked = PileMove(pile=name, name=settings.name, repeat=pile.moves, waiting=len(state.queue))
        pile = replace(pile, moves=pile.moves + 1)
        effects: list[Effect] = [
            Record(asked, name),
            Say("piles.move", {"pile": settings.name}),
        ]
        effects.append(Remind(f"move.{name}", settings.again_min * 60))
        return replace(state, piles={**state.piles, name: pile}), effects

    def _day(self, state: PilesState, at: float) -> tuple[PilesState, list[Effect]]:
        """A day is over: what was it good for?"""
        piles, effects = {}, list[Effect]()
        for name, pile in state.piles.items():
            pile = _counted(pile, at)
            day = PileDay(
                pile=name,
                sessions=pile.sessions,
                charging_min=round(pile.charging_s / 60),
                blocked_min=round(pile.blocked_s / 60),
            )
            effects.append(Record(day, name))
            piles[name] = replace(pile, sessions=0, charging_s=0.0, blocked_s=0.0)
        next_ = state.almanac.until(at, 0) or _DAY_S
        next_ += _DAY_S if next_ < _SAME_S else 0
        return replace(state, piles=piles, queue=()), [*effects, Remind("day", next_)]

    # -- residents -------------------------------------------------------------------------

    def _chosen(
        self, state: PilesState, action: str, value: str
    ) -> tuple[PilesState, list[Effect]]:
        match action:
            case "piles.open":
                state = replace(state, shown="piles")
                return state, [self._page(state)]
            case "piles.queue" if len(state.queue) < _LONGEST_QUEUE:
                number = state.number % 99 + 1
                state = replace(
                    state, number=number, queue=(*state.queue, number), shown="piles.queued"
                )
                return state, [self._page(state)]
            case "piles.report":
                state = replace(state, shown="piles.report")
                return state, [self._page(state)]
            case "piles.broken" if value in self._settings:
                pile = state.piles.get(value, Pile())
                effects: list[Effect] = []
                if not pile.reported:
                    name = self._settings[value].name
                    why = "居民在终端上报修"
                    told = PileFault(pile=value, name=name, by="resident", reason=why)
                    effects.append(Record(told, value))
                pile = replace(pile, reported=True)
                state = replace(state, piles={**state.piles, value: pile}, shown="piles.reported")
                return state, [*effects, self._page(state)]
            case "back" if state.shown not in ("", "piles"):
                state = replace(state, shown="piles")
                return state, [self._page(state)]
        return replace(state, shown=""), [Hide()]

    def _page(self, state: PilesState, silent: bool = False) -> Show:
        named: dict[str, list[str]] = {word: [] for word in ("free", "busy", "finished", "fault")}
        rows = []
        for name, settings in self._settings.items():
            word = state.piles.get(name, Pile()).state or "unknown"
            rows.append(Row(settings.name, Phrase(f"label.pile.{word}")))
            if word != "unknown":
                named[_SPOKEN.get(word, word)].append(settings.name)
        choices: tuple[Choice, ...] = (Choice("home", icon="home"),)
        if state.shown == "piles.report":
            choices = tuple(
                Choice("piles.broken", one.name, value=name)
                for name, one in list(self._settings.items())[:8]
            )
        elif state.shown == "piles":
            queue = () if named["free"] else (Choice("piles.queue", icon="clock"),)
            choices = (*queue, Choice("piles.report", icon="wrench"))
        values = {
            **{word: "、".join(names) for word, names in named.items()},
            "waiting": len(state.queue) or "",
            "number": state.number if state.shown == "piles.queued" else "",
        }
        return Show(
            state.shown,
            values,
            choices,
            idle_out=True,
            silent=silent,
            view=Page("list", tuple(rows) if state.shown == "piles" else ()),
        )


def _dated(state: PilesState) -> PilesState:
    """With the moments of the boot before by this boot's clock, where the time of day is known."""
    offset = state.almanac.offset
    if offset is None:
        return state
    piles = {
        name: one
        if one.since_wall is None
        else replace(one, since=min(one.since, one.since_wall - offset), since_wall=None)
        for name, one in state.piles.items()
    }
    return replace(state, piles=piles)


def _counted(pile: Pile, at: float) -> Pile:
    """With the time since its last change in its sums."""
    passed = max(0.0, at - pile.since)
    charging = pile.charging_s + passed * (pile.state == "charging")
    blocked = pile.blocked_s + passed * (pile.state == "finished")
    return replace(pile, charging_s=charging, blocked_s=blocked, since=at, since_wall=None)
