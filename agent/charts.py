"""What a service lets technicians see as a chart of a day or a week: which records say what.

Nothing is kept for a chart. It is drawn of the records that the store still has, so it shows no
more than upstream was told, and has a gap where nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from agent.records import RecordData


class Curve(NamedTuple):
    """Numbers that change: one picture for each thing."""

    title: str
    """In English; its Chinese is in ``config/chinese.toml``, as that of all words here."""
    names: Mapping[str, str]
    """The things by their short names in kiosk.toml → what people call them."""
    records: tuple[type[RecordData], ...]
    read: Callable[[Any], Iterable[tuple[str, float | None]]]
    """What a record says: of which thing, and its value; None: from here on it is not known."""
    unit: str | Callable[[Any], str]
    """Of the values; where they differ, as the record says."""
    holds_s: Mapping[str, float] | float
    """Seconds for which a value holds without being said again."""
    low: float | None = None
    """Where the axis begins and ends at the least; None: at the values."""
    high: float | None = None
    marks: Mapping[str, Sequence[tuple[float, str]]] = {}
    """By thing: values that mean something, and what."""


class Times(NamedTuple):
    """How long something took, each time: dots, the median and the 95th percentile."""

    title: str
    names: Mapping[str, str]
    records: tuple[type[RecordData], ...]
    read: Callable[[Any], Iterable[tuple[str, float]]]
    """What was measured of which thing, in seconds."""
    aim_s: float


class Spans(NamedTuple):
    """States that last: a row for each thing."""

    title: str
    names: Mapping[str, str] | None
    """None: whatever the records name."""
    records: tuple[type[RecordData], ...]
    read: Callable[[Any], Iterable[tuple[str, str]]]
    """Which thing is in which state from now on; empty: it is not known."""
    words: Mapping[str, tuple[str, str]]
    """State → what it is called, and ``good``, ``busy`` or ``bad``."""


class Hours(NamedTuple):
    """What a service keeps of the hours of this day, beside what is usual."""

    title: str
    service: str
    """Whose stored state is read."""
    names: Mapping[str, str]
    read: Callable[[bytes], Iterable[tuple[str, int, Sequence[float | None], Sequence[float]]]]
    """Of each thing: the day (since 1970, local), its 24 hours as far as they are known, and the
    usual ones, where there are any."""
    unit: str


Chart = Curve | Times | Spans | Hours
