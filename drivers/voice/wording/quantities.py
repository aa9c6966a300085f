"""Money, measures, ranges, fractions and plain numbers."""

from __future__ import annotations

import re

from drivers.voice.wording.numbers import (
    DIGITS,
    HAN,
    MEASURES,
    NOT_COUNTED,
    NUMBER,
    TO,
    counted,
    digits,
    money,
    number,
    spelled,
)
from drivers.voice.wording.rules import rule

_CURRENCIES = {
    "¥": "元", "RMB": "元", "CNY": "元", "人民币": "元", "$": "美元", "US$": "美元", "USD": "美元",
    "HK$": "港元", "HKD": "港元", "€": "欧元", "EUR": "欧元", "£": "英镑", "GBP": "英镑",
    "JPY": "日元",
}  # fmt: skip
_SYMBOLS = r"US\$|HK\$|[¥$€£]|RMB|CNY|USD|HKD|EUR|GBP|JPY"
_SCALE = r"[万亿千百]"

UNITS = {
    "mmHg": "毫米汞柱", "mmol": "毫摩尔", "μmol": "微摩尔", "umol": "微摩尔", "kWh": "千瓦时",
    "kW·h": "千瓦时", "mAh": "毫安时", "kPa": "千帕", "MPa": "兆帕", "kcal": "千卡", "kHz": "千赫",
    "MHz": "兆赫", "GHz": "吉赫", "rpm": "转每分", "bpm": "次每分", "ppm": "百万分之一",
    "km^2": "平方公里", "cm^2": "平方厘米", "mm^2": "平方毫米", "m^2": "平方米", "m2": "平方米",
    "km2": "平方公里", "cm^3": "立方厘米", "m^3": "立方米", "m3": "立方米", "hm^2": "公顷",
    "km": "公里", "KM": "公里", "Km": "公里", "cm": "厘米", "CM": "厘米", "mm": "毫米",
    "MM": "毫米",
    "dm": "分米", "nm": "纳米", "μm": "微米", "um": "微米", "m": "米", "kg": "公斤", "KG": "公斤",
    "Kg": "公斤", "mg": "毫克", "μg": "微克", "ug": "微克", "g": "克", "t": "吨", "mL": "毫升",
    "ml": "毫升", "ML": "毫升", "dL": "分升", "dl": "分升", "L": "升", "l": "升", "min": "分钟",
    "mins": "分钟", "sec": "秒", "hr": "小时", "h": "小时", "s": "秒", "ms": "毫秒", "kW": "千瓦",
    "KW": "千瓦", "W": "瓦", "w": "瓦", "kV": "千伏", "V": "伏", "mA": "毫安", "Hz": "赫兹",
    "HZ": "赫兹", "dB": "分贝", "db": "分贝", "DB": "分贝", "dB(A)": "分贝", "IU": "国际单位",
    "U": "单位", "lx": "勒克斯", "ha": "公顷", "cc": "毫升", "N": "牛", "Pa": "帕", "d": "天",
    "GB": "计必", "MB": "兆", "TB": "替必", "Mbps": "兆", "kB": "千字节",
}  # fmt: skip
_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
_DEGREE = r"(?:°\s*C|°(?!\s*F)|摄氏度|度(?!假|过|电|数))"
_MINUS = r"(?P<minus>[\-](?=\s*[\d.]))?"
_STANDS_ALONE = rf"^|[\s(\[，,。；;、：:=<>≤≥±~{HAN}]"
_QUANTITY_ENDS = (
    r"[0-9%‰°CA-Za-z)]|[元角分点整日月年号楼层室人岁米斤克度天个周时秒吨升里顷亩块万千百亿倍折成次"
    r"件位名张份片粒瓶盒级期届季半初末午晚早昨今明一二三四五六七八九十两]"
)


def _till(match: re.Match[str], said: str) -> str:
    """As it is written: 至 stays 至."""
    return said.replace("到", "至", 1) if "至" in match[0] else said


def _amount(match: re.Match[str]) -> str:
    unit = _CURRENCIES.get((match["sign"] or match["name"] or "元").upper(), "元")
    said = "负" if match["minus"] else ""
    scale, until = match["scale"] or "", match["until"]
    if until:
        last = counted(until) + (match["until_scale"] or "")
        return _till(match, f"{said}{counted(match['sum'])}{scale}到{last}{unit}")
    if scale:
        return said + counted(match["sum"]) + scale + unit
    return said + money(match["sum"], unit)


def _percent(match: re.Match[str]) -> str:
    def part(text: str) -> str:
        whole = {"%": "百", "‰": "千", "‱": "万"}[match["sign"]]
        return "百" if text == "100" and whole == "百" else number(text)

    whole = {"%": "百分之", "‰": "千分之", "‱": "万分之"}[match["sign"]]
    said = ("负" if match["minus"] else "") + whole + part(match["first"])
    if match["until"]:
        said += f"到{whole if match['again'] else ''}{part(match['until'])}"
    return _till(match, said)


