"""Reads the technician's files into a frozen struct, or says everything that is wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from config.build import Builder, Registry
from config.explain import Mistake, Problem
from config.files import read_text
from config.lines import Place, dotted, lines
from config.syntax import parse

T = TypeVar("T", bound=msgspec.Struct)

Check = Callable[[T], Iterable[Mistake]]
"""Looks at a whole configuration for what one value alone cannot tell."""

Renamed = Mapping[Place, Place]
"""Place of a key under its old name → its place now."""


class BadConfiguration(Exception):
    """The files have mistakes; the text lists them all, one a line."""


class Layer(NamedTuple):
    """The text of one file."""

    file: str
    text: str


class Origin(NamedTuple):
    """Where a value was written."""

    file: str
    line: int


@dataclass(frozen=True)
class Loaded(Generic[T]):
    """What came of reading: the settings, or the problems that prevent them."""

    settings: T | None
    """None when there are problems."""
    problems: tuple[Problem, ...]
    """In the order of files and lines."""
    cautions: tuple[Problem, ...]
    """What the kiosk starts with all the same, and a technician should mend."""
    origins: Mapping[Place, Origin]
    """Where each table, key and list item in force was written; defaults are not in here."""
    layers: tuple[Layer, ...]
    partial: Any = None
    """The settings with defaults, or None, where there are problems: to look at, not to run."""
    notes: tuple[Problem, ...] = ()
    """What is right but should be written otherwise: keys under their old names."""

    def require(self) -> T:
        """The settings.

        Raises:
            BadConfiguration: there are problems.
        """
        if self.settings is None:
            raise BadConfiguration("\n".join(map(str, self.problems)))
        return self.settings


def readable(paths: Sequence[Path]) -> dict[str, Any]:
    """The plain values of all that can be read in *paths*, whatever is wrong in the rest."""
    merged: dict[str, Any] = {}
    for path in paths:
        text, _ = read_text(path)
        if text is not None:
            raw, _, _ = parse(str(path), text)
            _merge(merged, raw, (), {}, {})
    return merged


def read(
    paths: Path | Sequence[Path],
    schema: type[T],
    *,
    registry: Registry | None = None,
    checks: Sequence[Check[T]] = (),
    renamed: Renamed | None = None,
) -> Loaded[T]:
    """Read files, later ones overruling earlier ones, and report every mistake in them.

    Tables are merged key by key; lists and other values are replaced whole, and so is a
    table that changes its `type`. *registry* names the structs of `Chosen` tables. *checks*
    also see files with mistakes, with defaults (or None) in place of bad values. Keys that are
    *renamed* are taken under their old names too, with a note.
    """
    layers: list[Layer] = []
    unread: list[Problem] = []
    for path in [paths] if isinstance(paths, Path) else paths:
        text, problems = read_text(path)
        unread += problems
        if text is not None:
            layers.append(Layer(str(path), text))
    return understand(
        layers, schema, registry=registry, checks=checks, renamed=renamed, unread=unread
    )


def understand(
    layers: Sequence[Layer],
    schema: type[T],
    *,
    registry: Registry | None = None,
    checks: Sequence[Check[T]] = (),
    renamed: Renamed | None = None,
    unread: Iterable[Problem] = (),
) -> Loaded[T]:
    """As `read`, for texts at hand. *unread* are problems of layers that could not be read."""
    problems = list(unread)
    notes: list[Problem] = []
    merged: dict[str, Any] = {}
    origins: dict[Place, Origin] = {}
    for layer in layers:
        raw, sound_text, errors = parse(layer.file, layer.text)
        problems += errors
        found = {place: Origin(layer.file, line) for place, line in lines(sound_text).items()}
        moved = under_new_names(raw, renamed or {})
        notes += [_renaming(old, new, found) for old, new in moved]
        _merge(merged, raw, (), found, origins)
    whole = all(problem.caution for problem in problems)
    builder = Builder(registry or {}, complete=whole)
    settings = builder.build(schema, merged, ())
    found_across = _cross_check(settings, checks, builder)
    mistakes = builder.mistakes + [m for m in found_across if whole or not m.absence]
    order = {layer.file: position for position, layer in enumerate(layers)}
    main = layers[0].file if layers else ""
    problems += [_located(mistake, origins, main) for mistake in dict.fromkeys(mistakes)]
    problems.sort(key=lambda problem: (order.get(problem.file, -1), problem.line or 0))
    grave = tuple(problem for problem in problems if not problem.caution)
    return Loaded(
        settings=None if grave else settings,
        problems=grave,
        cautions=tuple(problem for problem in problems if problem.caution),
        origins=origins,
        layers=tuple(layers),
        partial=settings,
        notes=tuple(notes),
    )


def under_new_names(raw: dict[str, Any], renamed: Renamed) -> list[tuple[Place, Place]]:
    """Move what stands in *raw* under old names to the new ones; returns what was moved.

    A key that is there under both names is left: the old one is then an unknown key.
    """
    moved = []
    for old, new in renamed.items():
        table, target = _table(raw, old[:-1]), _table(raw, new[:-1])
        if table is None or old[-1] not in table or (target is not None and new[-1] in target):
            continue
        into = _table(raw, new[:-1], make=True)
        if into is not None:
            into[str(new[-1])] = table.pop(str(old[-1]))
            moved.append((old, new))
    return moved


def _renaming(old: Place, new: Place, found: dict[Place, Origin]) -> Problem:
    at = found[new] = found.pop(old)
    text = f"is now called {dotted(new)}"
    return Problem(at.file, at.line, dotted(old), "", text, "The old name still works.")


def _table(raw: dict[str, Any], place: Place, make: bool = False) -> dict[str, Any] | None:
    table = raw
    for key in map(str, place):
        inner = table.setdefault(key, {}) if make else table.get(key)
        if not isinstance(inner, dict):
            return None
        table = inner
    return table


def _cross_check(settings: T, checks: Sequence[Check[T]], built: Builder) -> list[Mistake]:
    """What the checks find, except of values that are known to be wrong."""
    found: list[Mistake] = []
    for check in checks:
        try:
            for mistake in check(settings):
                if not any(_within(mistake.place, place) for place in built.without_value):
                    found.append(mistake)
        except (AttributeError, TypeError, KeyError):
            if not built.mistakes and built.complete:
                raise
            # A stand-in has None where a value is bad: this check has seen what it can.
    return found


def _within(inner: Place, outer: Place) -> bool:
    return inner[: len(outer)] == outer


# -- layers -----------------------------------------------------------------------------------


def _merge(
    into: dict[str, Any],
    layer: dict[str, Any],
    place: Place,
    found: Mapping[Place, Origin],
    origins: dict[Place, Origin],
) -> None:
    ours, theirs = _by_key(found, place), _by_key(origins, place)
    for key, value in layer.items():
        here = (*place, key)
        old = into.get(key)
        if isinstance(old, dict) and isinstance(value, dict) and not _other_type(old, value):
            _merge(old, value, here, {known: found[known] for known in ours[key]}, origins)
            continue
        for stale in theirs[key]:
            del origins[stale]
        origins.update({known: found[known] for known in ours[key]})
        into[key] = value


def _by_key(places: Iterable[Place], place: Place) -> defaultdict[str | int, list[Place]]:
    """The places within *place*, by the key that follows it: looked through once for all keys."""
    groups: defaultdict[str | int, list[Place]] = defaultdict(list)
    for known in places:
        if len(known) > len(place) and _within(known, place):
            groups[known[len(place)]].append(known)
    return groups


def _other_type(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return "type" in old and "type" in new and old["type"] != new["type"]


# -- problems ---------------------------------------------------------------------------------


def _located(mistake: Mistake, origins: Mapping[Place, Origin], main: str) -> Problem:
    place = mistake.place
    while place and place not in origins:
        place = place[:-1]
    file, line = origins[place] if place else (main, None)
    said = (dotted(mistake.place), mistake.value, mistake.text, mistake.remedy, mistake.caution)
    return Problem(file, line, *said)
