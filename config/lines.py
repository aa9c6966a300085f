"""Where things are in a TOML text: the line of every table, key and list item."""

from __future__ import annotations

import bisect
import re
import tomllib
from collections.abc import Iterator, Mapping

Place = tuple[str | int, ...]
"""The way to a value: table and key names, and positions in lists counted from 0."""

_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*'""")
_STRING = re.compile(
    r'''"""(?:[^\\]|\\.)*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:'{0,2})|"(?:[^"\\]|\\.)*"|'[^']*\'''',
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}\n#]+")  # a date and its time may have a space between them
_GAP = re.compile(r"(?:[ \t\n,]|#[^\n]*)*")


def lines(text: str) -> dict[Place, int]:
    """Line numbers, from 1, of every table, key and list item in a valid TOML *text*.

    The text must be one that `tomllib` accepts. An array of tables (``[[step]]``) gives a
    place for the list, ``("step",)``, and one for each table, ``("step", 0)``.
    """
    return _Scanner(text.replace("\r\n", "\n")).document()


def nearest(found: Mapping[Place, int], place: Place) -> int | None:
    """The line of *place*, or of the closest table or list around it that has one."""
    while place not in found and place:
        place = place[:-1]
    return found.get(place)


def dotted(place: Place) -> str:
    """A place in words: ``drivers.bin_1.baud``, ``step[3].press`` (list items count from 1)."""
    return "".join(_dotted_parts(place))


def _dotted_parts(place: Place) -> Iterator[str]:
    for position, part in enumerate(place):
        if isinstance(part, int):
            yield f"[{part + 1}]"
            continue
        if position:
            yield "."
        yield part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else f'"{part}"'


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.breaks = [match.start() for match in re.finditer("\n", text)]
        self.found: dict[Place, int] = {}
        self.tables: dict[Place, int] = {}  # how many [[tables]] a list has so far

    def document(self) -> dict[Place, int]:
        table: Place = ()
        while self.more():
            if self.text.startswith("[[", self.at):
                table = self.header(2)
            elif self.text.startswith("[", self.at):
                table = self.header(1)
            else:
                self.assignment(table)
        return self.found

    def header(self, brackets: int) -> Place:
        line = self.line()
        self.at += brackets
        place: Place = ()
        keys = list(self.keys())
        self.at += brackets
        for key in keys[:-1]:
            place = (*place, key)
            self.found.setdefault(place, line)
            if place in self.tables:
                place = (*place, self.tables[place] - 1)
        place = (*place, keys[-1])
        if brackets == 1:
            self.found[place] = line  # overrules an earlier mention in [this.table.below]
            return place
        self.found.setdefault(place, line)
        self.tables[place] = self.tables.get(place, 0) + 1
        place = (*place, self.tables[place] - 1)
        self.found[place] = line
        return place

    def assignment(self, table: Place) -> None:
        line = self.line()
        for key in self.keys():
            table = (*table, key)
            self.found.setdefault(table, line)
        self.at += 1  # the equals sign
        self.value(table)

    def keys(self) -> Iterator[str]:
        """The parts of a dotted key; stops before what follows it."""
        while True:
            self.more()
            match = _KEY.match(self.text, self.at)
            assert match, f"not a key at {self.at}"
            self.at = match.end()
            yield _unquoted(match[0])
            self.more()
            if not self.text.startswith(".", self.at):
                return
            self.at += 1

    def value(self, place: Place) -> None:
        self.more()
        self.found.setdefault(place, self.line())
        if match := _STRING.match(self.text, self.at):
            self.at = match.end()
        elif self.text.startswith("[", self.at):
            self.at += 1
            position = 0
            while not self.closes("]"):
                self.value((*place, position))
                position += 1
        elif self.text.startswith("{", self.at):
            self.at += 1
            while not self.closes("}"):
                self.assignment(place)
        else:
            match = _SCALAR.match(self.text, self.at)
            assert match, f"not a value at {self.at}"
            self.at = match.end()

    def closes(self, bracket: str) -> bool:
        self.more()
        if not self.text.startswith(bracket, self.at):
            return False
        self.at += 1
        return True

    def more(self) -> bool:
        """Go past blanks, comments and commas; whether anything follows."""
        match = _GAP.match(self.text, self.at)
        assert match  # it matches the empty text
        self.at = match.end()
        return self.at < len(self.text)

    def line(self) -> int:
        return bisect.bisect_left(self.breaks, self.at) + 1


def _unquoted(key: str) -> str:
    if key.startswith("'"):
        return key[1:-1]
    if key.startswith('"'):
        return next(iter(tomllib.loads(f"{key} = 0")))
    return key
