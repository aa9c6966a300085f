"""One household: its hours, what is usual in it, and what is not as usual now."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec.structs import replace

from agent.services.almanac import within
from agent.services.power.habit import DAYS, UNKNOWN, Day, Habit, learned
from agent.services.power.settings import PowerSettings

What = Literal["no_use", "surge", "limit"]

_NOTHING: Day = (UNKNOWN,) * 24
_LONGEST_GAP = 48
"""Hours whose use may be spread over them; after a longer silence nothing is known of them."""
_ROOM, _ALSO = 1.2, 0.5
"""A silence is unusual when it is longer than the longest by a fifth and half an hour."""
_EASED, _EASIEST = 1.25, 3.0
"""Each false alarm of a kind raises its threshold by so much, up to so much."""


class Live(msgspec.Struct, frozen=True):
    """What begins anew after a restart."""

    heard_at: float | None = None
    """Latest reading, boot-time seconds; None: none yet."""
    near_since: float | None = None
    """Since when the power is near the limit."""
    power_at: float = 0.0


class Watch(msgspec.Struct, frozen=True):
    """What is known of one household."""

    days: tuple[Day, ...] = ()
    today: Day = _NOTHING
    hour: int | None = None
    """The hour that runs, counted since 1970 in local time…"""
    mark: float = 0.0
    """…and the register at its beginning, in kWh."""
    habit: Habit | None = None
    """None: still learning."""
    missed: float = 0.0
    """Usually busy hours since the last busy one."""
    idle: tuple[int, ...] = ()
    """Watt-hours of the hours since then, the latest last."""
    open: dict[What, str] = {}
    """What is unusual → case."""
    cases: tuple[tuple[str, str], ...] = ()
    """The latest cases, and what was unusual: for feedback."""
    ease: dict[str, float] = {}
    """What → factor on its threshold, from false alarms."""
    away_until: int | None = None
    """Hour since 1970 until which the household is away."""
    silent: bool = False
    """The meter gives no readings."""
    patience_min: float = 0.0
    """Minutes of silence that the reminder under way waits for; 0: there is none."""
    quiet: bool = False
    """No reading came lately: the reminder comes when that has lasted for so long. So what is
    left of it outlasts a restart, and a meter that speaks costs the disk nothing."""
    live: Live = Live()

    def eased(self, what: What) -> float:
        """Factor on the threshold of *what*."""
        return self.ease.get(what, 1.0)


class Change(msgspec.Struct, frozen=True):
    """Something has become unusual, or usual again."""

    what: What
    reason: str = ""
    """Empty: it is as usual again."""


def less_sensitive(watch: Watch, case: str) -> Watch | None:
    """After a false alarm; None: there was no such case."""
    what = dict(watch.cases).get(case)
    if what is None:
        return None
    factor = min(_EASIEST, watch.ease.get(what, 1.0) * _EASED)
    return replace(watch, ease={**watch.ease, what: factor})


def metered(
    watch: Watch, hour: int, kwh: float, settings: PowerSettings
) -> tuple[Watch, list[Change]]:
    """Fold in the register at *hour*: closes the hours before it."""
    if watch.hour is None or hour < watch.hour or kwh < watch.mark:
        return replace(watch, hour=hour, mark=kwh, missed=0.0, idle=()), []
    gap = hour - watch.hour
    if gap == 0:
        return watch, []
    if gap > _LONGEST_GAP:
        fresh = replace(watch, hour=hour, mark=kwh, missed=0.0, idle=(), today=_NOTHING)
        return fresh, []
    each = round((kwh - watch.mark) * 1000 / gap)
    changes: list[Change] = []
    for one in range(watch.hour, hour):
        watch, found = _closed(watch, one, each, settings)
        changes += found
    return replace(watch, hour=hour, mark=kwh), changes


def _closed(
    watch: Watch, hour: int, use: int, settings: PowerSettings
) -> tuple[Watch, list[Change]]:
    """One hour is over, with *use* watt-hours."""
    of_day = hour % 24
    away = watch.away_until is not None and hour < watch.away_until
    habit, changes = watch.habit, list[Change]()
    if habit is not None and not away:
        busy = use > habit.busy_above
        missed = 0.0 if busy else watch.missed + habit.missed([of_day])
        idle = () if busy else (*watch.idle, use)[-_LONGEST_GAP * 4 :]
        watch = replace(watch, missed=missed, idle=idle)
        changes += _silence(watch, hour, habit, busy, settings)
        changes += _surge(watch, of_day, habit, use, settings)
    elif away:
        watch = replace(watch, missed=0.0, idle=())
    strange = away or "no_use" in watch.open or any(c.reason for c in changes)
    today = list(watch.today)
    today[of_day] = UNKNOWN if strange else use
    watch = replace(watch, today=tuple(today))
    if of_day == 23:
        days = (*watch.days, watch.today)[-DAYS:] if max(today) != UNKNOWN else watch.days
        enough = len(days) >= settings.learn_days
        watch = replace(
            watch, days=days, today=_NOTHING, habit=learned(days, habit) if enough else None
        )
    return watch, changes


def _silence(
    watch: Watch, hour: int, habit: Habit, busy: bool, settings: PowerSettings
) -> list[Change]:
    if "no_use" in watch.open:
        return [Change("no_use")] if busy else []
    goal = max(settings.least_hours, habit.longest * _ROOM + _ALSO)
    unusual = watch.missed >= goal * watch.eased("no_use")
    unusual = unusual or len(watch.idle) >= settings.no_use_h
    if not unusual or within((hour + 1) % 24, settings.quiet_from, settings.quiet_to):
        return []
    return [Change("no_use", _why_silent(watch, hour, habit, settings))]


def _why_silent(watch: Watch, hour: int, habit: Habit, settings: PowerSettings) -> str:
    lasted = len(watch.idle)
    since = hour - lasted + 1
    days = (hour + 1) // 24 - since // 24
    day = ("今天", "昨天", "前天")[days] if days < 3 else f"{days}天前的"
    usual = sum(habit.typical[one % 24] for one in range(since, hour + 1))
    part = round(100 * (1 - sum(watch.idle) / usual)) if usual > 0 else 0
    less = f"，比平时同一时段少{part}%" if part > 0 else ""
    return f"{settings.name}从{day}{since % 24}点起{lasted}小时几乎没有用电{less}"


def _surge(
    watch: Watch, of_day: int, habit: Habit, use: int, settings: PowerSettings
) -> list[Change]:
    above = habit.most[of_day] + settings.surge_w * watch.eased("surge")
    surges = use > above and within(of_day, settings.quiet_from, settings.quiet_to)
    if surges == ("surge" in watch.open):
        return []
    if not surges:
        return [Change("surge")]
    times = use / max(1.0, habit.typical[of_day])
    return [
        Change(
            "surge",
            f"{settings.name}夜里{of_day}点到{of_day + 1}点用电{use / 1000:.1f}千瓦时，"
            f"是平时同一时段的{times:.0f}倍，可能有电器忘了关",
        )
    ]


def powered(
    watch: Watch, at: float, watts: float, settings: PowerSettings
) -> tuple[Watch, list[Change]]:
    """Fold in the power at *at* seconds: near the breaker's limit for long is told."""
    limit = settings.limit_a * 220
    near = watts >= limit * settings.limit_percent / 100
    live = watch.live
    broken = at - live.power_at > settings.limit_min * 60  # nobody knows what was in between
    since = None if not near else at if broken or live.near_since is None else live.near_since
    watch = replace(watch, live=replace(live, near_since=since, power_at=at))
    told = "limit" in watch.open
    if told and not near:
        return watch, [Change("limit")]
    wait = settings.limit_min * 60 * watch.eased("limit")
    if told or since is None or at - since < wait:
        return watch, []
    reason = (
        f"{settings.name}用电{watts / 1000:.1f}千瓦，已经{(at - since) / 60:.0f}分钟接近"
        f"开关的上限{limit / 1000:.1f}千瓦，请先关掉一样电器"
    )
    return watch, [Change("limit", reason)]