def _temperature(match: re.Match[str]) -> str:
    below = match["minus"]
    said = ("零下" if below else "") + number(match["first"])
    if match["until"]:
        under = match["until_minus"]
        if match["again"] or below or under:
            said += "度"
        said += "到" + ("零下" if under else "") + number(match["until"])
    return _till(match, said) + "度"


def _measured(match: re.Match[str]) -> str:
    said = ("负" if match["minus"] else "") + counted(match["first"])
    if match["until"]:
        said += f"到{counted(match['until'])}"
    unit = UNITS[match["unit"]]
    if match["per"]:
        unit += "每" + (UNITS.get(match["per"]) or match["per"])
    return _till(match, said) + unit


def _pressure(match: re.Match[str]) -> str:
    return f"{number(match[1])}比{number(match[2])}" + ("毫米汞柱" if match[3] else "")


def _fraction(match: re.Match[str]) -> str | None:
    whole, top, bottom = match.groups()
    if int(top) >= int(bottom) or len(bottom) > 4:
        return None
    return (f"{number(whole)}又" if whole else "") + f"{number(bottom)}分之{number(top)}"


def _day_of_month(match: re.Match[str]) -> str | None:
    month, day = int(match[1]), int(match[2])
    return f"{number(str(month))}月{number(str(day))}日" if month <= 12 and day <= 31 else None


def _range(match: re.Match[str]) -> str | None:
    first, until = match["first"], match["until"]
    if re.match(r"0\d", until) or re.match(r"0\d", first):
        return None
    two = counted if re.match(_COUNTED, match.string[match.end() :]) else number
    return _till(match, ("负" if match["minus"] else "") + f"{two(first)}到{two(until)}")


def _either(match: re.Match[str]) -> str | None:
    """``2、3个``: two or three."""
    if int(match[2]) - int(match[1]) != 1:
        return None
    return "".join("两" if one == "2" else DIGITS[int(one)] for one in match.groups())


def _version(match: re.Match[str]) -> str:
    return "点".join(digits(part) for part in match[0].split("."))


_PER = r"[元角分万次片粒毫升克升公里米斤块]|[a-z]|[¥$€£]\s*[\d.,]+万?"
_COUNTED = rf"\s*(?!{NOT_COUNTED})(?:多|余|来|几)?(?:[{MEASURES}]|(?:单元|座)(?=楼|房|山|桥))"

