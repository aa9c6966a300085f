"""Any number of any device: reported now and then, and one task while it is beyond its limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import msgspec
from msgspec.structs import replace

from agent.contract.signals import Measured, Signal
from agent.effects import Effect, Record, Remind, rejected
from agent.messages import Command, DeviceDown, Due, Started
from agent.records import shortened
from agent.services import tasks
from agent.services.readings.messages import (
    AboutReading,
    Assigned,
    Cleared,
    ReadingDone,
    ReadingOverdue,
    ReadingRemoved,
    ReadingTask,
    ReadingValue,
)
from agent.services.readings.settings import ReadingSettings
from agent.services.removed import REASON, parted

_BROKEN_S = 600.0
"""A silence after which nobody knows how it was meanwhile: holding begins anew."""

_OVERDUE: dict[tasks.WaitsFor, str] = {
    "crew": "还没有人接单",
    "clearance": "已派单，还没有恢复正常",
    "agreement": "报告已处理，读数还不正常",
}
_SPOKEN_UNITS = {"Cel": "℃", "1": "", "W.h": "Wh", "kW.h": "kWh", "mm[Hg]": "mmHg"}
"""UCUM codes that people write otherwise."""


class Reading(tasks.Tasked, frozen=True):
    """What is known of one number; it has a task while it is beyond its limit."""

    reported: float | None = None
    """As it was last reported; None: as not known."""
    unit: str = "1"
    late: bool = False
    """It was to be reported again when there was no value, as just after a restart."""
    every_h: float = 0.0
    """For which the reminder of that was set; 0: none is."""
    value: float | None = None
    """The latest; begins anew after a restart, as the next two do."""
    at: float = 0.0
    other_since: float | None = None
    """Since when it is beyond while there is no task, or back while there is one."""


class ReadingsState(msgspec.Struct, frozen=True):
    """All numbers by their short names."""

    readings: dict[str, Reading] = {}


Step = tuple[Reading, list[Effect]]


class Readings:
    """Reports numbers, and makes tasks of them."""

    name: ClassVar[str] = "readings"
    vital: ClassVar[bool] = False
    listens: ClassVar[tuple[type[Signal], ...]] = (Started, Measured, DeviceDown, Due, Command)

    def __init__(self, readings: Mapping[str, ReadingSettings]) -> None:
        self._settings = readings

    def initial(self) -> ReadingsState:
        """Nothing is known."""
        return ReadingsState()

    def durable(self, state: ReadingsState) -> ReadingsState:
        """What was reported, and the tasks."""
        kept = {
            name: replace(one, value=None, at=0.0, other_since=None)
            for name, one in state.readings.items()
        }
        return ReadingsState(kept)

    def step(self, state: ReadingsState, signal: Signal) -> tuple[ReadingsState, list[Effect]]:
        """Fold in one signal."""
        match signal:
            case Started():
                return self._without_removed(state)
            case Command(data=AboutReading() as data):
                return self._command(state, signal, data)
            case Due(name=due):
                what, _, name = due.partition(".")
                if name not in self._settings:
                    return self._without_removed(state)
                names = [name]
            case Measured():
                what, names = "", [n for n, one in self._settings.items() if _means(one, signal)]
            case DeviceDown():
                what = ""
                names = [n for n, one in self._settings.items() if one.device == signal.source]
            case _:
                return state, []
        effects: list[Effect] = []
        for name in names:
            before = state.readings.get(name, Reading())
            after, more = self._answered(name, before, signal, what)
            effects += more
            if after != before:
                state = ReadingsState({**state.readings, name: after})
        return state, effects

    def _answered(self, name: str, reading: Reading, signal: Signal, what: str) -> Step:
        match signal:
            case Measured(value=float() | int() as value, unit=unit, at=at):
                reading, effects = self._reported(name, replace(reading, unit=unit), value)
                reading, more = self._judged(name, reading, value, at, signal.id)
                return replace(reading, value=value, at=at), [*effects, *more]
            case Measured() | DeviceDown():
                return self._lost(name, reading)
            case Due() if what == "task" and reading.task:
                return self._overdue(name, reading)
            case Due() if what == "value" and reading.value is not None:
                return self._tell(name, reading, reading.value)
            case Due() if what == "value" and reading.reported is not None:
                return replace(reading, late=True), []
        return reading, []

    def _without_removed(self, state: ReadingsState) -> tuple[ReadingsState, list[Effect]]:
        kept, gone = parted(state.readings, self._settings)
        ended = (
            Record(ReadingRemoved(reading=name, task=one.task, reason=REASON), name)
            for name, one in gone.items()
            if one.task
        )
        return ReadingsState(kept), [*ended]

    # -- reporting -------------------------------------------------------------------------

    def _reported(self, name: str, reading: Reading, value: float) -> Step:
        settings, told = self._settings[name], reading.reported
        step, every_h = settings.step, settings.every_h
        if told is None or reading.late or (step and abs(value - told) >= step):
            return self._tell(name, reading, value)
        return self._again(name, reading) if reading.every_h != every_h else (reading, [])

    def _tell(self, name: str, reading: Reading, value: float) -> Step:
        told = ReadingValue(reading=name, value=value, unit=reading.unit)
        reading, again = self._again(name, replace(reading, reported=value, late=False))
        return reading, [Record(told, name), *again]

    def _again(self, name: str, reading: Reading) -> Step:
        every_h = self._settings[name].every_h
        return replace(reading, every_h=every_h), [Remind(f"value.{name}", every_h * 3600)]

    def _lost(self, name: str, reading: Reading) -> Step:
        if reading.reported is None:
            return replace(reading, value=None, other_since=None), []
        told = ReadingValue(reading=name, value=None, unit=reading.unit)
        reading = replace(reading, value=None, other_since=None, reported=None)
        return reading, [Record(told, name), Remind(f"value.{name}", None)]

    # -- the task --------------------------------------------------------------------------

    def _judged(self, name: str, reading: Reading, value: float, at: float, identity: str) -> Step:
        """Beyond for long, or back for long."""
        settings = self._settings[name]
        margin = settings.back if reading.task else 0.0
        above = settings.above is not None and value > settings.above - margin
        below = settings.below is not None and value < settings.below + margin
        if (above or below) == bool(reading.task):
            return replace(reading, other_since=None), []
        broken = at - reading.at > _BROKEN_S and settings.hold_s > 0
        since = at if reading.other_since is None or broken else reading.other_since
        reading = replace(reading, other_since=since)
        if at - since < settings.hold_s:
            return reading, []
        if reading.task:
            return self._done(name, reading, "device")
        limit = settings.above if above else settings.below
        assert limit is not None
        unit = _SPOKEN_UNITS.get(reading.unit, reading.unit)
        is_, than = ("高于", "above") if above else ("低于", "below")
        do = f"：{settings.task}" if settings.task else ""
        reason = f"{settings.name}{value:.4g}{unit}，{is_}{limit:g}{unit}{do}"
        task = ReadingTask(
            reading=name,
            name=settings.name,
            task=f"{name}-{identity}",
            value=value,
            unit=reading.unit,
            limit=limit,
            what=than,  # type: ignore[arg-type]
            reason=shortened(reason),
        )
        reading = replace(reading, other_since=None)
        reading, first = tasks.found(reading, name, task.task, settings)
        return reading, [Record(task, name), first]

    def _done(self, name: str, reading: Reading, by: Literal["device", "crew"]) -> Step:
        called = self._settings[name].name
        done = ReadingDone(reading=name, name=called, task=reading.task, by=by)
        reading, over = tasks.closed(replace(reading, other_since=None), name)
        return reading, [Record(done, name), over]

    def _overdue(self, name: str, reading: Reading) -> Step:
        settings = self._settings[name]
        overdue = ReadingOverdue(
            reading=name,
            name=settings.name,
            task=reading.task,
            waits_for=reading.waits_for,
            crew=reading.crew,
            repeat=reading.reminded,
            reason=f"{settings.name}{_OVERDUE[reading.waits_for]}",
        )
        reading, again = tasks.overdue(reading, name, settings)
        return reading, [Record(overdue, name), again]

    def _command(
        self, state: ReadingsState, command: Command, data: AboutReading
    ) -> tuple[ReadingsState, list[Effect]]:
        name = next((n for n, one in state.readings.items() if one.task == data.task), "")
        if name not in self._settings:
            why = "there is no such task, or it is done"
            return state, [rejected(command.command_id, command.kind, "data.task", why)]
        reading, settings = state.readings[name], self._settings[name]
        effects: list[Effect] = []
        match data:
            case Assigned(crew=crew):
                reading, again = tasks.assigned(reading, name, crew, settings)
                effects = [again]
            case Cleared() if reading.value is None:
                reading, effects = self._done(name, reading, "crew")
            case Cleared():
                after_s = max(600.0, 4 * settings.hold_s)
                reading, again = tasks.disputed(reading, name, after_s)
                effects = [again]
        return ReadingsState({**state.readings, name: reading}), effects


def _means(settings: ReadingSettings, signal: Measured) -> bool:
    """Whether *signal* is a reading of this number."""
    return (
        signal.source == settings.device
        and signal.quantity == settings.quantity
        and settings.register in ("", signal.part)
    )
