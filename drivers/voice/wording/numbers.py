"""How numbers are said: in full, or digit by digit."""

from __future__ import annotations

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

NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
"""Pattern of one, with or without thousands marked and decimals."""
TO = r"\s*(?:--?|~|—|至|到)\s*"
"""Pattern of what stands between the ends of a range."""
HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff"

DIGITS = "零一二三四五六七八九"
_SPELLED_DIGITS = "零幺二三四五六七八九"
_LONGEST = 8
"""Digits of a number that is said in full; more are an identity, unless they are round."""
_LONGEST_SUM = 20
"""Characters of one: hundreds of milliards, with commas and cents."""
MEASURES = (
    "个位辆分秒小天次元块米公人张件条句杯份种里遍户桶包间家只把瓶盒箱袋罐碗盘支根枚颗粒片滴勺"
    "套双对台架艘扇棵朵顿餐场首名批轮回趟站下字项页步圈口头匹处边侧针剂道届斤克吨升毫厘两"
    "岁周年成倍折者样格拨家门课篇本部万千百亿角毛刻平立亩度摄层梯"
)
NOT_COUNTED = (
    "分之|次供水|次元|年级|两|周目|层(?!楼|小楼|高|玻璃|口罩|以)|门(?!课|功课)|部委|位数码|条线"
)


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
            said += zero + ("两" if digit == 2 and name == "千" else DIGITS[digit]) + name
        gap = not digit
    return said


def digits(figures: str) -> str:
    """Each as in a year: 二零二六."""
    return BREATHLESS.join(DIGITS[int(digit)] for digit in figures)


def spelled(text: str) -> str:
    """Letters and digits one by one as on the telephone: 幺 for 1. Other characters pause."""
    said = [
        _SPELLED_DIGITS[int(one)] if one.isdecimal() else LETTERS.get(one.upper(), GROUP)
        for one in text
    ]
    return BREATHLESS.join(said).replace(f"{BREATHLESS}{GROUP}{BREATHLESS}", GROUP)


def grouped(figures: str) -> str:
    """Spelled in groups that one remembers."""
    sizes = {
        7: (3, 4), 8: (4, 4), 9: (3, 3, 3), 10: (3, 3, 4), 11: (3, 4, 4), 12: (4, 4, 4),
        18: (6, 4, 4, 4),
    }.get(len(figures), (4,) * (len(figures) // 4 + 1))  # fmt: skip
    groups, at = [], 0
    for size in sizes:
        groups.append(spelled(figures[at : at + size]))
        at += size
    return GROUP.join(group for group in groups if group)


def number(text: str) -> str:
    """In full: 一千二百, 二点五. What begins with 0 or is very long is told digit by digit."""
    whole, _, fraction = text.replace(",", "").partition(".")
    long = len(whole) > _LONGEST and "," not in text and not whole.endswith("0000")
    if long or len(whole) > 16:
        said = grouped(whole)
    elif len(whole) > 1 and whole.startswith("0"):
        said = spelled(whole)
    else:
        said = cardinal(int(whole or "0"))
    return said + ("点" + "".join(DIGITS[int(digit)] for digit in fraction) if fraction else "")


def counted(text: str) -> str:
    """Before a measure word: 两辆, 两分钟, but 十二辆."""
    return "两" if text == "2" else number(text)


def money(text: str, unit: str = "元") -> str:
    """``12.50`` → 十二元五角; what is finer than a cent as a number."""
    if len(text) > _LONGEST_SUM:  # no sum of money, and Decimal reckons with 28 digits only
        return counted(text) + unit
    amount = Decimal(text.replace(",", ""))
    if amount * 100 % 1 or unit != "元" or amount >= 10**12:
        return counted(text) + unit
    yuan, cents = divmod(int(amount * 100), 100)
    jiao, fen = divmod(cents, 10)
    said = f"{counted(str(yuan))}元" if yuan or not cents else ""
    if jiao:
        said += f"{DIGITS[jiao]}角"
    elif fen and yuan:
        said += "零"
    return said + (f"{DIGITS[fen]}分" if fen else "")