RULES = (
    rule(r"\s*[\-~]\s*(?=[¥$]?\d|零下\d|周|星期)", lambda m: "到", after=_QUANTITY_ENDS),
    # -- money
    rule(rf"(?P<minus>-)?(?P<sign>{_SYMBOLS})\s*(?P<sum>{NUMBER})(?P<scale>{_SCALE})?(?P<name>元)?"
         rf"(?:{TO}(?:{_SYMBOLS})?\s*(?P<until>{NUMBER})(?P<until_scale>{_SCALE})?元?)?", _amount),
    rule(rf"(?P<minus>(?<![\d元])-)?(?P<sum>{NUMBER})(?P<scale>)\s*(?P<sign>)(?P<until>)"
         rf"(?P<until_scale>)(?P<name>元|RMB|CNY|USD|HKD|EUR|GBP|JPY)(?![A-Z])", _amount),
    rule(r"(\d)\.(\d)(?=折)", lambda m: DIGITS[int(m[1])] + DIGITS[int(m[2])]),
    # -- shares, degrees and measures
    rule(rf"{_MINUS}(?P<first>{NUMBER})\s*(?P<again>[%‰‱])?(?:{TO}(?P<until>{NUMBER}))?"
         r"\s*(?P<sign>[%‰‱])", lambda m: _percent(m)),
    rule(rf"{_MINUS}(?P<first>{NUMBER})\s*(?P<again>{_DEGREE})?{TO}(?P<until_minus>-(?=\s*\d)|零下)?"
         rf"\s*(?P<until>{NUMBER})\s*{_DEGREE}", _temperature),
    rule(rf"(?P<minus>-)(?P<first>{NUMBER})(?P<again>)(?P<until_minus>)(?P<until>)\s*{_DEGREE}",
         _temperature),
    rule(rf"(?P<minus>)(?P<first>{NUMBER})(?P<again>)(?P<until_minus>)(?P<until>)\s*"
         r"(?:°\s*C|°(?!\s*F)|摄氏度)", _temperature),
    rule(rf"(-)?({NUMBER})\s*°\s*F", lambda m: f"华氏{'零下' if m[1] else ''}{number(m[2])}度"),
    rule(r"(\d{2,3})\s*/\s*(\d{2,3})\s*(mmHg|毫米汞柱)", _pressure),
    rule(r"(\d{2,3})\s*/\s*(\d{2,3})()(?!\d|/)", _pressure,
         after=r"(?:血压|高压低压|收缩压|压)[是为约:：\s测得]*"),
    rule(rf"{_MINUS}(?P<first>{NUMBER})\s*(?:{TO}(?P<until>{NUMBER}))?\s*(?P<unit>{_UNIT})"
         rf"(?:/(?P<per>{_UNIT}|[人次天日月年小时分秒台辆户间张瓶片盒包支粒颗条件袋箱]|小时|分钟))?(?![A-Za-z0-9])",
         _measured, case=True),
    rule(rf"(?P<sum>{NUMBER})(?=\s*(?:公里|米|元)/)", lambda m: counted(m[1])),
    # -- numbers in numbers
    rule(r"(?:(\d+)又)?(?<![\d/])(\d{1,3})\s*/\s*(\d{1,4})(?![\d/])", _fraction),
    rule(r"(?<![\d/])(\d{1,2})/(\d{1,2})(?![\d/])", _day_of_month),
    rule(r"\d+(?:\.\d+){2,}", _version),
    rule(r"(\d{1,2})·(\d{1,2})(?!\d)", lambda m: spelled(m[1] + m[2])),
    rule(rf"({NUMBER})\s*(?:[×*]|X(?=\s*\d))\s*(?=\d)", lambda m: f"{number(m[1])}乘"),
    rule(rf"({NUMBER})\s*÷\s*(?=\d)", lambda m: f"{number(m[1])}除以"),
    rule(rf"({NUMBER})\s*-\s*({NUMBER})\s*=\s*", lambda m: f"{number(m[1])}减{number(m[2])}等于"),
    rule(r"(\d+)\s*[:：]\s*(\d+)(?![\d.:：])", lambda m: f"{number(m[1])}比{number(m[2])}",
         unless=r"[A-Z第.]"),
    rule(rf"([1-9])、([1-9])(?={_COUNTED})", _either, unless="第"),
    rule(rf"{_MINUS}(?P<first>{NUMBER}){TO}(?P<until>{NUMBER})(?!\d|-\d)", _range),
    # -- signs before and between numbers
    rule(rf"\s*[~]\s*(?=[{HAN}])", lambda m: "到", after=rf"[{HAN}]"),
    rule(r"-(?=周[一二三四五六日1-7])", lambda m: "到", after=r"周[一二三四五六日]"),
    rule(r"-(?!\s*\d+\s*[号室栋楼座幢弄])\s*(?=\.?\d)", lambda m: "负", after=_STANDS_ALONE),
    rule(r"[~≈]\s*(?=[¥$]?\d)", lambda m: "约"),
    rule(r"\+\s*(?=\d)", lambda m: "加"),
    rule(r"±\s*", lambda m: "正负"),
    rule(r"(?:≥|>=)\s*", lambda m: "大于等于"),
    rule(r"(?:≤|<=)\s*", lambda m: "小于等于"),
    rule(r"≠", lambda m: "不等于"),
    rule(r"<\s*(?=\d)", lambda m: "小于"),
    rule(r">\s*(?=\d)", lambda m: "大于"),
    rule(r"\s*=\s*", lambda m: "等于", after=rf"[\dA-Z{HAN}]"),
    rule(r"[×*]\s*(?=\d)", lambda m: "乘", after=r"[\dA-Z一-鿿]\s*"),
    rule(r"÷", lambda m: "除以"),
    rule(r"\.(?=[A-Za-z0-9])", lambda m: "点", after=r"[A-Za-z0-9]"),
    rule(r"→", lambda m: "到"),
    rule(r"\+", lambda m: "加"),
    rule(r"\s*&\s*", lambda m: "和"),
    rule(r"@", lambda m: "艾特"),
    rule(r"#(?=键)", lambda m: "井号"),
    rule(r"\*(?=键)", lambda m: "星号"),
    rule(rf"/({_UNIT})(?![A-Za-z0-9])", lambda m: f"每{UNITS[m[1]]}", after=_PER, case=True),
    rule(r"/(?=(?:[人次天日月年时分秒台辆户间张瓶片盒包度升吨斤份位杯节课支粒颗条件套箱桶袋米克册本]|小时|分钟|公里|千米|平方|立方|米|月|学期|季度))",
         lambda m: "每", after=_PER),
    # -- plain numbers
    rule(r"0*(\d+(?:\.\d+)?)", lambda m: number(m[0]), after=r"第"),
    rule(rf"2(?![\d.,])(?={_COUNTED})", lambda m: "两", unless=r"[第初十]"),
    rule(NUMBER, lambda m: number(m[0])),
    rule(r"\.(\d+)", lambda m: f"零点{''.join(DIGITS[int(one)] for one in m[1])}",
         unless=rf"[\dA-Z{HAN}]"),
)  # fmt: skip
