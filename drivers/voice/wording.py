"""Figures in Chinese text as people say them: plates, telephone numbers, times, money.

What is spelled (plates, telephone numbers) has `BREATHLESS` between its characters and `GROUP`
between its groups; everything else comes out as plain Chinese with its own punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

BREATHLESS = "\u2009"
"""Between spelled characters: no pause, but no tone changes across it either."""
GROUP = "\u2003"
"""Between spelled groups: a short pause."""

# fmt: off
LETTERS = {
    "A": "诶", "B": "必", "C": "西", "D": "弟", "E": "衣", "F": "艾付", "G": "计",
    "H": "艾取", "I": "艾", "J": "杰", "K": "开", "L": "艾乐", "M": "艾姆", "N": "恩",
    "O": "欧", "P": "批", "Q": "丘", "R": "阿尔", "S": "艾斯", "T": "替", "U": "优",
    "V": "维", "W": "达不留", "X": "艾克斯", "Y": "外", "Z": "贼",
}
# fmt: on
"""Names of the Latin letters, in syllables that Mandarin has."""

_DIGITS = "零一二三四五六七八九"
_SPELLED_DIGITS = "零幺二三四五六七八九"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领"
_MEASURES = "个位辆分秒小天次元块米公人张件层年周台站条句杯份种里遍户桶包间家只把"
_CALLED = "电话|热线|拨打|拨|打|呼叫|号码是|号码"
_UNITS = {"km": "公里", "kg": "公斤", "cm": "厘米"}
_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"


def worded(text: str) -> str:
    """*text* without Arabic figures, Latin letters or signs that would have to be guessed."""
    for pattern, say in _RULES:
        text = pattern.sub(say, text)
    return text


def cardinal(number: int) -> str:
    """``1203`` → 一千二百零三. Below 10¹⁶."""
    if number == 0:
        return "零"
    said, gap = "", False
    for power, name in ((12, "万亿"), (8, "亿"), (4, "万"), (0, "")):
        group = number // 10**power % 10_000
        if group:
            zero = "零" if said and (gap or group < 1000) else ""
            said += zero + ("两" if group == 2 and name else _thousands(group)) + name
        gap = not group
    return said[1:] if said.startswith("一十") else said


def _thousands(group: int) -> str:
    said, gap = "", False
    for power, name in ((3, "千"), (2, "百"), (1, "十"), (0, "")):
        digit = group // 10**power % 10
        if digit:
            zero = "零" if said and gap else ""
            said += zero + ("两" if digit == 2 and name == "千" else _DIGITS[digit]) + name
        gap = not digit
    return said


def _digits(figures: str) -> str:
    return BREATHLESS.join(_DIGITS[int(digit)] for digit in figures)


def _spelled(text: str) -> str:
    return BREATHLESS.join(
        _SPELLED_DIGITS[int(letter)] if letter.isdecimal() else LETTERS[letter.upper()]
        for letter in text
    )


def _number(text: str) -> str:
    whole, _, fraction = text.replace(",", "").partition(".")
    spelled = len(whole) > 12 or (len(whole) > 1 and whole.startswith("0"))
    said = _digits(whole) if spelled else cardinal(int(whole))
    return said + ("点" + "".join(_DIGITS[int(digit)] for digit in fraction) if fraction else "")


def _counted(number: str) -> str:
    """Before a measure word: 两辆, 两分钟, but 十二辆."""
    return "两" if number == "2" else _number(number)


def _plate(match: re.Match[str]) -> str:
    province, city, rest = match.groups()
    return province + BREATHLESS + _spelled(city) + GROUP + _spelled(rest)


def _telephone(figures: str) -> str:
    groups = re.split(r"-+", figures)
    if len(groups) == 1:
        length = len(figures)
        sizes = {7: (3, 4), 8: (4, 4), 10: (3, 3, 4), 11: (3, 4, 4), 12: (4, 4, 4)}
        groups, at = [], 0
        for size in sizes.get(length, (length,)):
            groups.append(figures[at : at + size])
            at += size
    return GROUP.join(_spelled(group) for group in groups)


def _time(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    said = ("两" if hour == 2 else cardinal(hour)) + "点"
    if not minute:
        return said + "整"
    return said + ("零" if minute < 10 else "") + cardinal(minute) + "分"


def _date(match: re.Match[str]) -> str:
    return f"{_digits(match[1])}年{cardinal(int(match[2]))}月{cardinal(int(match[3]))}日"


def _money(match: re.Match[str]) -> str:
    amount = Decimal((match["before"] or match["after"]).replace(",", ""))
    yuan, cents = divmod(round(amount * 100), 100)
    jiao, fen = divmod(cents, 10)
    said = f"{_counted(str(yuan))}元" if yuan or not cents else ""
    if jiao:
        said += f"{_DIGITS[jiao]}角"
    elif fen and yuan:
        said += "零"
    return said + (f"{_DIGITS[fen]}分" if fen else "")


def _kept(say: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
    """Only the group ``figures`` is replaced."""

    def replace(match: re.Match[str]) -> str:
        before = match.string[match.start() : match.start("figures")]
        after = match.string[match.end("figures") : match.end()]
        return before + say(match["figures"]) + after

    return replace


_RULES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), say)
    for pattern, say in (
        (rf"([{_PROVINCES}])([A-Z])[\s·・•.]*([A-Z0-9]{{4,6}})(?![A-Z0-9])", _plate),
        (r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", _date),
        (rf"(?:{_CALLED})[是为]?[：:，, ]*(?P<figures>\d[\d-]*\d)(?![\d.])", _kept(_telephone)),
        (
            r"(?<![\d.,-])(?P<figures>1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|[48]00-?\d{3,4}-?\d{3,4}"
            r"|[2-9]\d{7}|1234[58])(?!\d|[.,]\d|[元米])",
            _kept(_telephone),
        ),
        (
            rf"(?<!\d)(?P<figures>1(?:10|19|20|22))(?=$|[^\d.,:%元米号路室{_MEASURES}])",
            _kept(_spelled),
        ),
        (r"(?<!\d)(?P<figures>\d{4})(?=年(?!后|前|间|内|多))", _kept(_digits)),
        (r"(?<![\d:])(\d{1,2})[:：]([0-5]\d)(?::[0-5]\d)?(?![\d:])", _time),
        (r"(?<=[点分整])\s*[-–~～]\s*(?=[零两一二三四五六七八九十])", lambda match: "到"),
        (rf"[¥￥]\s*(?P<before>{_NUMBER})元?|(?P<after>{_NUMBER})元", _money),
        (rf"({_NUMBER})\s*%", lambda match: f"百分之{_number(match[1])}"),
        (rf"[-−]({_NUMBER})\s*(?:℃|°C|度)", lambda match: f"零下{_number(match[1])}度"),
        (rf"({_NUMBER})\s*(?:℃|°C)", lambda match: f"{_number(match[1])}度"),
        (r"(?P<figures>\d{3,4})(?=[室房路]|弄\d)", _kept(_spelled)),
        (rf"({_NUMBER})\s*[-–~～至到]\s*(?={_NUMBER})", lambda match: f"{_counted(match[1])}到"),
        (rf"(?<![\d.])(?P<figures>2)(?=[{_MEASURES}]|点)", lambda match: "两"),
        (r"(?<=\d)\s*(km|kg|cm)(?![a-z])", lambda match: _UNITS[match[1].lower()]),
        (_NUMBER, lambda match: _number(match[0])),
        (r"(?P<figures>[A-Z]+)", _kept(_spelled)),
    )
)
