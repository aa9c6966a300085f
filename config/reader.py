"""Reads the technician's files into a frozen struct, or says everything that is wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from config.build import Builder, Registry
from config.explain import Mistake, Problem, syntax
from config.lines import Place, dotted, lines

T = TypeVar("T", bound=msgspec.Struct)

Check = Callable[[T], Iterable[Mistake]]
"""Looks at a whole configuration for what one value alone cannot tell."""

MAX_SYNTAX_ERRORS = 20

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
    origins: Mapping[Place, Origin]
    """Where each table, key and list item in force was written; defaults are not in here."""
    layers: tuple[Layer, ...]
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


def with_drop_ins(path: Path) -> list[Path]:
    """The file, then the `*.toml` files of the folder beside it, in the order of their names.

    For ``kiosk.toml`` the folder is ``kiosk.d``: ``10-sub-district.toml`` comes before
    ``90-this-kiosk.toml``, and what comes later overrules.
    """
    return [path, *sorted(path.with_suffix(".d").glob("*.toml"))]


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
        try:
            layers.append(Layer(str(path), path.read_bytes().decode("utf-8-sig")))
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            unread.append(_problem(path, line, "not UTF-8 text", "Save it as UTF-8."))
        except OSError as error:
            unread.append(_problem(path, None, _reason(error), "Check the path and its rights."))
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
        raw, sound_text, errors = _parse(layer)
        problems += errors
        found = {place: Origin(layer.file, line) for place, line in lines(sound_text).items()}
        moved = under_new_names(raw, renamed or {})
        notes += [_renaming(old, new, found) for old, new in moved]
        _merge(merged, raw, (), found, origins)
    builder = Builder(registry or {}, complete=not problems)
    settings = builder.build(schema, merged, ())
    mistakes = builder.mistakes
    if not problems:
        mistakes = mistakes + _cross_check(settings, checks, builder)
    order = {layer.file: position for position, layer in enumerate(layers)}
    main = layers[0].file if layers else ""
    problems += [_located(mistake, origins, main) for mistake in dict.fromkeys(mistakes)]
    problems.sort(key=lambda problem: (order.get(problem.file, -1), problem.line or 0))
    return Loaded(
        settings=None if problems else settings,
        problems=tuple(problems),
        origins=origins,
        layers=tuple(layers),
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
            if not built.mistakes:
                raise
            # A stand-in has None where a value is bad: this check has seen what it can.
    return found


def _within(inner: Place, outer: Place) -> bool:
    return inner[: len(outer)] == outer


# -- texts ------------------------------------------------------------------------------------


def _parse(layer: Layer) -> tuple[dict[str, Any], str, list[Problem]]:
    """The values, the text that they came from, and the errors.

    A line that is wrong on its own is blanked, so that the lines after it are read too.
    """
    text = layer.text.replace("\r\n", "\n")
    errors: list[Problem] = []
    while len(errors) < MAX_SYNTAX_ERRORS:
        try:
            return tomllib.loads(text), text, errors
        except tomllib.TOMLDecodeError as error:
            number, column, message = _position(str(error), text)
            source = text.split("\n")[number - 1]
            said, remedy = syntax(message, source, column)
            place = f"column {column}"
            errors.append(Problem(layer.file, number, place, "", said, remedy))
            if not _wrong_on_its_own(message, source, column):
                break
            text = _without_line(text, number)
        except (ValueError, RecursionError) as error:  # a number of thousands of digits; [[[[[[…
            errors.append(_problem(layer.file, None, f"not readable as TOML: {error}", ""))
            break
    return {}, "", errors


_LINE_IS_WRONG = (
    "Invalid value",
    "Invalid date",
    "Illegal character",
    "Expected '=' after a key",
    "Expected newline",
    "Cannot overwrite a value",
    "Unescaped '\\'",
)
_ASSIGNMENT = re.compile(r"\s*[^\s\[\]{}#=＝,]+\s*(?=[=＝])")


def _wrong_on_its_own(message: str, source: str, column: int) -> bool:
    """Whether the lines after this one can be read without it: not after an unclosed list."""
    key = _ASSIGNMENT.match(source)
    return message.startswith(_LINE_IS_WRONG) and key is not None and column > key.end()


def _position(error: str, text: str) -> tuple[int, int, str]:
    match = re.fullmatch(r"(?s)(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", error)
    if match is None:
        return 1, 1, error
    if match[2]:
        return int(match[2]), int(match[3]), match[1]
    last = text.rstrip("\n").split("\n")
    return len(last), len(last[-1]) + 1, match[1]


def _without_line(text: str, number: int) -> str:
    kept = text.split("\n")
    kept[number - 1] = ""
    return "\n".join(kept)


# -- layers -----------------------------------------------------------------------------------


def _merge(
    into: dict[str, Any],
    layer: dict[str, Any],
    place: Place,
    found: Mapping[Place, Origin],
    origins: dict[Place, Origin],
) -> None:
    for key, value in layer.items():
        here = (*place, key)
        old = into.get(key)
        if isinstance(old, dict) and isinstance(value, dict) and not _other_type(old, value):
            _merge(old, value, here, found, origins)
            continue
        for stale in [known for known in origins if _within(known, here)]:
            del origins[stale]
        origins.update({known: at for known, at in found.items() if _within(known, here)})
        into[key] = value


def _other_type(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return "type" in old and "type" in new and old["type"] != new["type"]


# -- problems ---------------------------------------------------------------------------------


def _located(mistake: Mistake, origins: Mapping[Place, Origin], main: str) -> Problem:
    place = mistake.place
    while place and place not in origins:
        place = place[:-1]
    file, line = origins[place] if place else (main, None)
    return Problem(file, line, dotted(mistake.place), mistake.value, mistake.text, mistake.remedy)


def _problem(file: Path | str, line: int | None, text: str, remedy: str) -> Problem:
    return Problem(str(file), line, "", "", text, remedy)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
