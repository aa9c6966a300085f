"""Licence plates of every form of GA 36, character by character.

Source of the forms: GA 36-2018, "Motor vehicle licence plates of the People's Republic of
China": small and large new-energy plates, police, embassy, consulate, training, trailer, Hong
Kong and Macao, temporary ones; besides them the plates of the armed police and of tractors.
"""

from __future__ import annotations

import re

from drivers.voice.wording.numbers import BREATHLESS, GROUP, HAN, spelled
from drivers.voice.wording.rules import rule

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_SUFFIXES = "应急|[挂学警港澳领使临试超]"
_SOUND = {"藏": "葬", "蒙": "猛"}
"""As provinces these are read otherwise than alone: the same sound in another character."""
_DOT = r"[\s·.\-]*"
_REST = (
    r"[A-Z0-9*]{5,6}(?![A-Z0-9])|[A-Z0-9][\s·.\-][A-Z0-9*]{4,5}(?![A-Z0-9])"
    r"|[A-Z0-9]{2,3}[\s·.\-][A-Z0-9]{2,3}(?![A-Z0-9])|[A-Z0-9]{4}(?![A-Z0-9])"
)


def _joined(*parts: str | None) -> str:
    """Province and city in one breath, then the number."""
    return BREATHLESS.join(part for part in parts if part)


def _bare(text: str | None) -> str:
    return re.sub(r"[\s·.\-]", "", text or "")


def _province(text: str | None) -> str:
    return "".join(_SOUND.get(one, one) for one in text or "")


def _plate(match: re.Match[str]) -> str:
    head = _joined(_province(match[1]) + (match[2] or ""), spelled(match[3]))
    return _joined(head + GROUP + spelled(_bare(match[4])), match[5])


def _embassy(match: re.Match[str]) -> str:
    return _joined(match[1], spelled(match[2]) + GROUP + spelled(match[3]), match[4])


def _armed_police(match: re.Match[str]) -> str:
    place = (
        _province(match[2]) if match[2] and not match[2].isdecimal() else spelled(match[2] or "")
    )
    return _joined(spelled(match[1]), place) + GROUP + spelled(_bare(match[3]))


def _tractor(match: re.Match[str]) -> str:
    return _joined(_province(match[1]), spelled(match[2])) + GROUP + spelled(match[3])


RULES = (
    rule(rf"([{PROVINCES}])(牌)?{_DOT}([A-Z]){_DOT}({_REST})\s*({_SUFFIXES})?", _plate),
    rule(rf"(WJ){_DOT}([{PROVINCES}]|\d\d)?{_DOT}(\d{{4,5}}[A-Z]?|[A-Z]\d{{4}})(?![A-Z0-9])",
         _armed_police),
    rule(rf"(使){_DOT}(\d{{3}}){_DOT}(\d{{3}})()(?![\d{HAN}])", _embassy),
    rule(rf"([{PROVINCES}]?){_DOT}(\d{{3}}){_DOT}(\d{{3}})([使领])(?![{HAN}])", _embassy),
    rule(rf"([{PROVINCES}])(\d\d){_DOT}(\d{{5}})(?!\d)", _tractor),
)  # fmt: skip
