"""智慧门磁: a door stands open, opens at night, or somebody alone was not seen by their hour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from agent.contract.signals import Contact, DeviceBack, Presence, Signal
from agent.effects import Effect, Pass, Record, Remind, rejected
from agent.messages import Command, Concern, DeviceDown, Due, Started
from agent.services.almanac import Almanac, within
from agent.services.doors.messages import (
    Away,
    DoorAlarm,
    DoorCleared,
    DoorRemoved,
    Feedback,
    What,
)
from agent.services.doors.settings import DoorSettings
from agent.services.removed import REASON, parted

_CLOCK_S = 3600.0
"""Seconds between looks at the wall clock."""
_COARSE_S = 600.0
_CASES = 4
"""Cases of a door for which feedback is still understood."""
_LATEST = 3
"""Hours by which false alarms may shift when somebody is expected."""


class Door(msgspec.Struct, frozen=True):
    """What is known of one door, and of who lives behind it."""

    closed: bool | None = None
    open: dict[What, str] = {}
    """What is not as it should be → case."""
    cases: tuple[tuple[str, str], ...] = ()
    seen: int | None = None
    """The hour since 1970 in which somebody was last seen: no finer, it is kept on the disk."""
    seen_at: float | None = None
    """Likewise in boot-time seconds, to ten minutes, when the time of day was not known then."""
    present: tuple[str, ...] = ()
    """Motion sensors that see somebody now."""
    away: bool = False
    """Whoever lives there has gone out: the door closed, and nobody moved behind it."""
    away_until: int | None = None
    """Hour since 1970 until which they are on a journey."""
    later: int = 0
    """Hours by which they are expected later than is set, from false alarms."""
    down: tuple[str, ...] = ()
    """Sensors that do not work."""


class DoorsState(msgspec.Struct, frozen=True):
    """All doors by their short names."""

    doors: dict[str, Door] = {}
    almanac: Almanac = Almanac()


Step = tuple[Door, list[Effect]]


class Doors:
    """Watches doors, and with their consent people who live alone behind them."""

    name: ClassVar[str] = "doors"
    vital: ClassVar[bool] = False
    listens: ClassVar[tuple[type[Signal], ...]] = (
        Started,
        Due,
        Contact,
        Presence,
        DeviceDown,
        DeviceBack,
        Command,
    )

    def __init__(self, doors: Mapping[str, DoorSettings]) -> None:
        self._settings = doors
        self._of_device = {
            device: name for name, door in doors.items() for device in (door.device, *door.motion)
        }

    def initial(self) -> DoorsState:
        """Nothing is known of any door."""
        return DoorsState()

    def durable(self, state: DoorsState) -> DoorsState:
        """All of it: it changes with the door, and once an hour while somebody moves about."""
        return state

    def step(self, state: DoorsState, signal: Signal) -> tuple[DoorsState, list[Effect]]:
        """Fold in one signal."""
        at = signal.at
        match signal:
            case Started(wall=wall, rebooted=rebooted):
                old, new = state.almanac, state.almanac.told(at, wall, rebooted)
                doors = dict(state.doors)
                if rebooted:
                    doors = {name: _carried(one, old, new, at) for name, one in doors.items()}
                doors = {name: self._furnished(name, one) for name, one in doors.items()}
                state, ended = self._without_removed(DoorsState(doors, new))
                return state, [*ended, *self._alarm_clocks(state, at)]
            case Due(name="clock", wall=wall):
                state = replace(state, almanac=state.almanac.told(at, wall))
                return state, self._alarm_clocks(state, at)
            case Command(data=Feedback() as data):
                return self._feedback(state, signal, data)
            case Command(data=Away(door=name)):
                hour = state.almanac.hour(at)
                if name not in self._settings or hour is None:
                    why = "there is no such door" if hour else "the time of day is not known"
                    return state, [rejected(signal.command_id, signal.kind, "data.door", why)]
            case Due():
                name = signal.name.partition(".")[2]
                if name not in self._settings:
                    return self._without_removed(state)
            case _:
                name = self._of_device.get(signal.source, "")
        if name not in self._settings:
            return state, []
        before = state.doors.get(name, Door())
        door, effects = self._answered(name, before, signal, state.almanac)
        if door == before and not effects:
            return state, []
        return replace(state, doors={**state.doors, name: door}), effects

    def _without_removed(self, state: DoorsState) -> tuple[DoorsState, list[Effect]]:
        kept, gone = parted(state.doors, self._settings)
        ended = (
            Record(DoorRemoved(door=name, case=case, what=what, reason=REASON), case)
            for name, door in gone.items()
            for what, case in door.open.items()
        )
        return replace(state, doors=kept), [*ended]

    def _furnished(self, name: str, door: Door) -> Door:
        """Without sensors that it has no longer: one that saw somebody would see them for ever."""
        sensors = self._settings[name].motion if name in self._settings else ()
        return replace(door, present=tuple(one for one in door.present if one in sensors))

    def _answered(self, name: str, door: Door, signal: Signal, almanac: Almanac) -> Step:
        settings, at = self._settings[name], signal.at
        match signal:
            case Contact(tampered=tampered) if tampered != ("tampered" in door.open):
                why = f"{settings.name}的门磁被人动过或者线断了"
                door, effects = self._mark(name, door, "tampered", signal, why if tampered else "")
                door, more = self._moved(name, door, signal, almanac)
                return door, [*effects, *more]
            case Contact():
                return self._moved(name, door, signal, almanac)
            case Presence(present=False, source=source):
                others = tuple(one for one in door.present if one != source)
                was = door.present != others
                door = _seen(door, almanac, at) if was else door
                return replace(door, present=others), []
            case Presence(source=source):
                others = tuple(one for one in door.present if one != source)
                door = replace(door, away=False, present=(*others, source))
                door, effects = self._end(name, door, "night", signal)
                door, more = self._somebody(name, door, signal, almanac)
                return door, [*effects, *more]
            case DeviceDown(source=source) if source not in door.down:
                present = tuple(one for one in door.present if one != source)
                return replace(door, down=(*door.down, source), present=present), []
            case DeviceBack(source=source) if source in door.down:
                return replace(door, down=tuple(d for d in door.down if d != source)), []
            case Command(data=Away(hours=hours)):
                hour = almanac.hour(at) or 0
                return replace(door, away_until=hour + round(hours)), []
            case Due(name=due):
                return self._due(name, door, due.partition(".")[0], signal, almanac)
        return door, []

    # -- the door --------------------------------------------------------------------------

    def _moved(self, name: str, door: Door, signal: Signal, almanac: Almanac) -> Step:
        """The contact told of its state: at its start, or because the door moved."""
        assert isinstance(signal, Contact)
        settings, first = self._settings[name], door.closed is None
        if signal.closed == door.closed:
            return door, []
        door = replace(door, closed=signal.closed)
        effects: list[Effect] = []
        if not signal.closed:
            effects.append(Remind(f"open.{name}", settings.left_open_min * 60))
        else:
            door, effects = self._end(name, door, "open", signal)
            effects.append(Remind(f"open.{name}", None))
        if first or signal.tampered:
            return door, effects
        door, more = self._somebody(name, door, signal, almanac)
        effects += more
        watched = self._watched(settings, almanac, signal.at)
        if watched and not signal.closed and self._night(settings, almanac, signal.at):
            effects.append(Remind(f"night.{name}", settings.back_min * 60))
        return door, effects

    def _due(self, name: str, door: Door, what: str, signal: Signal, almanac: Almanac) -> Step:
        settings = self._settings[name]
        match what:
            case "open" if door.closed is False and "open" not in door.open:
                why = f"{settings.name}的门开着{settings.left_open_min:.0f}分钟没有关"
                return self._mark(name, door, "open", signal, why)
            case "night" if "night" not in door.open and self._missing(settings, door):
                why = f"{settings.name}的门夜里开过，{settings.back_min:.0f}分钟里没有看到人回来"
                return self._mark(name, door, "night", signal, why)
            case "morning" | "evening":
                return self._by_now(name, door, what, signal, almanac)
        return door, []

    # -- who lives behind it ---------------------------------------------------------------

    def _somebody(self, name: str, door: Door, signal: Signal, almanac: Almanac) -> Step:
        """Somebody was seen: at the door, or inside."""
        door, effects = self._end(name, door, "unseen", signal)
        if isinstance(signal, Contact):
            door = replace(door, away=True)  # until somebody moves behind it
        return _seen(door, almanac, signal.at), effects

    def _missing(self, settings: DoorSettings, door: Door) -> bool:
        return door.away or not settings.motion

    def _watched(self, settings: DoorSettings, almanac: Almanac, at: float) -> bool:
        hour, until = almanac.hour(at), settings.alone_until
        return until is not None and (hour is None or hour // 24 <= until.toordinal() - _EPOCH)

    def _night(self, settings: DoorSettings, almanac: Almanac, at: float) -> bool:
        hour = almanac.hour(at)
        return hour is not None and within(hour % 24, settings.night_from, settings.night_to)

    def _by_now(self, name: str, door: Door, what: str, signal: Signal, almanac: Almanac) -> Step:
        """It is the hour by which they should have been seen."""
        settings, hour = self._settings[name], almanac.hour(signal.at)
        seen = door.seen if door.seen_at is None else almanac.hour(door.seen_at)
        if hour is None or seen is None or door.present or "unseen" in door.open:
            return door, []
        journey = door.away_until is not None and hour < door.away_until
        blind = settings.device in door.down or set(settings.motion) & set(door.down)
        if journey or blind or not self._watched(settings, almanac, signal.at):
            return door, []
        silent = hour - seen
        if not settings.motion:
            unusual = silent >= settings.shut_h
        elif what == "morning":
            unusual = not door.away and silent > hour % 24 - settings.night_to
        else:
            unusual = not door.away and silent >= settings.still_h
        if not unusual:
            return door, []
        days = hour // 24 - seen // 24
        day = ("今天", "昨天", "前天")[days] if days < 3 else f"{days}天前的"
        moved = "没有看到人走动，门也没有开过" if settings.motion else "门没有开过"
        why = f"{settings.name}到{hour % 24}点{moved}，最后一次是{day}{seen % 24}点"
        return self._mark(name, door, "unseen", signal, why)

    def _alarm_clocks(self, state: DoorsState, at: float) -> list[Effect]:
        """Reminders of the hours by which people should have been seen."""
        effects: list[Effect] = [Remind("clock", _CLOCK_S)] if self._settings else []
        for name, settings in self._settings.items():
            if settings.alone_until is None:
                continue
            door = state.doors.get(name, Door())
            for what, by in (
                ("morning", settings.seen_by + door.later),
                ("evening", settings.evening_by),
            ):
                after = state.almanac.until(at, by % 24)
                if after is not None and after <= 1.5 * _CLOCK_S:
                    effects.append(Remind(f"{what}.{name}", after))
        return effects

    # -- what is told ----------------------------------------------------------------------

    def _mark(self, name: str, door: Door, what: What, signal: Signal, why: str) -> Step:
        """Something is not as it should be; without *why* it is again."""
        if not why:
            return self._end(name, door, what, signal)
        settings, case = self._settings[name], f"{what}-{signal.id}"
        cases = (*door.cases, (case, what))[-_CASES:]
        door = replace(door, open={**door.open, what: case}, cases=cases)
        alarm = DoorAlarm(door=name, name=settings.name, case=case, what=what, reason=why)
        effects: list[Effect] = [Record(alarm, case)]
        if what in ("unseen", "night"):
            effects.append(
                Pass(Concern(device=settings.device, cause="door", case=case, reason=why))
            )
        return door, effects

    def _end(self, name: str, door: Door, what: What, signal: Signal) -> Step:
        case = door.open.get(what)
        if case is None:
            return door, []
        door = replace(door, open={k: v for k, v in door.open.items() if k != what})
        effects: list[Effect] = [Record(DoorCleared(door=name, case=case, what=what), case)]
        if what in ("unseen", "night"):
            device = self._settings[name].device
            effects.append(Pass(Concern(device=device, cause="door", case=case, over=True)))
        return door, effects

    def _feedback(
        self, state: DoorsState, command: Command, data: Feedback
    ) -> tuple[DoorsState, list[Effect]]:
        for name, door in state.doors.items():
            what = dict(door.cases).get(data.case)
            if what is None:
                continue
            if not data.right and what == "unseen":
                door = replace(door, later=min(_LATEST, door.later + 1))
            return replace(state, doors={**state.doors, name: door}), []
        why = "there was no such alarm lately"
        return state, [rejected(command.command_id, command.kind, "data.case", why)]


def _seen(door: Door, almanac: Almanac, at: float) -> Door:
    """Somebody was seen at *at*."""
    hour = almanac.hour(at)
    if hour is None:
        return replace(door, seen_at=at - at % _COARSE_S)
    return replace(door, seen=hour, seen_at=None)


def _carried(door: Door, old: Almanac, new: Almanac, at: float) -> Door:
    """After a reboot at *at*: when nobody knows how long before it they were seen, just then."""
    if door.seen_at is None:
        return door
    return replace(door, seen_at=old.carried(door.seen_at, new, at))


_EPOCH = 719163
"""1970-01-01 as an ordinal."""
