"""`linli charts`: a day or a week of what this kiosk has recorded, as a page of charts.

What is drawn is what the store still has: a value holds as long as its service says that it holds,
and no line is drawn over a time of which nobody knows.
"""

from __future__ import annotations

import itertools
import secrets
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import msgspec

from agent.charts import Curve, Hours, Spans, Times
from agent.configuration import Settings
from agent.contract.clock import EAST_S
from agent.contract.driver import DriverUnavailable
from agent.services.registry import REGISTRY
from agent.technician.past import Past, clipped, periods, read_past, runs_of, without
from agent.technician.records import middle_and_late
from config.chinese import said
from kiosk_ui.charts import ChartsServer, Figure, Sheet, Unreadable
from kiosk_ui.plot import Frame, Line, Point, Span, curve, moment, spans

ZONE = timezone(timedelta(seconds=EAST_S))
"""Of the site."""
_UNITS = {"Cel": "°C", "W.h": "Wh", "kW.h": "kWh", "mm[Hg]": "mmHg", "1": ""}
"""UCUM codes that people write otherwise."""
_NOTHING = "There are no records of this in this time."


class Drawing:
    """Draws the charts of one kiosk in one language."""

    def __init__(
        self,
        settings: Settings,
        path: Path,
        language: str,
        clock: Callable[[], float],
    ) -> None:
        """*path* is that of the store, *clock* gives the time of day."""
        self._kiosk = settings.kiosk.id
        self._charts = [
            chart
            for service in REGISTRY.values()
            for chart in service.charts(getattr(settings, service.table) if service.table else None)
        ]
        self._path = path
        self._language = language
        self._clock = clock

    def __call__(self, days: int, back: int) -> Sheet:
        """A page of so many *days*, so many pages *back*.

        Raises:
            Unreadable: the store cannot be read.
        """
        now = self._clock()
        past, states = read_past(self._path, self._charts, now)
        end = now - back * days * 86_400
        off = self._said("the kiosk was switched off")
        frame = Frame(end - days * 86_400, end, ZONE, past.off, off, past.starts)
        figures: list[Figure] = []
        for chart in self._charts:
            match chart:
                case Curve():
                    figures += self._curves(chart, past, frame)
                case Times():
                    figures.append(self._times(chart, past, frame))
                case Spans():
                    figures.append(self._spans(chart, past, frame))
                case Hours():
                    figures += self._hours(chart, states.get(chart.service), frame)
        legend = {
            "good": "good, free",
            "busy": "in use",
            "bad": "needs somebody",
            "unknown": "not known",
            "off": "the kiosk was switched off",
        }
        return Sheet(
            self._language,
            f"{self._kiosk} · {self._said('charts')}",
            f"{moment(frame.start, ZONE)} – {moment(frame.end, ZONE)} · UTC+8",
            self._notes(past),
            figures,
            [(tone, self._said(words)) for tone, words in legend.items()],
            [self._said(words) for words in ("day", "week", "earlier", "later")],
        )

    def _said(self, text: str) -> str:
        return said(text, self._language)

    def _notes(self, past: Past) -> list[str]:
        notes = []
        if past.undated:
            count = f"{past.undated} records have no time that can be trusted; they are left out"
            notes.append(self._said(count))
        if past.ahead:
            ahead = f"{past.ahead} records are later than this machine's clock; look at its time"
            notes.append(self._said(ahead))
        return notes

    # -- curves ----------------------------------------------------------------------------

    def _curves(self, chart: Curve, past: Past, frame: Frame) -> Iterator[Figure]:
        told: dict[str, list[tuple[float, float | None]]] = defaultdict(list)
        units: dict[str, str] = {}
        for at, record in past.told(chart.records):
            if record is None:  # of whom it was, nobody knows any more
                for name in chart.names:
                    told[name].append((at, None))
                continue
            for name, value in chart.read(record):
                told[name].append((at, value))
                units[name] = chart.unit if isinstance(chart.unit, str) else chart.unit(record)
        for name, called in chart.names.items():
            holds = chart.holds_s if isinstance(chart.holds_s, int | float) else chart.holds_s[name]
            unit = _UNITS.get(units.get(name, ""), units.get(name, ""))
            title = f"{called} · {self._said(chart.title)}"
            runs = runs_of(told[name], holds, past.off, frame)
            if not runs:
                yield Figure(title, self._said(_NOTHING), "")
                continue
            marks = [(value, self._said(what)) for value, what in chart.marks.get(name, ())]
            head = [self._said(word) for word in ("time", "least", "most", "at the end")]
            rows = [self._values(label, runs, *ends) for label, ends in periods(frame)]
            described = self._said("a line over time; the table says the same")
            svg = curve(
                frame, title, described, unit, [Line(called, runs)], marks, chart.low, chart.high
            )
            known = sum(run[-1][0] - run[0][0] for run in runs) / (frame.end - frame.start)
            note = self._said(f"known for {known:.0%} of this time; unit: {unit or '1'}")
            yield Figure(title, note, svg, head, rows)

    def _values(
        self, label: str, runs: Sequence[Sequence[Point]], start: float, end: float
    ) -> Sequence[str]:
        within = [part for run in runs if (part := clipped(run, start, end))]
        if not within:
            return label, "—", "—", "—"
        values = [value for run in within for _, value in run]
        last = f"{within[-1][-1][1]:g}" if within[-1][-1][0] >= end else "—"
        return label, f"{min(values):g}", f"{max(values):g}", last

    # -- times -----------------------------------------------------------------------------

    def _times(self, chart: Times, past: Past, frame: Frame) -> Figure:
        told: dict[str, list[Point]] = {name: [] for name in chart.names}
        for at, record in past.told(chart.records):
            if record is not None and frame.start <= at <= frame.end:
                for name, seconds in chart.read(record):
                    told[name].append((at, seconds))
        title = self._said(chart.title)
        if not any(told.values()):
            return Figure(title, self._said(_NOTHING), "")
        looks = ("dots first", "dots second")
        lines, notes, head = [], [], [self._said("time")]
        for (name, called), look in zip(chart.names.items(), looks, strict=True):
            what = self._said(called)
            lines.append(Line(what, [told[name]], look))  # type: ignore[arg-type]
            head += [self._said("count"), f"{what}: {self._said('median / 95th percentile')}"]
            if told[name]:
                median, late = middle_and_late([seconds for _, seconds in told[name]])
                good = sum(seconds <= chart.aim_s for _, seconds in told[name])
                text = (
                    f"median {median:.0f} s, 95th percentile {late:.0f} s, "
                    f"{good} of {len(told[name])} within {chart.aim_s:g} s"
                )
                notes.append(f"{what}: {self._said(text)}")
        rows = [
            [label, *(cell for points in told.values() for cell in _spread(points, *ends))]
            for label, ends in periods(frame)
        ]
        svg = curve(
            frame,
            title,
            " · ".join(notes),
            "s",
            lines,
            [(chart.aim_s, self._said("aim"))],
            low=0,
        )
        return Figure(title, " · ".join(notes), svg, head, rows)

    # -- states ----------------------------------------------------------------------------

    def _spans(self, chart: Spans, past: Past, frame: Frame) -> Figure:
        told: dict[str, list[tuple[float, str]]] = {name: [] for name in chart.names or ()}
        for at, record in past.told(chart.records):
            if record is None:
                for one in told.values():
                    one.append((at, ""))
                continue
            for name, state in chart.read(record):
                told.setdefault(name, []).append((at, state))
        title = self._said(chart.title)
        if chart.names is None and "up" in chart.words:
            told = {name: [_worked(one, past), *one] for name, one in told.items()}
        rows = []
        for name, changes in told.items():
            called = (chart.names or {}).get(name, name)
            found = list(self._lasted(chart, changes, past, frame))
            if chart.names is not None or any(span.tone == "bad" for span in found):
                rows.append((called, found))
        if not rows:
            return Figure(title, self._said("None in this time."), "")
        there = {span.words for _, found in rows for span in found}
        words = [word for one, _ in chart.words.values() if (word := self._said(one)) in there]
        head = [self._said("thing"), *words, self._said("not known")]
        table = [_sums(name, found, words, frame) for name, found in rows]
        described = self._said("a row for each thing; the table says how long it was in each state")
        return Figure(title, "", spans(frame, title, described, rows), head, table)

    def _lasted(
        self, chart: Spans, changes: Sequence[tuple[float, str]], past: Past, frame: Frame
    ) -> Iterator[Span]:
        """Its states within the frame without a hole: what is not known is a state too."""
        fresh = [one for n, one in enumerate(changes) if n == 0 or one[1] != changes[n - 1][1]]
        events = [(float("-inf"), ""), *fresh, (float("inf"), "")]
        for (start, state), (end, _) in itertools.pairwise(events):
            start, end = max(start, frame.start), min(end, frame.end)
            for left, right, known in without(start, end, past.off):
                words, tone = chart.words.get(state if known else "", ("not known", "unknown"))
                yield Span(left, right, self._said(words), tone)

    # -- hours -----------------------------------------------------------------------------

    def _hours(self, chart: Hours, stored: bytes | None, frame: Frame) -> Iterator[Figure]:
        try:
            kept = {one[0]: one for one in chart.read(stored)} if stored else {}
        except msgspec.DecodeError:
            kept = {}
        unit = _UNITS.get(chart.unit, chart.unit)
        for name, called in chart.names.items():
            title = f"{called} · {self._said(chart.title)}"
            if name not in kept:
                yield Figure(title, self._said(_NOTHING), "")
                continue
            _, day, hours, usual = kept[name]
            start = day * 86_400.0 - EAST_S
            own = Frame(start, start + 86_400, ZONE, frame.off, frame.off_words)
            today = [_hour(start, hour, use) for hour, use in enumerate(hours) if use is not None]
            lines = [Line(self._said("usual"), [_whole(start, usual)] if usual else [], "second")]
            lines.append(Line(self._said("this day"), today))
            head = [self._said(word) for word in ("time", "this day", "usual")]
            rows = [
                (
                    f"{hour:02}:00",
                    "—" if use is None else f"{use:g}",
                    f"{usual[hour]:g}" if usual else "—",
                )
                for hour, use in enumerate(hours)
            ]
            note = self._said("of earlier days only what is usual is kept (dotted)")
            when = datetime.fromtimestamp(start, ZONE).strftime("%m-%d")
            yield Figure(
                title, f"{when}; {note}", curve(own, title, note, unit, lines, (), 0), head, rows
            )


