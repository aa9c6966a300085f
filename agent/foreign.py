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

_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
"""Letters, marks and signs that show nothing (Default_Ignorable_Code_Point, and empty braille)."""
_TOP = (
    r"com|cn|net|org|top|xyz|vip|cc|io|info|shop|site|club|online|app|me|tv|wang|ren|link|icu|"
    r"biz|gov|edu|example"
)
_NO_TITLE = r"(?<![a-z])(?!(?:mr|mrs|ms|dr|st|no|prof)\.)"
_LINK = re.compile(
    r"[a-z][a-z0-9+.-]{1,20}:[/\\]+[!-~]*"
    r"|www\.[!-~]+"
    rf"|{_NO_TITLE}(?:[a-z0-9-]+\s?(?:[.。]|点|\bdot\b|[(\[{{<](?:[.点]|dot)[)\]}}>])\s?)+(?:{_TOP})(?![a-z])[!-~]*"
    # Any other ending too, where no blank follows the dot: new ones come every month
    rf"|{_NO_TITLE}(?:[a-z0-9-]+\.)+(?:[a-z]{{2,24}}|xn--[a-z0-9-]+)(?![a-z])[!-~]*"
    r"|(?<![a-z])(?:[a-z0-9-]{2,}。)+[a-z]{2,24}(?![a-z])[!-~]*"
    r"|[^\s.。]+\.(?:中国|公司|网络|在线|网址|商城|集团|我爱你|网店)[!-~]*"
    r"|\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?[!-~]*"
    r"|[a-z0-9_.+-]+@[\w.-]+",
    re.IGNORECASE | re.ASCII,
)
_ACCOUNT = re.compile(
    r"(?:[微薇威v]信|wechat|weixin|(?<![a-z])vx|(?<![a-z])qq|扣扣|telegram|whatsapp)"
    r"\W{0,3}(?:账号|号码?|群|id)?\W{0,3}[a-z0-9_-]{5,}",
    re.IGNORECASE | re.ASCII,
)
"""Whom to write to elsewhere leads away just as well."""
_SAID = str.maketrans("〇○洞幺两拐勾", "0001279")
"""Digits as they are spoken over the radio; all others Unicode knows: ❶, 〡, 参 and 壹."""
_LIKE = str.maketrans("OoIl|ОоΟοЗзІі", "0011100003311")
"""Latin, Cyrillic and Greek letters that look like digits."""
# Dates and times of day have many digits, and are no numbers to call.
_TIME = r"(?:[01]?\d|2[0-4]):[0-5]\d"
_DATED = re.compile(
    r"(?<!\d)(?:19|20)\d\d\s?[-/.年]\s?[01]?\d\s?[-/.月]\s?[0-3]?\d\s?日?(?:\s?\d\d?:\d\d)?(?!\d)"
    rf"|(?<![\d:]){_TIME}(?:\s?[-~—至到]\s?{_TIME})?(?![\d:])"
)
_BETWEEN = r"(?:[\W_]|转){0,4}"
_APART = r"[\W_]{1,2}"
_NUMBER = re.compile(
    rf"\+?\d(?:{_BETWEEN}\d){{6,}}"
    # Five digits: banks, and whoever calls himself one
    r"|(?<![A-Za-z\d])(?:(?:95|96|10|12|11)\d{3}|9[56]-\d{3}|100-\d\d"
    rf"|(?:9{_APART}[56]|1{_APART}[012])(?:{_APART}\d){{3}})(?!\d)",
)
_LIKE_NUMBER = re.compile(rf"(?<![A-Za-z\d])\d(?:{_BETWEEN}\d){{6,}}(?![A-Za-z])")
_SPELT = re.compile(
    r"(?<![a-z])(?:(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple"
    r"|ling|yao|yi|er|san|si|wu|liu|qi|ba|jiu)(?![a-z])[\W_]*){7,}",
    re.IGNORECASE,
)
_WORDS = r"[^\d元块米步号年月日时分点人次%度]{1,6}"
_PIECED = re.compile(
    rf"(?<!\d)(?:1[3-9]\d{_WORDS}\d{{4}}{_WORDS}\d{{4}}"
    rf"|400{_WORDS}(?:\d{{3}}{_WORDS}\d{{4}}|\d{{4}}{_WORDS}\d{{3}})"
    rf"|0\d{{2,3}}{_WORDS}\d{{4}}{_WORDS}\d{{4}})(?!\d)"
)
"""In the groups in which numbers are read out, with words between them."""
_LEAST_DIGITS = 4
"""So many of what looks like a number are digits, the others letters that look like some."""
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
    for what in (_LINK, _ACCOUNT, _SPELT):
        line = what.sub(" ", line)
    line = _without_numbers(line, known)
    line = " ".join(line.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def leads_away(text: str) -> str:
    """The first address in *text*, however it is written; empty: there is none."""
    found = _LINK.search(unicodedata.normalize("NFKC", text))
    return found[0] if found else ""


def _visible(text: str) -> str:
    """Without control and format characters (among them those that turn the direction of
    writing), private and unassigned ones, letters and marks that show nothing, and without heaps
    of marks."""
    kept, marks = [], 0
    for char in text:
        if _BLANK.match(char):
            continue
        category = unicodedata.category(char)
        marks = marks + 1 if category[0] == "M" else 0
        if category[0] == "Z" or char in "\t\n\r":
            kept.append(" ")
        elif category[0] != "C" and marks <= _MARKS:
            kept.append(char)
    return "".join(kept)


def _without_numbers(line: str, known: set[str]) -> str:
    """A number may be written in other digits too: looked for in copies of the same length."""
    digits = "".join(map(_digit, line.translate(_SAID)))
    # One letter for one letter, so that places in the copy are places in the line
    covered = _DATED.sub(lambda m: "#" * len(m[0]), digits)
    spans = [found.span() for one in (_NUMBER, _PIECED) for found in one.finditer(covered)]
    spans += [
        found.span()
        for found in _LIKE_NUMBER.finditer(covered.translate(_LIKE))
        if len(re.findall(r"\d", covered[found.start() : found.end()])) >= _LEAST_DIGITS
    ]
    parts, end = [], 0
    for start, stop in sorted(spans):
        if start < end or re.sub(r"\D", "", covered[start:stop]) in known:
            continue
        parts.append(line[end:start])
        end = stop
    return " ".join([*parts, line[end:]])


def _digit(char: str) -> str:
    value = unicodedata.numeric(char, -1.0)
    return str(int(value)) if value in range(10) else char
