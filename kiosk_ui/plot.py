"""Charts of time as SVG: curves, dots, and states that last. Colours are those of charts.css.

A text with the same content belongs beside each; in the picture everything has words too, as the
`title` of its shape. What is not known is not drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Literal, NamedTuple
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT, _ROW = 860, 230, 30
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 14, 14, 34
"""Room for the words of the axes."""
_ROW_LEFT = 190
_POINTS = 300
"""Of a line at the most, about: more cannot be seen."""
_WIDEST = 11
"""Pixels of one character inside a bar: no text is put where it has no room."""

Point = tuple[float, float]


class Frame(NamedTuple):
    """What all charts of a page have in common."""

    start: float
    """Seconds since 1970."""
    end: float
    zone: tzinfo
    off: tuple[tuple[float, float], ...] = ()
    """When the kiosk did not run."""
    off_words: str = ""
    starts: tuple[float, ...] = ()
    """When the daemon started."""


class Line(NamedTuple):
    """One of the lines of a curve."""

    name: str
    runs: Sequence[Sequence[Point]]
    """Stretches in which its value is known: times in order, the last one where it ends."""
    look: Literal["first", "second", "dots first", "dots second"] = "first"


class Span(NamedTuple):
    """A state that lasted."""

    start: float
    end: float
    words: str
    tone: str
    """``good``, ``busy`` or ``bad``: the worse, the higher; or ``unknown``."""


def curve(
    frame: Frame,
    title: str,
    description: str,
    unit: str,
    lines: Sequence[Line],
    marks: Sequence[tuple[float, str]] = (),
    low: float | None = None,
    high: float | None = None,
) -> str:
    """Lines over time; *marks* are values that mean something."""
    values = [value for line in lines for run in line.runs for _, value in run]
    values += [value for value, _ in marks]
    least = min([*values, *([] if low is None else [low])], default=0.0)
    most = max([*values, *([] if high is None else [high])], default=1.0)
    ticks = _ticks(least, most)
    least, most = min(least, ticks[0]), max(most, ticks[-1])
    across = _Across(frame, _LEFT)
    down = _HEIGHT - _TOP - _BOTTOM

    def y(value: float) -> float:
        return _TOP + down * (most - value) / (most - least)

    parts = [*_ground(frame, across, _TOP, down)]
    for tick in ticks:
        parts.append(_stroke("grid", across.left, y(tick), _WIDTH - _RIGHT, y(tick)))
        parts.append(_words("value", across.left - 6, y(tick) + 4, f"{tick:g}"))
    parts.append(_words("unit", 2, _TOP + 4, unit))
    for value, what in marks:
        parts.append(_stroke("mark", across.left, y(value), _WIDTH - _RIGHT, y(value)))
        parts.append(_words("mark", _WIDTH - _RIGHT - 4, y(value) - 4, f"{what} {value:g}"))
    for line in lines:
        for run in line.runs:
            few = thinned(run)
            within = [(across(at), y(value)) for at, value in few]
            if line.look.startswith("dots"):
                parts += _dots(frame, line, few, within)
            elif within:
                parts.append(f'<path class="line {line.look}" d="{_steps(within)}"/>')
    return _svg(title, description, _HEIGHT, parts)


def spans(
    frame: Frame, title: str, description: str, rows: Sequence[tuple[str, Sequence[Span]]]
) -> str:
    """A row for each thing; the bars of what is worse are higher, so colour is not all."""
    across = _Across(frame, _ROW_LEFT)
    height = _TOP + _ROW * len(rows) + _BOTTOM
    parts = [*_ground(frame, across, _TOP, _ROW * len(rows))]
    for number, (name, lasted) in enumerate(rows):
        base = _TOP + _ROW * (number + 1) - 4
        shown = name if len(name) <= 14 else f"{name[:13]}…"
        parts.append(_words("name", across.left - 8, base - 5, shown))
        for span in lasted:
            left, right = across(span.start), across(span.end)
            tall = {"good": 6, "unknown": 6, "busy": 16}.get(span.tone, _ROW - 6)
            parts.append(
                f'<rect class="{span.tone}" x="{left:.1f}" y="{base - tall}" height="{tall}"'
                f' width="{max(1.0, right - left):.1f}">'
                f"<title>{escape(f'{name}: {span.words}, {_period(frame, span)}')}</title></rect>"
            )
            if tall >= 16 and len(span.words) * _WIDEST < right - left - 8:
                parts.append(_words("within", left + 4, base - tall / 2 + 4, span.words))
    return _svg(title, description, height, parts)


def moment(at: float, zone: tzinfo) -> str:
    """A time of the site, to the minute."""
    return datetime.fromtimestamp(at, zone).strftime("%m-%d %H:%M")


def thinned(run: Sequence[Point]) -> Sequence[Point]:
    """*run* with `_POINTS` points or little more: of each stretch its ends, least and most."""
    if len(run) <= _POINTS:
        return run
    kept: list[Point] = []
    each = math.ceil(len(run) * 4 / _POINTS)
    for first in range(0, len(run), each):
        part = run[first : first + each]
        extremes = min(part, key=lambda p: p[1]), max(part, key=lambda p: p[1])
        kept += sorted({part[0], *extremes, part[-1]})
    return kept


class _Across:
    """From times to pixels."""

    def __init__(self, frame: Frame, left: int) -> None:
        self.left = left
        self._frame = frame

    def __call__(self, at: float) -> float:
        within = min(max(at, self._frame.start), self._frame.end)
        part = (within - self._frame.start) / (self._frame.end - self._frame.start)
        return self.left + part * (_WIDTH - _RIGHT - self.left)


def _ground(frame: Frame, across: _Across, top: float, height: float) -> Iterator[str]:
    """What is behind all: when the kiosk was off, when it started, hours or days."""
    for start, end in frame.off:
        if end > frame.start and start < frame.end:
            yield (
                f'<rect class="off" x="{across(start):.1f}" y="{top}" height="{height}"'
                f' width="{max(1.0, across(end) - across(start)):.1f}">'
                f"<title>{escape(frame.off_words)}</title></rect>"
            )
    for at, words in _times(frame):
        yield _stroke("grid", across(at), top, across(at), top + height)
        yield _words("time", min(across(at), _WIDTH - 20), top + height + 18, words)
    for at in frame.starts:
        if frame.start <= at <= frame.end:
            yield _stroke("start", across(at), top + height, across(at), top + height + 6)
    yield _stroke("axis", across.left, top + height, _WIDTH - _RIGHT, top + height)


def _times(frame: Frame) -> Iterator[tuple[float, str]]:
    """Each third hour of a day or two, else each midnight."""
    each = timedelta(hours=3) if frame.end - frame.start <= 2 * 86_400 else timedelta(days=1)
    begun = datetime.fromtimestamp(frame.start, frame.zone)
    at = begun.replace(hour=0, minute=0, second=0, microsecond=0)
    while (seconds := at.timestamp()) <= frame.end:
        if seconds >= frame.start:
            yield seconds, at.strftime("%m-%d" if at.hour == 0 else "%H:%M")
        at += each


def _ticks(least: float, most: float) -> list[float]:
    """Four to eight round numbers around what is to be shown."""
    span = (most - least) or max(1.0, abs(most) / 10)
    rough = span / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in (1, 2, 2.5, 5, 10) if one * power >= rough)
    first = math.floor(least / step + 1e-9)
    last = max(first + 1, math.ceil((least + span) / step - 1e-9))
    return [round(number * step, 10) for number in range(first, last + 1)]


def _steps(within: Sequence[Point]) -> str:
    """A value holds until the next one: what was in between was within the dead band."""
    (x, y), *others = within
    turns = "".join(f"H{x:.1f}V{y:.1f}" for x, y in others)
    return f"M{x:.1f} {y:.1f}{turns}"


def _dots(frame: Frame, line: Line, run: Iterable[Point], within: Iterable[Point]) -> Iterator[str]:
    for (at, value), (x, y) in zip(run, within, strict=True):
        words = f"{line.name}: {value:g}, {moment(at, frame.zone)}"
        yield (
            f'<circle class="{line.look}" cx="{x:.1f}" cy="{y:.1f}" r="4">'
            f"<title>{escape(words)}</title></circle>"
        )


def _period(frame: Frame, span: Span) -> str:
    return f"{moment(span.start, frame.zone)} – {moment(span.end, frame.zone)}"


def _stroke(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _words(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _svg(title: str, description: str, height: float, parts: Iterable[str]) -> str:
    # Described by its own elements: SVG accessibility, WAI-ARIA Graphics module
    return (
        f'<svg role="img" viewBox="0 0 {_WIDTH} {height:g}" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
        f"{''.join(parts)}</svg>"
    )
