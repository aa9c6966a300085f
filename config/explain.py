"""Plain sentences about what is wrong in a file: place, value and remedy."""

from __future__ import annotations

import datetime
import difflib
import enum
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import inspect

from config.addresses import HIDDEN, shown_value
from config.hints import line_hint
from config.lines import Place

_SECRET = re.compile(r"token|passw|passphrase|secret|pwd|credential|api_?key", re.IGNORECASE)
_FULL_WIDTH = dict(zip("“”‘’＝，．。：［］｛｝＃【】", "\"\"''=,..:[]{}#[]", strict=True))


class Mistake(NamedTuple):
    """Something wrong at a place, before it is known which file and line that is."""

    place: Place
    text: str
    remedy: str = ""
    value: str = ""
    """As `shown`; empty where the text says it all."""
    caution: bool = False
    """True: the kiosk starts with it and goes on without what it concerns."""
    absence: bool = False
    """True: something is not there; hearsay while a part of the files cannot be read."""


class Problem(NamedTuple):
    """A mistake and where to find it. As text: one line for a technician."""

    file: str
    line: int | None
    place: str
    value: str
    text: str
    remedy: str
    caution: bool = False
    """True: the kiosk starts with it and goes on without what it concerns."""

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        sentence = f"{self.text}; got {self.value}" if self.value else self.text
        said = " ".join(_sentence(part) for part in (sentence, self.remedy) if part)
        return _printable(": ".join(part for part in (where, self.place, said) if part))


def _printable(text: str) -> str:
    """The text on one line, with nothing in it that a terminal obeys."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def from_error(place: Place, error: ValueError) -> Mistake:
    """The mistake that a struct raised as ``ValueError("what; remedy")``."""
    text, _, remedy = str(error).partition("; ")
    return Mistake(place, text, remedy[:1].upper() + remedy[1:])


_LARGEST_BITS = 4096


def shown(place: Place, value: object, width: int = 60) -> str:
    """A value as a technician may see it: secrets hidden, long ones cut to *width*."""
    if any(isinstance(part, str) and is_secret(part) for part in place):
        return HIDDEN
    text = _written(value)
    return text if len(text) <= width else f"{text[: width - 1]}…"


def is_secret(key: str) -> bool:
    """Whether a key's name says that nobody may read its value (a path to a secret may be)."""
    return bool(_SECRET.search(key)) and not key.endswith("_file")


