"""Words that another machine wrote, before residents see and hear them.

Whoever controls upstream, or a broker, may write what they like: it must stay short, must not look
like something else than it is, and must lead nobody to a number or an address that this kiosk was
not given by its technician. What is taken out leaves the rest: a car still comes when its driver's
name has a link behind it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 120
"""Characters of one text; half a minute of speech."""
_MARKS = 2
"""Combining marks on one letter: names need no more, towers of them cover the screen."""

_TOP = (
    r"com|cn|net|org|top|xyz|vip|cc|io|info|shop|site|club|online|app|me|tv|wang|ren|link|icu|"
    r"biz|gov|edu|example"
)
_LINK = re.compile(
    r"[a-z][a-z0-9+.-]{1,20}:[/\\]+[!-~]*"
    r"|www\.[!-~]+"
    rf"|(?:[a-z0-9-]+[.。]\s?)+(?:{_TOP})(?![a-z])[!-~]*"
    r"|[^\s.。]+[.。](?:中国|公司|网络|在线|网址)[!-~]*"
    r"|\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?[!-~]*"
    r"|[a-z0-9_.+-]+@[\w.-]+",
    re.IGNORECASE | re.ASCII,
)
_SAID_DIGITS = str.maketrans(
    "〇零○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "0001234567891123456789"
)
# Dates and times of day have many digits, and are no numbers to call.
_DATED = re.compile(
    r"(?<!\d)(?:19|20)\d\d\s?[-/.年]\s?[01]?\d\s?[-/.月]\s?[0-3]?\d\s?日?(?:\s?\d\d?:\d\d)?(?!\d)"
    r"|(?<!\d)\d\d?:\d\d(?::\d\d)?\s?[-~—至到]\s?\d\d?:\d\d(?!\d)"
)
_BETWEEN = r"[\s\-‐-―_.·•,，、()*转/]{0,3}"
_NUMBER = re.compile(rf"\+?\d(?:{_BETWEEN}\d){{6,}}|(?<![A-Za-z\d])(?:95|96|10|12|11)\d{{3}}(?!\d)")
_EMERGENCY = frozenset({"110", "119", "120", "122"})


def cleaned(text: str, numbers: Iterable[str] = (), most: int = LONGEST) -> str:
    """*text* on one line, without what is invisible, without links and telephone numbers.

    Args:
        text: from another machine.
        numbers: telephone numbers that may stay: those of the configuration.
        most: characters that are left at the most.
    """
    # More than could be left is not even looked at: what is long must not cost much.
    line = _visible(unicodedata.normalize("NFKC", text[: 4 * most]))
    known = {re.sub(r"\D", "", number) for number in numbers} | _EMERGENCY
    line = _LINK.sub(" ", line)
    line = _without_numbers(line, known)
    line = " ".join(line.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _visible(text: str) -> str:
    """Without control and format characters (among them those that turn the direction of
    writing), private and unassigned ones, and without heaps of marks."""
    kept, marks = [], 0
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category[0] == "M" else 0
        if category[0] == "Z" or char in "\t\n\r":
            kept.append(" ")
        elif category[0] != "C" and marks <= _MARKS:
            kept.append(char)
    return "".join(kept)


def _without_numbers(line: str, known: set[str]) -> str:
    """A number may be written in Chinese digits too: looked for in a copy of the same length."""
    digits = line.translate(_SAID_DIGITS)
    # One letter for one letter, so that places in the copy are places in the line
    covered = _DATED.sub(lambda m: "#" * len(m[0]), digits)
    parts, end = [], 0
    for found in _NUMBER.finditer(covered):
        if re.sub(r"\D", "", found[0]) in known:
            continue
        parts.append(line[end : found.start()])
        end = found.end()
    return " ".join([*parts, line[end:]])
