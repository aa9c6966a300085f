"""Figures in addresses: rooms, floors, lanes, buildings, bus lines and roads."""

from __future__ import annotations

import re

from drivers.voice.wording.numbers import GROUP, TO, cardinal, number, spelled
from drivers.voice.wording.rules import rule

_BUILDING = r"号楼|[栋幢座弄号楼村苑]|单元|[A-Z]座|门|支弄"
_NOT_ROOM = r"(?![\d.:：%]|\s*(?:[元米个人年月日号弄路楼层天次件辆户平公里]|㎡|KM|M\b))"


def _dashed(match: re.Match[str]) -> str:
    """``3-2-501``: the room digit by digit, what comes before as numbers."""
    parts = match[0].split("-")
    return "杠".join(number(one) if len(one) < 3 else spelled(one) for one in map(str.strip, parts))


def _rooms(match: re.Match[str]) -> str:
    said = ""
    for part in re.findall(r"\d+|\D+", match[0]):
        sign = part.strip()
        if part.isdecimal():
            said += spelled(part)
        elif sign in ("-", "~", "—", "至", "到"):
            said += "到"
        else:
            said += GROUP if sign == "/" else sign
    return said


def _house(match: re.Match[str]) -> str | None:
    """``12-3号`` is a house, ``10-12号`` are several."""
    first, second = int(match[1]), int(match[2])
    return f"{cardinal(first)}杠{cardinal(second)}" if second <= first else None


def _lines(match: re.Match[str]) -> str:
    return "、".join(number(one) for one in re.split(r"\s*/\s*", match[0]))


RULES = (
    rule(r"\d{3,5}(?:\s*[\-、,，/和及~至到]\s*\d{3,5})*(?=\s*[室房](?![间内外]))", _rooms),
    rule(r"\d{1,4}(?:\s*-\s*\d{1,4}){2,3}(?![\d\-])", _dashed),
    rule(r"\d{1,3}-\d{1,4}(?=室)", _dashed),
    rule(r"\d{3,4}-\d{1,2}(?=室)", _dashed),
    rule(rf"\d{{1,2}}-\d{{3,4}}{_NOT_ROOM}", _dashed, after=rf"{_BUILDING}|[路村园苑区]"),
    rule(rf"\d{{3,4}}{_NOT_ROOM}", lambda m: spelled(m[0]),
         after=rf"(?:\d|[A-Z]|[一二三四五六七八九十])\s*(?:{_BUILDING})\s*"),
    rule(rf"\d{{1,2}}-(?!\d+00)[1-9]\d?0\d{_NOT_ROOM}", _dashed, unless=r"[\d.\-]"),
    rule(r"(\d{1,4})-(\d{1,2})(?=号)", _house, after=r"[路街弄道村]"),
    rule(r"\d{3,4}(?=弄\s*\d)", lambda m: spelled(m[0])),
    rule(r"\d{3,4}(?=路(?![人灯上口边]))", lambda m: spelled(m[0])),
    rule(r"\d{1,2}(?:\s*/\s*\d{1,2})+(?=\s*号线)", _lines),
    rule(r"-(\d)(?=[楼层])", lambda m: f"负{cardinal(int(m[1]))}", unless=r"[\dA-Z楼层]\s*"),
    rule(r"-(\d)F(?![A-Z\d])", lambda m: f"负{cardinal(int(m[1]))}楼", unless=r"[\dA-Z楼层]\s*"),
    rule(rf"(\d{{1,2}}){TO}(\d{{1,2}})F(?![A-Z\d])", lambda m: (
        f"{cardinal(int(m[1]))}到{cardinal(int(m[2]))}楼"), case=True),
    rule(r"(\d{1,2})F(?![A-Z\d])", lambda m: f"{cardinal(int(m[1]))}楼", case=True,
         unless="[车排座号厢]"),
    rule(r"([BF]?)(\d{1,2})\s*#(?!\d)", lambda m: (
        (spelled(m[1]) if m[1] else "") + cardinal(int(m[2])) + "号")),
    rule(r"#\s*(\d{1,3})(?!\d)", lambda m: f"{cardinal(int(m[1]))}号"),
    rule(rf"([A-Z])({TO})([A-Z])(?=[区座栋楼号级组排段幢口])", lambda m: (
        f"{spelled(m[1])}到{spelled(m[3])}")),
    rule(rf"([A-Z])(\d{{1,2}}){TO}\1(\d{{1,2}})(?!\d)", lambda m: (
        f"{spelled(m[1])}{number(m[2])}到{spelled(m[1])}{number(m[3])}")),
)  # fmt: skip
