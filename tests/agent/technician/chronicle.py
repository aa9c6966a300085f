"""A kiosk's past, written into a real store hour by hour."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import msgspec

from agent.configuration import Settings
from agent.core.clock import Clock
from agent.core.store.opening import open_store
from agent.effects import Record
from agent.records import RecordData
from agent.services.bins.messages import BinEmptied, BinFault, BinFull, BinLevel, BinRestored
from agent.services.devices.messages import DeviceFound, DeviceLost, KioskStarted
from agent.services.piles.messages import PileChanged, PileState
from agent.services.power.habit import Habit
from agent.services.power.service import PowerState
from agent.services.power.watch import Watch
from agent.services.readings.messages import ReadingValue
from agent.services.rooms.messages import RoomChanged
from agent.services.taxi.messages import OrderTimed
from agent.technician.charts import Drawing
from kiosk_ui.charts import Figure, Sheet

NOW = 1_790_000_000.0 // 86_400 * 86_400 + 4 * 3600
"""Noon of a day in Shanghai."""
_AGO_H = 24 * 9


class _Hand(Clock):
    """Both clocks stand where they were put."""

    def __init__(self, boot_id: str, began: float, trusted: bool) -> None:
        super().__init__()
        self.boot_id = boot_id
        self._began = began
        self._trusted = trusted
        self.now = began

    def boot(self) -> float:
        return self.now - self._began

    def wall(self) -> float:
        return self.now

    @property
    def trusted(self) -> bool:
        return self._trusted


def write(
    path: Path,
    boots: Mapping[str, tuple[float, float, list[tuple[float, RecordData]]]],
    states: Mapping[str, object] | None = None,
    trusted: bool = True,
) -> None:
    """Boots by id: first and last hour before `NOW` in which the kiosk lived, and the records of
    that time, each with its hour before `NOW`."""
    for boot_id, (first, last, records) in boots.items():
        clock = _Hand(boot_id, NOW - first * 3600, trusted)
        store = open_store(path, clock).store
        with store.transaction():
            store.note_boot()
            store.append(Record(KioskStarted(version="1", rebooted=True)), clock.boot())
        for ago, data in sorted(records, key=lambda one: -one[0]):
            clock.now = NOW - ago * 3600
            with store.transaction():
                store.append(Record(data), clock.boot())
        clock.now = NOW - last * 3600
        with store.transaction():
            store.note_alive()
            for service, state in (states or {}).items():
                store.save_state(service, msgspec.msgpack.encode(state))
        store.close()


def sheet(settings: Settings, path: Path, days: int = 1, back: int = 0, lang: str = "en") -> Sheet:
    """The page of charts."""
    return Drawing(settings, path, lang, lambda: NOW)(days, back)


def figure(shown: Sheet, title: str) -> Figure:
    """The one whose title has these words."""
    [found] = [one for one in shown.figures if title in one.title]
    return found


def busy_week(path: Path) -> None:
    """Nine days of everything, with a night in which the kiosk was off."""
    before: list[tuple[float, RecordData]] = []
    after: list[tuple[float, RecordData]] = []
    for hour in range(_AGO_H, 0, -1):
        if 50 <= hour <= 60:
            continue
        where = before if hour > 55 else after
        percent = int((_AGO_H - hour) * 1.9 % 93)
        mm = round(1800 - 15 * percent)
        if not 100 < hour < 120:
            where.append((hour, BinLevel(bin="north", percent=percent, mm=mm)))
        where.append((hour - 0.4, ReadingValue(reading="tank", value=hour % 72 * 7.0, unit="l")))
        day = hour % 24
        pile: PileState = "charging" if 9 <= day < 13 else "finished" if 6 <= day < 9 else "free"
        where.append((hour - 0.1, PileChanged(pile="p1", state=pile)))
        where.append((hour - 0.2, RoomChanged(room="tennis", state="used" if day > 20 else "free")))
        if hour % 5 == 0:
            seconds = 180 + 200 * abs(math.sin(hour))
            timed = OrderTimed(outcome="completed", to_car_s=seconds, to_boarding_s=seconds + 240)
            where.append((hour - 0.3, timed))
    before.append((119.5, BinFault(bin="north", reason="no echo")))
    before.append((101, BinRestored(bin="north")))
    for at, task in ((75.0, "t1"), (26.0, "t2")):
        full = BinFull(bin="north", name="北门", percent=88, task=task)
        (before if at > 55 else after).append((at, full))
        emptied = BinEmptied(bin="north", name="北门", percent=4, task=task)
        (before if at > 55 else after).append((at - 6, emptied))
    before.append((90, DeviceLost(device="bin_2", reason="gone")))
    before.append((80, DeviceFound(device="bin_2")))
    after.append((5, DeviceLost(device="camera", reason="no picture")))
    typical = tuple(150.0 + 250 * (hour in (7, 12, 18, 19, 20)) for hour in range(24))
    hour = int((NOW + 8 * 3600) // 3600)
    today = tuple(120 + 40 * hour if hour < 12 and hour != 5 else -1 for hour in range(24))
    watch = Watch(hour=hour, today=today, habit=Habit(typical=typical))
    write(
        path,
        {"b1": (_AGO_H, 61, before), "b2": (49.5, 0.01, after)},
        {"power": PowerState({"home": watch})},
    )
