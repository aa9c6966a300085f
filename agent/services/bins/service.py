"""Construction-waste bins: one clearance task per filling, and a broken sensor is never "full"."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import ClassVar, Literal

from msgspec.structs import replace

from agent.contract.signals import DeviceBack, Located, Measured, Signal
from agent.dialogue.views import Chip, Phrase, Row, Status
from agent.effects import Choice, Effect, Hide, Recede, Record, Remind, Show, rejected
from agent.messages import Action, Command, DeviceDown, Due, Started
from agent.records import shortened
from agent.services import tasks
from agent.services.bins import moving
from agent.services.bins.level import WINDOW, Point, Sight, blind, full_in, stuck
from agent.services.bins.level import seen as with_reading
from agent.services.bins.level import unseen as without_echo
from agent.services.bins.messages import (
    AboutBin,
    Assigned,
    BinEmptied,
    BinFault,
    BinFull,
    BinLevel,
    BinOverdue,
    BinRemoved,
    BinRestored,
    Cleared,
    Measure,
)
from agent.services.bins.settings import BinSettings
from agent.services.bins.standing import current, here, lasting
from agent.services.bins.state import Bin, BinsState
from agent.services.removed import REASON, parted

_POINTS = 12
"""Levels from which the forecast is made."""

_KIND = "建筑垃圾箱"
"""What all of them are called; a line that begins with it leaves it out of their names."""

_NO_ECHO = "no echo; clean the sensor and look what covers it"

_OVERDUE: dict[tasks.WaitsFor, str] = {
    "crew": "满了，还没有人接单",
    "clearance": "已派单，还没有清运",
    "agreement": "报告已清运，传感器看到的还是满的",
}


class Bins:
    """Watches each bin: states change on minutes, one task per filling, none twice."""

    name: ClassVar[str] = "bins"
    vital: ClassVar[bool] = False
    listens: ClassVar[tuple[type[Signal], ...]] = (
        Measured,
        Located,
        DeviceDown,
        DeviceBack,
        Started,
        Due,
        Command,
        Action,
    )

    def __init__(self, bins: Mapping[str, BinSettings]) -> None:
        self._settings = bins
        self._of_device = {settings.device: name for name, settings in bins.items()}
        self._thermometers = {settings.climate for settings in bins.values()} - {""}

    def initial(self) -> BinsState:
        """Every bin unknown."""
        return BinsState()

    def durable(self, state: BinsState) -> BinsState:
        """Readings are taken anew after a restart; tasks and faults must outlast it."""
        bins = {
            name: replace(bin_, sight=Sight(), standing=lasting(bin_.standing))
            for name, bin_ in state.bins.items()
        }
        return BinsState(bins)

    def step(self, state: BinsState, signal: Signal) -> tuple[BinsState, list[Effect]]:
        """Fold in one signal; what residents read follows every change of a bin."""
        match signal:
            case Started(rebooted=rebooted):
                if rebooted:  # times of before are none of this clock
                    bins = {name: replace(one, points=()) for name, one in state.bins.items()}
                    state = replace(state, bins=bins)
                state, ended = self._without_removed(state)
                return state, [*ended, *self._screen(state)]
            case Action():
                return state, [Recede()]
            case Measured(quantity="temperature") if signal.source in self._thermometers:
                celsius = {k: v for k, v in state.celsius.items() if k != signal.source}
                if signal.value is not None and -40 <= signal.value <= 85:
                    celsius[signal.source] = signal.value
                return replace(state, celsius=celsius), []
            case DeviceDown(source=source) if source in state.celsius:
                celsius = {k: v for k, v in state.celsius.items() if k != source}
                return replace(state, celsius=celsius), []
            case Command(data=AboutBin() as data):
                return self._command(state, signal, data)
            case Command(data=Measure(bin=name)) if name in self._settings:
                bin_, effects = moving.measured_by(name, state.bins.get(name, Bin()), signal)
                return self._with(state, name, bin_, effects)
            case Command(data=Measure()):
                why = "there is no such bin"
                return state, [rejected(signal.command_id, signal.kind, "data.bin", why)]
            case Due(name=due):
                what, _, name = due.partition(".")
                if name not in self._settings:
                    return self._without_removed(state)
            case _:
                what, name = "", self._of_device.get(signal.source, "")
        if name not in self._settings:
            return state, []
        before = state.bins.get(name, Bin())
        before = replace(before, standing=current(before.standing, self._settings[name]))
        if isinstance(signal, Due):
            after, effects = self._due(name, before, what, signal.at)
        else:
            after, effects = self._observed(name, before, signal, state.celsius)
        return self._with(state, name, after, effects)

    def _with(
        self, state: BinsState, name: str, bin_: Bin, effects: list[Effect]
    ) -> tuple[BinsState, list[Effect]]:
        after = replace(state, bins={**state.bins, name: bin_})
        if self._screen(after) != self._screen(state):
            effects = [*effects, *self._screen(after)]
        return after, effects

    def _without_removed(self, state: BinsState) -> tuple[BinsState, list[Effect]]:
        kept, gone = parted(state.bins, self._settings)
        ended = (
            Record(BinRemoved(bin=name, task=one.task, reason=REASON), name)
            for name, one in gone.items()
            if one.full
        )
        return replace(state, bins=kept), [*ended]

    # -- readings --------------------------------------------------------------------------

    def _observed(
        self, name: str, bin_: Bin, signal: Signal, celsius: Mapping[str, float]
    ) -> tuple[Bin, list[Effect]]:
        settings = self._settings[name]
        standing = bin_.standing
        match signal:
            case Located():
                return moving.at(name, bin_, signal, settings)
            case Measured(quantity="tilted", value=value) if value is not None:
                return moving.tilted(name, bin_, bool(value), settings)
            case Measured(quantity="battery" | "signal"):
                return moving.weak(name, bin_, signal, settings)
            case Measured(quantity="distance") if standing.tilted:
                return bin_, []  # it looks at something else than the waste
            case Measured(quantity="distance", value=mm) if standing.moved or standing.measuring:
                bin_, effects = moving.depth(name, bin_, mm, signal.at, settings)
                measured = any(isinstance(e, Record) and e.kind == "bin.measured" for e in effects)
                if bin_.full and measured:  # it stands empty: that was its clearance
                    bin_, closed = self._closed(name, bin_, 0, "crew")
                    effects = [*effects, *closed]
                return bin_, effects
            case Measured(quantity="distance", missing="too_near"):
                return self._reading(name, bin_, 0, signal, None)  # filled to the brim
            case Measured(quantity="distance", missing="no_echo" | "invalid"):
                bin_ = replace(bin_, sight=without_echo(bin_.sight, signal.at, settings))
                lost = blind(bin_.sight, settings)
                return self._fault(name, bin_, _NO_ECHO) if lost else (bin_, [])
            case Measured(quantity="distance", value=mm) if mm is not None:
                return self._reading(name, bin_, mm, signal, celsius.get(settings.climate))
            case DeviceDown(reason=reason):
                return self._fault(name, replace(bin_, sight=Sight()), reason)
        return bin_, []  # DeviceBack: believed at its first full window of readings

    def _reading(
        self, name: str, bin_: Bin, raw: float, signal: Signal, celsius: float | None
    ) -> tuple[Bin, list[Effect]]:
        settings = here(bin_.standing, self._settings[name])
        if raw == bin_.stuck_mm:
            return bin_, []
        bin_ = replace(bin_, stuck_mm=None)
        at = signal.at
        seen = with_reading(
            bin_.sight, raw, at, settings, celsius, full=bin_.full, reported=bin_.reported
        )
        bin_ = replace(bin_, sight=seen.sight)
        if stuck(seen.sight, settings):
            hours = round(seen.sight.equal_s / 3600)
            bin_ = replace(bin_, stuck_mm=raw)
            return self._fault(name, bin_, f"exactly {raw:g} mm for {hours} h; the sensor is stuck")
        if len(seen.sight.readings) < WINDOW or (seen.sight.echoless_s > 0 and bin_.fault):
            return bin_, []
        effects: list[Effect] = []
        if bin_.fault:
            bin_ = replace(bin_, fault="")
            effects.append(Record(BinRestored(bin=name), name))
        if seen.level is not None:
            bin_, told = self._level(name, bin_, seen.level, seen.mm, at)
            effects += told
        percent = seen.percent
        if seen.task > 0:
            bin_, first = tasks.found(replace(bin_, full=True), name, signal.id, settings)
            full = BinFull(bin=name, name=settings.name, percent=percent, task=bin_.task)
            effects += [Record(full, name), first]
        elif seen.task < 0:
            bin_, closed = self._closed(name, bin_, percent, "sensor")
            effects += closed
        return bin_, effects

    def _level(
        self, name: str, bin_: Bin, percent: int, mm: float, at: float
    ) -> tuple[Bin, list[Effect]]:
        settings = self._settings[name]
        points = (*bin_.points, Point(at, percent))[-_POINTS:]
        forecast = None if bin_.full else full_in(points, settings.raise_percent)
        level = BinLevel(bin=name, percent=percent, mm=round(mm), full_in_h=forecast)
        again = Remind(f"level.{name}", settings.level_every_h * 3600)
        return replace(bin_, reported=percent, points=points), [Record(level, name), again]

    def _fault(self, name: str, bin_: Bin, reason: str) -> tuple[Bin, list[Effect]]:
        already = bool(bin_.fault)
        sight = Sight(at=bin_.sight.at, echoless_s=bin_.sight.echoless_s)
        bin_ = replace(bin_, fault=reason, sight=sight)
        if already:
            return bin_, []
        return bin_, [Record(BinFault(bin=name, reason=shortened(reason)), name)]

    # -- the task --------------------------------------------------------------------------

    def _closed(
        self, name: str, bin_: Bin, percent: int, by: Literal["sensor", "crew"]
    ) -> tuple[Bin, list[Effect]]:
        emptied = BinEmptied(
            bin=name, name=self._settings[name].name, percent=percent, task=bin_.task, by=by
        )
        bin_, over = tasks.closed(replace(bin_, full=False, points=()), name)
        return bin_, [Record(emptied, name), over]

    def _command(
        self, state: BinsState, command: Command, data: AboutBin
    ) -> tuple[BinsState, list[Effect]]:
        name = next((n for n, one in state.bins.items() if one.full and one.task == data.task), "")
        if name not in self._settings:
            why = "there is no such task, or the bin is empty"
            return state, [rejected(command.command_id, command.kind, "data.task", why)]
        bin_, settings = state.bins[name], self._settings[name]
        effects: list[Effect] = []
        match data:
            case Assigned(crew=crew):
                bin_, again = tasks.assigned(bin_, name, crew, settings)
                effects = [again]
            case Cleared() if bin_.fault or bin_.standing.moved:
                bin_, effects = self._closed(name, bin_, max(0, bin_.reported), "crew")
            case Cleared():
                bin_, again = tasks.disputed(bin_, name, 4 * settings.settle_s)
                effects = [again]
        return self._with(state, name, bin_, effects)

    def _due(self, name: str, bin_: Bin, what: str, at: float) -> tuple[Bin, list[Effect]]:
        settings = self._settings[name]
        if what == "tilt" and bin_.standing.tilted and not bin_.standing.moved:
            return moving.away(name, bin_, "tilt", settings)
        if what == "measure":
            return moving.unmeasured(bin_, "its sensor has said nothing for a day")
        if what == "task" and bin_.full:
            overdue = BinOverdue(
                bin=name,
                name=settings.name,
                percent=max(0, bin_.reported),
                task=bin_.task,
                waits_for=bin_.waits_for,
                crew=bin_.crew,
                repeat=bin_.reminded,
                reason=f"{settings.name}{_OVERDUE[bin_.waits_for]}",
            )
            bin_, again = tasks.overdue(bin_, name, settings)
            return bin_, [Record(overdue, name), again]
        if what == "level":
            readings = bin_.sight.readings
            if bin_.fault or bin_.reported < 0 or not readings:
                return bin_, [Remind(f"level.{name}", settings.level_every_h * 3600)]
            return self._level(name, bin_, bin_.reported, median(readings), at)
        return bin_, []

    # -- what residents read ---------------------------------------------------------------

    def _words(self, state: BinsState) -> dict[str, str]:
        """State of each bin, as a word."""
        words: dict[str, str] = {}
        for name, settings in self._settings.items():
            bin_ = state.bins.get(name, Bin())
            soon = bin_.state == "free" and bin_.reported >= settings.soon_percent
            words[name] = "soon" if soon else bin_.state
        return words

    def _glance(self, state: BinsState) -> Phrase | str:
        """A line for whoever passes by: all bins, as far as anything is known of one."""
        named: dict[str, list[str]] = {}
        for name, word in self._words(state).items():
            sent = word == "full" and state.bins[name].waits_for != "crew"
            called = self._settings[name].name
            named.setdefault("sent" if sent else word, []).append(
                called.removesuffix(_KIND) or called
            )
        if not named.keys() - {"unknown"}:
            return ""
        words = ("sent", "full", "soon", "free", "unknown")
        values = {word: "、".join(named.get(word, ())) for word in words}
        return Phrase("label.glance.bins", values)

    def _screen(self, state: BinsState) -> list[Effect]:
        """A line on the home screen while a bin is full or nearly so; behind it, all bins."""
        words = self._words(state)
        named: dict[str, str] = {}
        for word in ("full", "soon", "free", "unknown"):
            alike = (self._settings[name].name for name, one in words.items() if one == word)
            named[word] = "、".join(alike)
        for word in ("full", "soon"):
            if named[word]:
                rows = tuple(
                    Row(self._settings[name].name, Phrase(f"label.bin.{one}"))
                    for name, one in words.items()
                )
                chip = Chip(Phrase(f"label.chip.bins.{word}", {"bins": named[word]}), "bin")
                shown = Show(
                    "bins",
                    named,
                    (Choice("home", icon="home"),),
                    idle_out=True,
                    silent=True,
                    view=Status("bin", rows),
                    chip=chip,
                    glance=self._glance(state),
                )
                return [shown]
        return [Hide(glance=self._glance(state))]
