"""Dates and times of day."""

from __future__ import annotations

import re

from drivers.voice.wording.numbers import DIGITS, TO, cardinal, digits
from drivers.voice.wording.rules import rule

_HALVES = {"a": "上午", "p": "下午"}
_YEAR = r"(?:19|20)\d\d"


def _day(month: str, day: str | None) -> str | None:
    if not 1 <= int(month) <= 12 or (day and not 1 <= int(day) <= 31):
        return None
    return f"{cardinal(int(month))}月" + (f"{cardinal(int(day))}日" if day else "")


def _date(match: re.Match[str]) -> str | None:
    year, month, day, until_month, until_day = match.groups()
    said = _day(month, day)
    until = _day(until_month, until_day) if until_month else ""
    if said is None or until is None:
        return None
    return f"{digits(year)}年{said}" + (f"到{until}" if until else "")


def _month(match: re.Match[str]) -> str | None:
    said = _day(match[2], None)
    return said and f"{digits(match[1])}年{said}"


def _years(match: re.Match[str]) -> str:
    return (
        digits(match[1])
        + (match[2] or "")
        + (f"{'至' if '至' in match[0] else '到'}{digits(match[3])}" if match[3] else "")
    )


def hour(text: str) -> str:
    return "两" if int(text) == 2 else cardinal(int(text))


def _time(match: re.Match[str]) -> str | None:
    before, hours, minutes, seconds, after = match.groups()
    if int(hours) > 24:
        return None
    half = before or after
    said = (_HALVES[half[0].lower()] if half else "") + hour(hours) + "点"
    if int(minutes):
        said += ("零" if minutes < "10" else "") + cardinal(int(minutes)) + "分"
    elif not seconds or not int(seconds):
        said += "整"
    else:
        said += "零分"
    if seconds and int(seconds):
        said += ("零" if seconds < "10" else "") + cardinal(int(seconds)) + "秒"
    return said


def _half_day(match: re.Match[str]) -> str | None:
    before, hours, after = match.groups()
    if not (before or after) or int(hours) > 24:
        return None
    return _HALVES[(before or after)[0].lower()] + hour(hours) + "点"


def _clock(match: re.Match[str]) -> str:
    """``8点05``, ``8点30分``, ``08时``."""
    said = hour(match[1]) + match[2]
    if match[3]:
        said += ("零" if len(match[3]) == 2 and match[3] < "10" else "") + cardinal(int(match[3]))
    return said


def _weekdays(match: re.Match[str]) -> str:
    def name(figure: str) -> str:
        return "日" if figure == "7" else DIGITS[int(figure)]

    return name(match[1]) + (f"到{name(match[2])}" if match[2] else "")


_HALF = r"([AP]\.?M\.?)"

RULES = (
    rule(r"(\d+)\s*[:：]\s*(\d+)", lambda m: f"{cardinal(int(m[1]))}比{cardinal(int(m[2]))}",
         after=r"(?:比分|比例|比值|得分|配比)[是为约:：\s]*"),
    rule(rf"({_YEAR})\s*[-/.年]\s*(\d{{1,2}})\s*[-/.月]\s*(\d{{1,2}})(?!\d|[点时:])日?"
         rf"(?:T(?=\d))?(?:{TO}(\d{{1,2}})[./](\d{{1,2}})(?!\d))?", _date),
    rule(rf"({_YEAR})[-/.](0[1-9]|1[0-2])(?![\d.:/\-]|\s*[元米公千万%])", _month),
    rule(rf"({_YEAR})(年?)(?:{TO}({_YEAR}))"
         r"(?=\s*(?:$|[^\d.元米个人]))", _years),
    rule(rf"((?!2000年[前后来]){_YEAR}|1[5-8]\d\d)()()(?=年(?![多余来])|学年|年度|届|级)", _years),
    rule(r"(\d\d)()()(?=年\d{1,2}月)", _years),
    rule(r"([5-9]0|00)()()(?=后(?=$|[^\d天年分个秒小米来面门退要会,，]))", _years),
    rule(r"(0\d)()()(?=年)", _years),
    rule(r"(0?[1-9]|1[0-2])月(0?[1-9]|[12]\d|3[01])(?=[日号])", lambda m:
         f"{cardinal(int(m[1]))}月{cardinal(int(m[2]))}"),
    rule(r"0(\d)(?=月|日(?!元)|天|小时|分钟)", lambda m: DIGITS[int(m[1])]),
    rule(rf"(?<![\d:])(?:{_HALF}\s*)?(\d{{1,2}})\s*[:：]\s*([0-5]\d)(?:[:：]([0-5]\d))?"
         rf"(?:\s*{_HALF})?(?![\d:]|\s*[:：]\d)", _time),
    rule(rf"(?<![A-Z\d.])(?:{_HALF}\s*)?(\d{{1,2}})(?:\s*{_HALF})?(?![A-Z\d.:])", _half_day),
    rule(r"(?<![\d.])([01]?\d|2[0-4])(点|时)(?:([0-5]?\d)(?![\d.]|[个倍万千百公米元]))?"
         r"(?!之|间|节|令|装|尚|代|期|候|刻表)", _clock),
    rule(rf"([1-7])(?:{TO}([1-7]))?(?![\d.:：]|\s*[天个次元点月日号岁人小年周%晚])", _weekdays,
         after=r"周|星期|礼拜"),
)  # fmt: skip