def _spread(points: Sequence[Point], start: float, end: float) -> tuple[str, str]:
    found = [seconds for at, seconds in points if start <= at < end]
    if not found:
        return "0", "—"
    median, late = middle_and_late(found)
    return str(len(found)), f"{median:.0f} / {late:.0f} s"


def _worked(changes: Sequence[tuple[float, str]], past: Past) -> tuple[float, str]:
    """What fails has worked before: since the daemon's start, as far as is known."""
    at, state = changes[0]
    return past.started_before(at), "up" if state == "down" else ""


def _sums(name: str, found: Sequence[Span], words: Sequence[str], frame: Frame) -> Sequence[str]:
    hours: dict[str, float] = defaultdict(float)
    for span in found:
        hours[span.words if span.tone != "unknown" else ""] += (span.end - span.start) / 3600
    return name, *(f"{hours[word]:.1f} h" for word in [*words, ""])


def _hour(start: float, hour: int, use: float) -> list[Point]:
    return [(start + hour * 3600.0, use), (start + (hour + 1) * 3600.0, use)]


def _whole(start: float, usual: Sequence[float]) -> list[Point]:
    points = [(start + hour * 3600.0, use) for hour, use in enumerate(usual)]
    return [*points, (start + 86_400.0, usual[-1])]


def serve_charts(
    settings: Settings, data: Path, language: str, clock: Callable[[], float], port: int
) -> int:
    """Serve the page until Ctrl-C; returns 1 when that fails.

    Args:
        settings: what is in force.
        data: folder of the store.
        language: ``zh`` or ``en``.
        clock: gives the time of day, seconds since 1970.
        port: of the page, on 127.0.0.1.
    """
    # Nobody else on this machine sees who charged, and when a household was at home
    secret = secrets.token_urlsafe(24)
    draw = Drawing(settings, data / "linli.db", language, clock)
    try:
        draw(1, 0)
        say = partial(said, language=language)
        print(say(f"Look at http://127.0.0.1:{port}/#{secret} and end it here with Ctrl-C."))
        print(say(f"From a laptop, first: ssh -L {port}:127.0.0.1:{port} THIS-KIOSK"), flush=True)
        ChartsServer(port, draw, secret).run(threading.Event())
    except (Unreadable, DriverUnavailable) as error:
        print(said(str(error), language), file=sys.stderr)
        return 1
    return 0
