"""What the store still has of the past, for `linli charts`: what was known, and when it was not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from agent.charts import Chart, Hours
from agent.core.store.outbox import Outbox, Outgoing
from agent.services.devices.messages import KioskStarted
from kiosk_ui.charts import Unreadable
from kiosk_ui.plot import Frame, Point

_MOST = 20_000
"""Newest records of each lane that are looked through: four times what is kept when delivered."""


class Past:
    """What the store still has, read once for a page."""

    def __init__(self, records: Sequence[Outgoing], lived: Mapping[str, float], now: float) -> None:
        """*records* in the order of their times; *lived* by boot id: until when that boot did."""
        self.undated = sum(not one.trusted for one in records)
        self._records = [one for one in records if one.trusted and one.wall <= now]
        self.ahead = len(records) - self.undated - len(self._records)
        starts = [one for one in self._records if one.kind == KioskStarted.kind]
        self.starts = tuple(one.wall for one in starts)
        self.off = tuple(_off(starts, lived))

    def told(self, kinds: Sequence[type[Any]]) -> Iterator[tuple[float, Any]]:
        """When something of these *kinds* was recorded, and what; None: it was erased or is
        damaged."""
        known = {kind.kind: kind for kind in kinds}
        for one in self._records:
            if one.kind not in known:
                continue
            try:
                whole = one.intact and not one.erased
                record = msgspec.json.decode(one.data, type=known[one.kind]) if whole else None
            except msgspec.DecodeError:
                record = None
            yield one.wall, record

    def started_before(self, at: float) -> float:
        """The latest start of the daemon before *at*; *at* where there is none."""
        return max((start for start in self.starts if start <= at), default=at)


def _off(starts: Sequence[Outgoing], lived: Mapping[str, float]) -> Iterator[tuple[float, float]]:
    """From the last sign of life of each boot to the first start in the next one."""
    seen = ""
    for one in starts:
        if seen and one.boot_id != seen and seen in lived:
            yield min(lived[seen], one.wall), one.wall
        seen = one.boot_id


def read_past(path: Path, charts: Sequence[Chart], now: float) -> tuple[Past, Mapping[str, bytes]]:
    """What the store at *path* has for these charts: records, and states of services.

    Raises:
        Unreadable: it cannot be read.
    """
    kinds = {kind.kind for one in charts if not isinstance(one, Hours) for kind in one.records}
    try:
        with closing(Outbox(path)) as outbox:
            records = outbox.of_kinds(sorted(kinds | {KioskStarted.kind}), _MOST)
            lived = {boot.boot_id: boot.lived_until for boot in outbox.boots()}
            wanted = [one.service for one in charts if isinstance(one, Hours)]
            states = {name: outbox.state(name) for name in wanted}
    except (OSError, sqlite3.Error) as error:
        raise Unreadable(f"{path} cannot be read: {error}; does the kiosk run here?") from error
    past = Past(records, {boot: at for boot, at in lived.items() if at is not None}, now)
    return past, {name: data for name, data in states.items() if data is not None}


def runs_of(
    told: Sequence[tuple[float, float | None]],
    holds_s: float,
    off: Sequence[tuple[float, float]],
    frame: Frame,
) -> list[list[Point]]:
    """The stretches within *frame* in which a value is known, each closed where that ends.

    Args:
        told: values with their times, in order; None: not known from here on.
        holds_s: how long one holds.
        off: while the kiosk did not run, nothing holds.
    """
    events = sorted([*told, *((start, None) for start, _ in off)], key=lambda event: event[0])
    runs: list[list[Point]] = []
    run: list[Point] = []
    for at, value in [*events, (frame.end, None)]:
        if run and (value is None or at - run[-1][0] > holds_s):
            run.append((min(at, run[-1][0] + holds_s), run[-1][1]))
            runs.append(run)
            run = []
        if value is not None:
            run.append((at, value))
    return [part for run in runs if (part := clipped(run, frame.start, frame.end))]


def clipped(run: Sequence[Point], start: float, end: float) -> list[Point]:
    """The part of *run* from *start* to *end*; empty: it has none."""
    before = [value for at, value in run if at <= start]
    within = [(at, value) for at, value in run if start < at <= end]
    if run[-1][0] <= start or run[0][0] >= end:
        return []
    if before:
        within.insert(0, (start, before[-1]))
    if within[-1][0] < end and run[-1][0] > end:
        within.append((end, within[-1][1]))
    return within


def periods(frame: Frame) -> Iterator[tuple[str, tuple[float, float]]]:
    """Rows of a table: two hours each of a day, else days; the site's."""
    day = frame.end - frame.start <= 2 * 86_400
    each = timedelta(hours=2) if day else timedelta(days=1)
    at = datetime.fromtimestamp(frame.start, frame.zone)
    at = at.replace(hour=at.hour // 2 * 2 if day else 0, minute=0, second=0, microsecond=0)
    while (start := at.timestamp()) < frame.end:
        ends = max(start, frame.start), min((at + each).timestamp(), frame.end)
        yield at.strftime("%H:%M" if day else "%m-%d"), ends
        at += each


def without(
    start: float, end: float, off: Sequence[tuple[float, float]]
) -> Iterator[tuple[float, float, bool]]:
    """*start* to *end* in parts, and whether the kiosk ran in each."""
    for left, right in off:
        left, right = max(left, start), min(right, end)
        if left < right:
            if start < left:
                yield start, left, True
            yield left, right, False
            start = right
    if start < end:
        yield start, end, True
