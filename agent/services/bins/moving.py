"""What follows when a box was moved, is measured again, or its sensor grows weak."""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from agent.contract.signals import Located, Measured
from agent.effects import Effect, Record, Remind, rejected
from agent.messages import Command
from agent.services.bins.level import Sight
from agent.services.bins.messages import BinMeasured, BinMoved, BinWeak, Measure
from agent.services.bins.settings import BinSettings
from agent.services.bins.standing import located, measure, moved, weakness
from agent.services.bins.state import Bin

_MEASURE_S = 86_400.0
"""Seconds after which a box that should be measured has not been."""


def at(name: str, bin_: Bin, position: Located, settings: BinSettings) -> tuple[Bin, list[Effect]]:
    """Fold in a position."""
    standing, metres = located(bin_.standing, position, settings)
    bin_ = replace(bin_, standing=standing)
    return away(name, bin_, "position", settings, round(metres)) if metres else (bin_, [])


def tilted(
    name: str, bin_: Bin, is_tilted: bool, settings: BinSettings
) -> tuple[Bin, list[Effect]]:
    """Fold in whether its sensor looks straight down; for long not: it was moved."""
    if is_tilted == bin_.standing.tilted:
        return bin_, []
    bin_ = replace(bin_, standing=replace(bin_.standing, tilted=is_tilted), sight=Sight())
    return bin_, [Remind(f"tilt.{name}", settings.tilted_min * 60 if is_tilted else None)]


def away(
    name: str,
    bin_: Bin,
    by: Literal["position", "tilt"],
    settings: BinSettings,
    metres: int | None = None,
) -> tuple[Bin, list[Effect]]:
    """Nothing that was measured before counts any more; an open task waits for the crew."""
    how = f"移动了约{metres}米" if metres is not None else "倾斜了很久，可能被移走了"
    reason = f"{settings.name}{how}，请放好、清空后重新测空箱"
    record = BinMoved(bin=name, name=settings.name, by=by, metres=metres, reason=reason)
    bin_ = _unknown(replace(bin_, standing=moved(bin_.standing, reason, settings)))
    return bin_, [Record(record, name), Remind(f"level.{name}", None)]


def measured_by(name: str, bin_: Bin, command: Command) -> tuple[Bin, list[Effect]]:
    """Somebody says that it stands empty: what its sensor sees from now on is its depth."""
    standing = replace(bin_.standing, measuring=command.command_id, seen=())
    return replace(bin_, standing=standing), [Remind(f"measure.{name}", _MEASURE_S)]


def depth(
    name: str, bin_: Bin, mm: float | None, at: float, settings: BinSettings
) -> tuple[Bin, list[Effect]]:
    """Fold in a distance in mm at *at* seconds, of a box that may be measured."""
    if not bin_.standing.measuring or mm is None:
        return bin_, []
    found = measure(bin_.standing, mm, at, settings)
    if found.refused:
        bin_, effects = unmeasured(bin_, found.refused)
        return bin_, [*effects, Remind(f"measure.{name}", None)]
    bin_ = replace(bin_, standing=found.standing)
    if found.mm is None:
        return bin_, []
    told = Record(BinMeasured(bin=name, empty_mm=found.mm), name)
    return _unknown(bin_), [told, Remind(f"measure.{name}", None)]


def unmeasured(bin_: Bin, why: str) -> tuple[Bin, list[Effect]]:
    """It could not be measured: who asked for it learns why, and all is as before."""
    command = bin_.standing.measuring
    bin_ = replace(bin_, standing=replace(bin_.standing, measuring="", seen=()))
    return bin_, [rejected(command, Measure.kind, "data.bin", why)] if command else []


def weak(name: str, bin_: Bin, told: Measured, settings: BinSettings) -> tuple[Bin, list[Effect]]:
    """Fold in a battery or a signal strength."""
    standing, what = weakness(bin_.standing, told, settings)
    bin_ = replace(bin_, standing=standing)
    if what is None or told.value is None:
        return bin_, []
    value = f"{told.value:g}{told.unit if told.unit == '%' else ' ' + told.unit}"
    wrong = "电池快没电了" if what == "battery" else "无线信号太弱"
    reason = f"{settings.name}的传感器{wrong}（{value}）"
    record = BinWeak(bin=name, what=what, value=told.value, unit=told.unit, reason=reason)
    return bin_, [Record(record, name)]


def _unknown(bin_: Bin) -> Bin:
    """Without any level."""
    return replace(bin_, reported=-100, points=(), stuck_mm=None, sight=Sight())
