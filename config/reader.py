"""Reads the technician's files into a frozen struct, or says everything that is wrong."""

from __future__ import annotations

import os
import re
import stat
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
LARGEST = 1 << 20
"""Bytes of one file: a hundred times what a kiosk has."""

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
            raw, _, _ = _parse(Layer(str(path), text))
            _merge(merged, raw, (), {}, {})
    return merged


def with_drop_ins(path: Path) -> list[Path]:
    """The file, then the `*.toml` files of the folder beside it, in the order of their names.

    For ``kiosk.toml`` the folder is ``kiosk.d``: ``10-sub-district.toml`` comes before
    ``90-this-kiosk.toml``, and what comes later overrules.
    """
    folder = beside(path)
    try:
        return [path, *sorted(entry for entry in folder.iterdir() if entry.suffix == ".toml")]
    except OSError:
        return [path]  # `overlooked` says why


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
        raw, sound_text, errors = _parse(layer)
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


# -- files ------------------------------------------------------------------------------------


def beside(path: Path) -> Path:
    """The folder of drop-ins of *path*: ``kiosk.d`` for ``kiosk.toml``."""
    return path.with_suffix(".d")


def overlooked(path: Path) -> list[Problem]:
    """What lies in the folder of drop-ins and is not read; that it cannot be listed."""
    folder = beside(path)
    try:
        entries = sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except NotADirectoryError:
        remedy = f"Make it a folder for drop-ins, or merge it into {path.name}."
        return [_problem(folder, None, "this is not a folder, so it is not read", remedy)]
    except OSError as error:
        return [_problem(folder, None, _reason(error), f"Run: sudo chmod 755 {folder}")]
    return [
        Problem(
            str(entry),
            None,
            "",
            "",
            "this is not read: its name does not end in .toml",
            f"Rename it to {entry.name.split('.')[0]}.toml, or move it away.",
            caution=True,
        )
        for entry in entries
        if entry.suffix not in (".toml", ".rejected") and not entry.name.startswith(".")
    ]


def read_text(path: Path) -> tuple[str | None, list[Problem]]:
    """The text of a file, as far as there is one, and what is wrong with it as a file.

    A pipe or device is not waited for, and a text in a known other encoding is decoded all
    the same, so that its other mistakes are found too.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return None, [_problem(path, None, _reason(error), _remedy(path, error))]
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, socket or device"
            return None, [_problem(path, None, f"this is {kind}", "Put a text file there.")]
        if status.st_size > LARGEST:
            text = f"this file has {status.st_size:,} bytes; at most {LARGEST:,} are read"
            return None, [_problem(path, None, text, "Put the right file there.")]
        raw = b"".join(iter(lambda: os.read(descriptor, 1 << 16), b""))
    except OSError as error:
        return None, [_problem(path, None, _reason(error), _remedy(path, error))]
    finally:
        os.close(descriptor)
    return _decoded(path, raw)


def _remedy(path: Path, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"Run: sudo chgrp linli {path}; sudo chmod 640 {path}"
    return "Check the path and its rights."


def _decoded(path: Path, raw: bytes) -> tuple[str | None, list[Problem]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
    else:
        if "\0" not in text:
            return text, []
        line = 1
    for encoding, name in (("utf-16", "UTF-16"), ("gb18030", "GBK")):
        if name == "UTF-16" and not raw.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\0" not in raw:
            continue
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            continue
        remedy = f"Save it as UTF-8: iconv -f {name} -t UTF-8 {path} -o NEW, then put NEW there."
        found = _problem(path, None, f"this is {name} text, not UTF-8", remedy)
        return text.removeprefix("\ufeff"), [found]
    return None, [_problem(path, line, "not UTF-8 text", "Save it as UTF-8.")]


# -- texts ------------------------------------------------------------------------------------


def _parse(layer: Layer) -> tuple[dict[str, Any], str, list[Problem]]:
    """The values, the text that they came from, and the errors.

    What is wrong is blanked, so that the rest is read too: the line where it is wrong on its
    own, else its whole table.
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
            if _wrong_on_its_own(message, source, column):
                text = _without(text, number, number)
            else:
                text = _without(text, *_table_around(text, number, message))
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


_HEADING = re.compile(r"\s*\[")


def _table_around(text: str, number: int, message: str) -> tuple[int, int]:
    """The first and last line of the table that line *number* spoils.

    A list or text that is not closed is noticed at the next heading at the latest.
    """
    source = text.split("\n")
    own = message.startswith(("Expected ']'", "Cannot declare"))
    first = number
    while first > 1 and not (_HEADING.match(source[first - 1]) and (own or first < number)):
        first -= 1
    last = number
    while last < len(source) and not _HEADING.match(source[last]):
        last += 1
    return first, last


def _without(text: str, first: int, last: int) -> str:
    kept = text.split("\n")
    kept[first - 1 : last] = [""] * (last - first + 1)
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
    said = (dotted(mistake.place), mistake.value, mistake.text, mistake.remedy, mistake.caution)
    return Problem(file, line, *said)


def _problem(file: Path | str, line: int | None, text: str, remedy: str) -> Problem:
    return Problem(str(file), line, "", "", text, remedy)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
