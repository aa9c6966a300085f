"""Sports ground and rooms: who may still come, and light for those who are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import msgspec
from msgspec.structs import replace

from agent.contract.orders import Switch
from agent.contract.signals import DeviceBack, Presence, Signal
from agent.dialogue.views import Phrase, Row, Status
from agent.effects import Choice, Drive, Effect, Hide, Record, Remind, Show, rejected
from agent.messages import Action, Command, DeviceDown, Due, Started
from agent.services.almanac import Almanac, within
from agent.services.rooms.messages import RoomChanged, Taken
from agent.services.rooms.settings import RoomSettings

OPEN = Choice("rooms.open", icon="flag")
_CLOCK_S = 600.0
"""Seconds between looks at the clock: a light goes out so much late at the most."""

State = Literal["free", "used", "unknown"]


class Room(msgspec.Struct, frozen=True):
    """What is known of one room."""

    state: State = "unknown"
    present: tuple[str, ...] = ()
    """Sensors that see somebody now."""
    down: tuple[str, ...] = ()
    emptying: bool = False
    """Nobody is seen, and the reminder runs after which nobody is there: over a restart too."""
    lit: bool | None = None
    """What the light was told; None: nothing yet."""
    taken: int | None = None
    """Places taken, as the booking system said."""


class RoomsState(msgspec.Struct, frozen=True):
    """All rooms by their short names."""

    rooms: dict[str, Room] = {}
    almanac: Almanac = Almanac()
    shown: bool = False
    """A resident looks at them."""


class Rooms:
    """Watches rooms and switches their lights."""

    name: ClassVar[str] = "rooms"
    vital: ClassVar[bool] = False
    listens: ClassVar[tuple[type[Signal], ...]] = (
        Started,
        Due,
        Presence,
        DeviceDown,
        DeviceBack,
        Command,
        Action,
    )

    def __init__(self, rooms: Mapping[str, RoomSettings]) -> None:
        self._settings = rooms
        self._of_device = {device: name for name, room in rooms.items() for device in room.presence}

    def initial(self) -> RoomsState:
        """Nothing is known of any room."""
        return RoomsState()

    def durable(self, state: RoomsState) -> RoomsState:
        """Sensors report themselves after a restart, lights are told anew."""
        rooms = {
            name: replace(room, present=(), down=(), lit=None) for name, room in state.rooms.items()
        }
        return replace(state, rooms=rooms, shown=False)

    def step(self, state: RoomsState, signal: Signal) -> tuple[RoomsState, list[Effect]]:
        """Fold in one signal; lights and the screen follow."""
        after, effects = self._answered(state, signal)
        after, lights = self._lights(after, signal.at)
        effects = [*effects, *lights]
        if after.shown and after != state and not isinstance(signal, Action):
            effects.append(self._page(after, signal.at, silent=True))
        return after, effects

    def _answered(self, state: RoomsState, signal: Signal) -> tuple[RoomsState, list[Effect]]:
        match signal:
            case Started(wall=wall, rebooted=rebooted) if self._settings:
                almanac = state.almanac.told(signal.at, wall, rebooted)
                return replace(state, almanac=almanac), [Remind("clock", _CLOCK_S)]
            case Due(name="clock", wall=wall):
                almanac = state.almanac.told(signal.at, wall)
                return replace(state, almanac=almanac), [Remind("clock", _CLOCK_S)]
            case Action(action="rooms.open"):
                state = replace(state, shown=True)
                return state, [self._page(state, signal.at)]
            case Action():
                return replace(state, shown=False), [Hide()]
            case Command(data=Taken(room=name, places=places)):
                if name not in self._settings or not self._settings[name].places:
                    why = "there is no such room with places"
                    return state, [rejected(signal.command_id, signal.kind, "data.room", why)]
                room = replace(state.rooms.get(name, Room()), taken=places)
                return replace(state, rooms={**state.rooms, name: room}), []
            case Due(name=name):
                name = name.removeprefix("empty.")
            case _:
                name = self._of_device.get(signal.source, "")
        if name not in self._settings:
            return state, []
        room, effects = self._observed(name, state.rooms.get(name, Room()), signal)
        return replace(state, rooms={**state.rooms, name: room}), effects

    def _observed(self, name: str, room: Room, signal: Signal) -> tuple[Room, list[Effect]]:
        settings, source = self._settings[name], signal.source
        others = tuple(one for one in room.present if one != source)
        working = tuple(one for one in room.down if one != source)
        match signal:
            case Presence(present=True):
                present = (*others, source)
                room = replace(room, present=present, down=working, emptying=False)
                room, told = self._enter(name, room, "used")
                return room, [*told, Remind(f"empty.{name}", None)]
            case Presence():
                return self._unseen(name, replace(room, present=others, down=working))
            case DeviceDown():
                room = replace(room, present=others, down=(*working, source))
                if len(room.down) == len(settings.presence):
                    room, told = self._enter(name, replace(room, emptying=False), "unknown")
                    return room, [*told, Remind(f"empty.{name}", None)]
                return self._unseen(name, room)
            case DeviceBack():
                return replace(room, down=working), []
            case Due():
                room = replace(room, emptying=False)
                if not room.present and len(room.down) < len(settings.presence):
                    return self._enter(name, room, "free")
        return room, []

    def _unseen(self, name: str, room: Room) -> tuple[Room, list[Effect]]:
        """One sensor sees nobody any more, or says so after a restart."""
        if room.present or room.emptying or room.state == "free":
            return room, []
        linger = Remind(f"empty.{name}", self._settings[name].linger_min * 60)
        return replace(room, emptying=True), [linger]

    def _enter(self, name: str, room: Room, state: State) -> tuple[Room, list[Effect]]:
        if state == room.state:
            return room, []
        return replace(room, state=state), [Record(RoomChanged(room=name, state=state), name)]

    # -- light -----------------------------------------------------------------------------

    def _is(self, state: RoomsState, at: float, start: float, end: float) -> bool | None:
        """Whether it is between two hours of the day; None: the time is not known."""
        hour = state.almanac.moment(at)
        return None if hour is None else within(hour % 24, start, end)

    def _lights(self, state: RoomsState, at: float) -> tuple[RoomsState, list[Effect]]:
        rooms, effects = dict(state.rooms), list[Effect]()
        for name, room in state.rooms.items():
            settings = self._settings.get(name)
            if settings is None or not settings.light:
                continue
            is_open = self._is(state, at, settings.open_from, settings.open_to)
            dark = self._is(state, at, settings.dark_from, settings.dark_to)
            # Who cannot be seen must not stand in the dark, and a clock that is not known
            # switches nobody's light off.
            lit = room.state == "used" or (room.state == "unknown" and bool(room.lit))
            lit = lit and is_open is not False and dark is not False
            if lit != room.lit:
                rooms[name] = replace(room, lit=lit)
                effects.append(Drive(settings.light, Switch(lit)))
        return replace(state, rooms=rooms), effects

    # -- residents -------------------------------------------------------------------------

    def _page(self, state: RoomsState, at: float, silent: bool = False) -> Show:
        rows, free, used = list[Row](), list[str](), list[str]()
        for name, settings in self._settings.items():
            room = state.rooms.get(name, Room())
            if self._is(state, at, settings.open_from, settings.open_to) is False:
                word = Phrase("label.room.closed")
            elif settings.places and room.taken is not None:
                left = max(0, settings.places - room.taken)
                word = Phrase("label.room.places" if left else "label.room.full", {"left": left})
                (free if left else used).append(settings.name)
            else:
                word = Phrase(f"label.room.{room.state}")
                free += [settings.name] * (room.state == "free")
                used += [settings.name] * (room.state == "used")
            rows.append(Row(settings.name, word))
        return Show(
            "rooms",
            {"free": "、".join(free), "used": "、".join(used)},
            (Choice("home", icon="home"),),
            idle_out=True,
            silent=silent,
            view=Status("flag", tuple(rows)),
        )
