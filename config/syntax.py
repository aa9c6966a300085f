"""A text of TOML as far as it can be read: one error does not hide those behind it."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from config.explain import Problem, syntax

MAX_SYNTAX_ERRORS = 20


def parse(file: str, text: str) -> tuple[dict[str, Any], str, list[Problem]]:
    """The values, the text that they came from, and the errors.

    What is wrong is blanked, so that the rest is read too: the line where it is wrong on its
    own, else its whole table.
    """
    text = text.replace("\r\n", "\n")
    errors: list[Problem] = []
    while len(errors) < MAX_SYNTAX_ERRORS:
        try:
            return tomllib.loads(text), text, errors
        except tomllib.TOMLDecodeError as error:
            number, column, message = _position(str(error), text)
            source = text.split("\n")[number - 1]
            said, remedy = syntax(message, source, column)
            place = f"column {column}"
            errors.append(Problem(file, number, place, "", said, remedy))
            if _wrong_on_its_own(message, source, column):
                text = _without(text, number, number)
            else:
                text = _without(text, *_table_around(text, number, message))
        except (ValueError, RecursionError) as error:  # a number of thousands of digits; [[[[[[…
            errors.append(Problem(file, None, "", "", f"not readable as TOML: {error}", ""))
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