def _written(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case enum.Enum():
            return _written(value.value)
        case str() | Path():
            return f"'{_printable(shown_value(str(value)))}'"
        case datetime.date() | datetime.time():
            return value.isoformat()
        case dict():
            return "a table" if value else "a table without keys"
        case list() | tuple() | set() | frozenset():
            return "[" + ", ".join(_written(item) for item in value) + "]"
        case None:
            return "nothing"
        case int() if value.bit_length() > _LARGEST_BITS:
            return hex(value)  # Python writes no longer one in decimals
        case _:
            return str(value)


def did_you_mean(wrong: object, possible: Iterable[object], known: str = "Known") -> str:
    """``Did you mean 'port'?``, or all that is possible when nothing is close."""
    by_text = {str(item): item for item in possible}
    folded = {text.casefold(): text for text in by_text}
    close = difflib.get_close_matches(str(wrong).casefold(), folded, n=1)
    if close:
        return f"Did you mean {_written(by_text[folded[close[0]]])}?"
    return f"{known}: {', '.join(sorted(by_text))}." if by_text else ""


# -- types ----------------------------------------------------------------------------------


def expected(wanted: Any) -> str:
    """A type in words: ``a whole number from 0 to 27``."""
    return _expected(inspect.type_info(wanted))


def choices(wanted: Any) -> tuple[object, ...]:
    """The values of a Literal or an enum; nothing for other types."""
    return tuple(_choices(inspect.type_info(wanted)))


def _choices(info: inspect.Type) -> Iterable[object]:
    match info:
        case inspect.LiteralType():
            return info.values
        case inspect.EnumType():
            return [member.value for member in info.cls]
        case inspect.UnionType():
            return [value for part in info.types for value in _choices(part)]
        case inspect.Metadata():
            return _choices(info.type)
        case _:
            return ()


def _expected(info: inspect.Type) -> str:
    match info:
        case inspect.Metadata():
            described = (info.extra_json_schema or {}).get("description")
            return str(described) if described else _expected(info.type)
        case inspect.UnionType():
            parts = [p for p in info.types if not isinstance(p, inspect.NoneType)]
            return " or ".join(dict.fromkeys(_expected(part) for part in parts))
        case inspect.LiteralType() | inspect.EnumType():
            return "one of " + ", ".join(_written(value) for value in _choices(info))
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            return "a whole number" + _range(info)
        case inspect.FloatType():
            return "a number" + _range(info)
        case inspect.StrType():
            pattern = f" of the form {info.pattern}" if info.pattern else ""
            return "a text" + _length(info, "characters") + pattern
        case inspect.DateTimeType():
            return "a date and time such as 2025-01-31T08:00:00"
        case inspect.DateType():
            return "a date such as 2025-01-31"
        case inspect.TimeType():
            return "a time of day such as 08:00:00"
        case inspect.TupleType():
            inner = ", ".join(_expected(item) for item in info.item_types)
            return f"a list of {len(info.item_types)} ({inner})"
        case inspect.CollectionType():
            return f"a list{_length(info, 'items')}, each {_expected(info.item_type)}"
        case inspect.CustomType(cls=cls) if issubclass(cls, Path):
            return "a text that is a path"
        case inspect.StructType() | inspect.DictType() | inspect.CustomType():
            return "a table"
        case _:
            return "any value"


def _range(info: inspect.IntType | inspect.FloatType) -> str:
    if info.ge is not None and info.le is not None:
        limits = f" from {_number(info.ge)} to {_number(info.le)}"
    else:
        words = {"of at least": info.ge, "above": info.gt, "of at most": info.le, "below": info.lt}
        said = (f" {word} {_number(n)}" for word, n in words.items() if n is not None)
        limits = " and".join(said)
    return limits + (f" that divides by {info.multiple_of}" if info.multiple_of else "")


def _number(value: float) -> str:
    """Without the digits behind the point that say nothing."""
    return f"{value:.15g}"


def _length(info: inspect.StrType | inspect.CollectionType, unit: str) -> str:
    low, high = info.min_length, info.max_length
    if low is not None and high is not None:
        return f" of {low} {unit}" if low == high else f" of {low} to {high} {unit}"
    if low is not None:
        return " that is not empty" if low == 1 else f" of at least {low} {unit}"
    return f" of at most {high} {unit}" if high is not None else ""


# -- syntax ---------------------------------------------------------------------------------

_SYNTAX = {
    "Invalid statement": (
        "this is neither key = value nor a [heading]",
        'Put keys with other signs than A-Z a-z 0-9 _ - in quotes ("…").',
    ),
    "Invalid initial character": (
        "a name here has only A-Z a-z 0-9 _ -",
        "Choose another name; what residents read is written behind name = or title =.",
    ),
    "Invalid value": (
        "this is not a value",
        'Put texts in quotes ("…"); write true and false in small letters.',
    ),
    "Invalid date": ("there is no such date or time", ""),
    "Illegal character '\\n'": ("a text is not closed on its line", "Add the closing quote."),
    "Unclosed array": ("a list is not closed", "Add the closing ] and a comma between items."),
    "Unterminated string": ("a text is not closed", "Add the closing quotes."),
    "Expected '=' after a key": ("a key needs = and a value", ""),
    "Expected ']'": ("the heading of a table is not closed", "Add the closing ]."),
    "Cannot overwrite a value": ("this is given twice", "Remove one of the two."),
    "Cannot declare": ("this table is given twice", "Put all its keys under one heading."),
    "Unescaped '\\'": ('a backslash in "…"', "Use '…' around texts with backslashes."),
    "Expected newline": ("something follows the value", "Put each key on a line of its own."),
}


_ONE_LINE = (
    "Invalid value", "Expected newline", "Invalid statement", "Illegal character",
    "Expected '=' after a key",
)  # fmt: skip
_HEADING = re.compile(r"\s*\[{1,2}[A-Za-z_][\w.-]*\]{1,2}\s*(#.*)?$")
_NEXT_KEY = re.compile(r"""[\w."'-]+\s*=""")


def syntax(message: str, source: str, column: int) -> tuple[str, str]:
    """A complaint of `tomllib` as text and remedy; *source* is the line, *column* from 1."""
    culprit = source[column - 1 :].lstrip()[:1]
    if culprit in ("：", ":") and message.startswith("Expected '='"):
        return f"{culprit} stands between a key and its value", "Type = instead."
    if typed := _FULL_WIDTH.get(culprit):
        return f"{culprit} is full-width punctuation", f"Type {typed} instead."
    if message.startswith(_ONE_LINE) and (found := line_hint(source)):
        return found
    heading = _HEADING.match(source) and column > 1
    if message.startswith("Invalid value") and (heading or _NEXT_KEY.match(source, column - 1)):
        return _SYNTAX["Unclosed array"]
    for begin, words in _SYNTAX.items():
        if message.startswith(begin):
            return words
    return f"not valid TOML: {message}", ""
