"""Telephone numbers in their usual writings, digit by digit."""

from __future__ import annotations

import re

from drivers.voice.wording.numbers import GROUP, grouped, number, spelled
from drivers.voice.wording.rules import rule

_SEP = r"[\s.\-·]?"
_COUNTRY = r"(?P<country>\(?(?:\+|00)\s*\d{1,3}\)?[\s\-]*|\(86\)\s*|86-)?"
_MOBILE = (
    rf"1[3-9]\d{_SEP}\d{{4}}{_SEP}\d{{4}}|1[3-9]\d{_SEP}\*{{2,6}}{_SEP}\d{{2,4}}"
    rf"|1[3-9]\d{{2}}[\s\-]\d{{3}}[\s\-]\d{{4}}|1[3-9]\d{{3}}[\s\-]\d{{3}}[\s\-]\d{{3}}"
)
_AREA = r"(?:\(0\d{2,3}\)|0\d{2,3})"
_LAND = (
    rf"(?<=\d)\(\d{{2,3}}\)\s*[2-9]\d{{2,3}}{_SEP}\d{{4}}|{_AREA}[\s\-]*[2-9]\d{{2,3}}{_SEP}\d{{4}}|(?<=\d[\s\-])[2-9]\d{{0,2}}[\s\-][2-9]\d{{3}}{_SEP}\d{{4}}"
    r"|[2-9]\d{7}|[2-9]\d{3}[\s\-](?:0\d{3}|\d{4}(?![\d\s]*[元米公个人户平㎡%万年]))"
)
_SERVICE = (
    r"[48]00[\s\-]?\d{3}[\s\-]?\d{4}|[48]00\d[\s\-]\d{3}[\s\-]\d{3}|[48]00[\s\-]?\d{4}[\s\-]?\d{3}|[48]00-\d{2}-\d{5}"
    r"|[48]00-\d{1,2}-\d{3}-\d{2,3}"
)
_MORE = r"(?P<more>\s*(?:转|-|分机号?|\(?转|EXT\.?|X|×|#)\s*(?P<extension>\d{1,6})(?!\d))?"
_END = r"(?![\d%]|[.,:]\d|\s*(?:元|米|公里|平方|㎡|个(?!人)|人次|户|万|亿|千|块|亩|吨|字|步|升))"
_AMOUNT = (
    r"(?:共|计|约|超|过|达|近|满|到|有|为|总额|金额|数|价|费|付|收|款|额|余额|涨|降|量|耗|用|得|"
    r"[¥$€£+\-])\s*"
)
_SHORT = (
    r"12[0-3]\d\d|1258\d|10010|10086|11185|11183|95\d{3}|96\d{3,4}|116114|118114"
    r"|951\d{3}|12345|12348|160\d{2}"
)
_EMERGENCY = r"1(?:10|19|20|22|14)|999"
_CALLED = (
    r"电话|手机|热线|专线|拨打|拨|打|呼叫|致电|来电|回电|号码|手机号|传真|座机|总机|短号|分机|联系"
    r"|联系方式|咨询|报修|报警|报失|求助|客服|投诉|订座|预约|查询|挂失|转|呼|TEL\.?|PHONE|FAX|MOBILE|☎"
)
_LINK = r"[号码台]*(?:是|为|就是|请打|请拨)?[\s:：,，(.]*"


def _one(text: str) -> str:
    """A number whose groups may be marked; unmarked it is grouped as one remembers it."""
    parts = [part for part in re.split(r"[\s.\-·()*]+", text) if part]
    return GROUP.join(grouped(part) for part in parts)


def _telephone(match: re.Match[str]) -> str | None:
    country, figures, extension = match["country"], match["figures"], match["extension"]
    if not country and _is_range(figures):
        return None
    said = (
        f"加{spelled(re.sub(r'[^0-9]', '', country.removeprefix('00')))}{GROUP}" if country else ""
    )
    if country and country.strip().startswith("00"):
        said = spelled(re.sub(r"[^0-9]", "", country)) + GROUP
    elif country and "+" not in country:
        said = said.removeprefix("加")
    said += _one(figures)
    if extension:
        if re.fullmatch(r"\s*-\s*", match["more"].removesuffix(extension)) and len(extension) > 5:
            return None
        said += GROUP + ("分机" if "分机" in match["more"] else "转") + spelled(extension)
    return said


def _is_range(figures: str) -> bool:
    """``5000-8000``: two round numbers, the second larger."""
    ends = re.fullmatch(r"(\d{4})[\s\-](\d{4})", figures)
    return ends is not None and ends[1] < ends[2] and ends[1][-2:] == ends[2][-2:] == "00"


def _short(match: re.Match[str]) -> str:
    return spelled(match[0])


def _called(match: re.Match[str]) -> str | None:
    if len(match[0]) < 3:
        return None
    said = _one(match["figures"])
    extension = match["extension"]
    return said + (GROUP + "转" + spelled(extension) if extension else "")


def _between(match: re.Match[str]) -> str:
    """The second of two neighbouring numbers: ``62580000-3``, ``62580000/62580001``."""
    if match[1] in "~至到-":
        return "到" + (spelled(match[2]) if len(match[2]) > 3 else number(match[2]))
    return GROUP + _one(match[2])


_NOT = (
    r"(?![\d.]|\s*(?:[元米层楼室路弄分次个人天岁年月号度斤折块秒户名家件公里位毫步册套台辆张份条只克吨升平%]"
    r"|KM|KG|:|：|/\d))"
)

RULES = (
    rule(rf"{_COUNTRY}(?P<figures>{_MOBILE}|{_SERVICE}|{_LAND}){_MORE}{_END}", _telephone,
         unless=r"[\d.,¥$€£]"),
    rule(r"\s*([/~至到\-])\s*(\d{7,8})(?!\d)", _between, after=r"\d{7,8}"),
    rule(r"\s*([~至到])\s*(\d{1,4})(?!\d)", _between, after=r"[2-9]\d{7}"),
    rule(rf"(?P<figures>\d\d+(?:[\s\-]+\d{{3,}})*)(?P<more>\s*(?:转|-|分机号?)\s*"
         rf"(?P<extension>\d{{1,5}})(?!\d))?{_NOT}", _called,
         after=rf"(?:{_CALLED}){_LINK}"),
    rule(rf"(?:{_EMERGENCY}|{_SHORT}){_NOT}", _short,
         after=r"(?:[打叫呼报找拨]|专线|\d[、/和或,，与]|[警急助话通][\s:：(]*)"),
    rule(rf"(?:{_EMERGENCY})(?=\s*\)?(?:急救|报警|火警|救护|消防|查号|求助|指挥|中心|热线|电话|专线|台"
         r"|来|到达))", _short),
    rule(rf"(?:{_SHORT}){_NOT}", _short, unless=rf"{_AMOUNT}|[\d.]"),
    rule(rf"(?:{_EMERGENCY})(?=$|[、。，；,;)!！?？/\s])", _short,
         after=r"(?:急救|报警|交通事故|事故|火警|救护车?|消防车?|交警|匪警|警察|查号)[\s:：,，(是]*"),
    rule(rf"(?:{_EMERGENCY})(?=[。！!]?$)", _short, after="^"),
    rule(rf"(?:{_EMERGENCY})(?=[、/和或,，]\s*(?:{_EMERGENCY})(?!\d))", _short, unless=_AMOUNT),
    rule(r"10000(?=号)", _short),
)  # fmt: skip
