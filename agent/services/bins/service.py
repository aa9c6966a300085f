"""Construction-waste bins: one clearance task per filling, and a broken sensor is never "full"."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import ClassVar

import msgspec

from agent.contract.signals import DeviceBack, Measured, Signal
from agent.effects import Effect, Record
from agent.messages import DeviceDown, Started
from agent.records import shortened
from agent.services.bins.messages import BinEmptied, BinFault, BinFull, BinLevel, BinRestored
from agent.services.bins.settings import BinSettings

_WINDOW = 5
"""Readings per median: a bird or a swinging lid never makes a task."""

_NO_ECHO = 20
"""Readings without an echo in a row that count as a fault (10 s at two a second)."""

_LEVEL_STEP = 5
"""Percentage points of change after which a level is reported upstream."""


class Bin(msgspec.Struct, frozen=True):
    """What is known of one bin."""

    full: bool = False
    task: str = ""
    """Id of the clearance task of this filling."""
    reported: int = -100
    """Level last reported, in percent."""
    fault: str = ""
    """Why the sensor cannot be believed; empty when it can."""
    readings: tuple[int, ...] = ()
    """Latest distances in mm, at most `_WINDOW`."""
    echoless: int = 0


class BinsState(msgspec.Struct, frozen=True):
    """All bins by their short names."""

    bins: dict[str, Bin] = {}


class Bins:
    """Watches the level of each bin: median of five, hysteresis, one task per filling."""

    name: ClassVar[str] = "bins"
    vital: ClassVar[bool] = False
    listens: ClassVar[tuple[type[Signal], ...]] = (Measured, DeviceDown, DeviceBack, Started)

    def __init__(self, bins: Mapping[str, BinSettings]) -> None:
        self._settings = bins
        self._of_device = {settings.device: name for name, settings in bins.items()}

    def initial(self) -> BinsState:
        """Every bin unknown."""
        return BinsState()

    def durable(self, state: BinsState) -> BinsState:
        """Readings are taken anew after a restart; tasks and faults must outlast it."""
        return BinsState(
            {
                name: msgspec.structs.replace(bin_, readings=(), echoless=0)
                for name, bin_ in state.bins.items()
            }
        )

    def step(self, state: BinsState, signal: Signal) -> tuple[BinsState, list[Effect]]:
        """Fold one reading, or the loss or return of a sensor, into its bin."""
        name = self._of_device.get(signal.source)
        if name is None:
            return state, []
        bin_ = state.bins.get(name, Bin())
        match signal:
            case Measured(quantity="distance", missing="too_near"):
                changed, effects = self._reading(name, bin_, 0, signal.id)  # filled to the brim
            case Measured(quantity="distance", missing="no_echo" | "invalid"):
                changed, effects = self._no_echo(name, bin_)
            case Measured(quantity="distance", value=mm) if mm is not None:
                changed, effects = self._reading(name, bin_, round(mm), signal.id)
            case Measured():
                return state, []
            case DeviceDown(reason=reason):
                changed, effects = self._fault(name, bin_, reason)
            case _:  # DeviceBack: believed at its first full window of readings
                return state, []
        return BinsState({**state.bins, name: changed}), effects

    def percent(self, name: str, mm: float) -> int:
        """Filling of bin *name* for a distance in mm, 0 to 100: linear between its two marks."""
        settings = self._settings[name]
        filled = (settings.empty_mm - mm) / (settings.empty_mm - settings.full_mm)
        return round(100 * min(1.0, max(0.0, filled)))

    def _reading(self, name: str, bin_: Bin, mm: int, identity: str) -> tuple[Bin, list[Effect]]:
        settings = self._settings[name]
        readings = (*bin_.readings, mm)[-_WINDOW:]
        bin_ = msgspec.structs.replace(bin_, readings=readings, echoless=0)
        if len(readings) < _WINDOW:
            return bin_, []
        effects: list[Effect] = []
        middle = median(readings)
        percent = self.percent(name, middle)
        if bin_.fault:
            bin_ = msgspec.structs.replace(bin_, fault="")
            effects.append(Record(BinRestored(bin=name), name))
        if abs(percent - bin_.reported) >= _LEVEL_STEP:
            bin_ = msgspec.structs.replace(bin_, reported=percent)
            level = BinLevel(bin=name, percent=percent, mm=round(middle))
            effects.append(Record(level, name))
        if not bin_.full and percent >= settings.raise_percent:
            bin_ = msgspec.structs.replace(bin_, full=True, task=identity)
            full = BinFull(bin=name, name=settings.name, percent=percent, task=bin_.task)
            effects.append(Record(full, name))
        elif bin_.full and percent <= settings.clear_percent:
            emptied = BinEmptied(bin=name, name=settings.name, percent=percent, task=bin_.task)
            effects.append(Record(emptied, name))
            bin_ = msgspec.structs.replace(bin_, full=False, task="")
        return bin_, effects

    def _no_echo(self, name: str, bin_: Bin) -> tuple[Bin, list[Effect]]:
        bin_ = msgspec.structs.replace(bin_, echoless=bin_.echoless + 1)
        if bin_.echoless < _NO_ECHO:
            return bin_, []
        return self._fault(name, bin_, "no echo; clean the sensor and look what covers it")

    def _fault(self, name: str, bin_: Bin, reason: str) -> tuple[Bin, list[Effect]]:
        already = bool(bin_.fault)
        bin_ = msgspec.structs.replace(bin_, fault=reason, readings=(), echoless=0)
        if already:
            return bin_, []
        return bin_, [Record(BinFault(bin=name, reason=shortened(reason)), name)]
