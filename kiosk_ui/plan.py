"""Draws a plan (`agent.dialogue.views.Plan`) as SVG: the paths, the way with its numbered turns.

Colours come from the page's theme. Names are few, and stand where they cover neither the way nor
each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from markupsafe import Markup, escape

_AROUND, _LEAST_M = 0.2, 40
"""Ground around the way, as a part of its larger side; metres that are shown at least."""
_WIDEST = 1.8
"""Width to height."""
_LETTER, _ROUND = 0.115, 0.08
"""Height of letters and radius of numbers, as parts of the plan's height."""
_SAMPLES = 40
"""Points at which a leg of the way is looked for under a name."""

Point = tuple[float, float]


class _Label(NamedTuple):
    west: float
    top: float
    width: float
    height: float

    def covers(self, point: Point) -> bool:
        inside = self.west <= point[0] <= self.west + self.width
        return inside and self.top <= point[1] <= self.top + self.height

    def meets(self, other: _Label) -> bool:
        apart = self.west + self.width < other.west or other.west + other.width < self.west
        return not (
            apart or self.top + self.height < other.top or other.top + other.height < self.top
        )


def draw(plan: Mapping[str, Any]) -> Markup:
    """The plan as SVG. What lies outside of the part that matters is left out."""
    drawn = _Drawn([plan["here"]["at"], plan["goal"]["at"], *plan["route"]])
    inside = "".join(drawn.parts(plan))
    box = f"0 0 {drawn.width:.1f} {drawn.height:.1f}"
    return Markup(f'<svg viewBox="{box}">{inside}</svg>')  # numbers, and names that are escaped


class _Drawn:
    """The ground around some points."""

    def __init__(self, points: Sequence[Sequence[int]]) -> None:
        xs, ys = [point[0] for point in points], [point[1] for point in points]
        side = max(max(xs) - min(xs), max(ys) - min(ys), _LEAST_M)
        wide, high = (max(of) - min(of) + 2 * _AROUND * side for of in (xs, ys))
        self.width, self.height = max(wide, high * _WIDEST), max(high, wide / _WIDEST)
        self._west = (min(xs) + max(xs) - self.width) / 2
        self._north = (min(ys) + max(ys) + self.height) / 2
        self._letter, self._radius = _LETTER * self.height, _ROUND * self.height
        self._labels: list[_Label] = []

    def parts(self, plan: Mapping[str, Any]) -> Iterator[str]:
        """From the ground up."""
        radius = self._radius
        for path in plan["paths"]:
            yield self._line(path, "ground", 1.1 * radius)
        yield self._line(plan["route"], "way", 0.55 * radius)
        for number, turn in enumerate(plan["turns"], 1):
            x, y = self._at(turn)
            yield f'<circle class="turn" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'
            yield (
                f'<text class="number" x="{x:.1f}" y="{y + 0.53 * radius:.1f}" '
                f'font-size="{1.5 * radius:.1f}" text-anchor="middle">{number}</text>'
            )
        x, y = self._at(plan["goal"]["at"])
        yield f'<circle class="turn" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'
        yield f'<circle class="goal" cx="{x:.1f}" cy="{y:.1f}" r="{0.5 * radius:.1f}"/>'
        taken = list(self._along(plan["route"]))
        for mark in (plan["here"], plan["goal"]):
            yield self._name(mark, taken)
        for mark in plan["marks"]:
            x, y = self._at(mark["at"])
            if 0 <= x <= self.width and 0 <= y <= self.height:
                side = 0.7 * radius
                yield (
                    f'<rect class="mark" x="{x - side / 2:.1f}" y="{y - side / 2:.1f}" '
                    f'width="{side:.1f}" height="{side:.1f}"/>'
                )
                yield self._name(mark, taken)

    def _at(self, point: Sequence[int]) -> Point:
        return point[0] - self._west, self._north - point[1]  # SVG counts down

    def _line(self, points: Iterable[Sequence[int]], name: str, thick: float) -> str:
        along = " ".join("{:.1f},{:.1f}".format(*self._at(point)) for point in points)
        return f'<polyline class="{name}" points="{along}" stroke-width="{thick:.2f}"/>'

    def _along(self, route: Sequence[Sequence[int]]) -> Iterator[Point]:
        for (x, y), (to_x, to_y) in pairwise(map(self._at, route)):
            for n in range(_SAMPLES + 1):
                yield x + (to_x - x) * n / _SAMPLES, y + (to_y - y) * n / _SAMPLES

    def _name(self, mark: Mapping[str, Any], taken: Sequence[Point]) -> str:
        """Beside its place, where it covers least."""
        words, (x, y) = str(mark["label"]), self._at(mark["at"])
        size = sum(1.0 if ord(char) > 0x2E80 else 0.6 for char in words) * self._letter
        away, high = 1.3 * self._radius, 1.2 * self._letter
        places = [
            _Label(x + away, y - high / 2, size, high),
            _Label(x - away - size, y - high / 2, size, high),
            _Label(x - size / 2, y - away - high, size, high),
            _Label(x - size / 2, y + away, size, high),
        ]

        def cost(label: _Label) -> float:
            beyond = max(0.0, -label.west, label.west + size - self.width) + max(
                0.0, -label.top, label.top + high - self.height
            )
            return (
                sum(map(label.covers, taken))
                + _SAMPLES * sum(map(label.meets, self._labels))
                + _SAMPLES * beyond / self._letter
            )

        best = min(places, key=cost)
        self._labels.append(best)
        return (
            f'<text class="name" x="{best.west:.1f}" y="{best.top + self._letter:.1f}" '
            f'font-size="{self._letter:.1f}">{escape(words)}</text>'
        )
