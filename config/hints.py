"""What a technician most likely meant: remedies for values and lines that are nearly right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from config.addresses import shown_value, without_secrets
from config.header import gpio_at
from config.lines import Place

Fits = Callable[[Any], bool]
"""Whether a value would be right."""

_INVISIBLE = re.compile("[\u00a0\u00ad\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]")
_NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*([^\d\s.,]*)")
_PIN = re.compile(r"(?:GPIO|BCM|PIN)[\s_-]*(\d+)", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"([+-]?\d+),(\d+)")
_COMMA_WITHIN = re.compile(r"(\w+)\s*=\s*([+-]?\d+),(\d+)\s*[,}]")
"""The same in a table on one line."""
_TRUE = frozenset({"true", "yes", "on", "是", "开", "真"})
_FALSE = frozenset({"false", "no", "off", "否", "关", "假"})

_CHINESE_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")

_UNITS: dict[str, dict[str, float]] = {
    "mm": {"mm": 1, "毫米": 1, "cm": 10, "厘米": 10, "公分": 10, "m": 1000, "米": 1000},
    "m": {"m": 1, "米": 1, "cm": 0.01, "厘米": 0.01, "公分": 0.01, "mm": 0.001, "毫米": 0.001},
    "s": {"s": 1, "秒": 1, "ms": 0.001, "毫秒": 0.001, "min": 60, "分": 60, "分钟": 60, "h": 3600},
    "mb": {"mb": 1, "gb": 1024, "kb": 1 / 1024},
}
"""Unit that ends a key's name → other writings and units, and what one of them is in it."""
_MISTAKEN = {
    "mm": ("cm", "m"),
    "m": ("cm", "mm"),
    "s": ("ms", "min"),
}
"""Units in which a bare number may have been thought, the likeliest first."""


def hint(place: Place, raw: object, fits: Fits) -> str:
    """What to write instead of *raw* at *place*; empty where it cannot be guessed."""
    if isinstance(raw, str):
        return shown_value(_for_text(place, raw, fits))
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return _for_number(place, raw, fits)
    return ""


def _for_text(place: Place, raw: str, fits: Fits) -> str:
    plain = visible(raw)
    if plain != raw and fits(plain):
        if _INVISIBLE.search(raw):
            return f"Type '{plain}' anew: there are spaces in it that only look like spaces."
        if plain == raw.strip():
            return f"Remove the blanks around it: '{plain}'."
        return f"Write '{plain}' in half-width letters and digits."
    number = plain.translate(_CHINESE_DIGITS)
    for text in (number, re.sub(r"[\s()]+", "-", number).strip("-"), re.sub(r"\s", "", number)):
        if text != raw and fits(text):
            return f"Write '{text}'."
    for value in _readings(place, plain):
        if fits(value):
            said = _shown(value)
            return "Remove the quotes." if said == raw else f"Write {said} without quotes."
    return ""


def _readings(place: Place, plain: str) -> Iterator[object]:
    if plain.casefold() in _TRUE | _FALSE:
        yield plain.casefold() in _TRUE
    if match := _PIN.fullmatch(plain):
        yield int(match[1])
    if match := _DECIMAL_COMMA.fullmatch(plain):
        yield int(match[1] + match[2])
        yield float(f"{match[1]}.{match[2]}")
    if match := _NUMBER.fullmatch(plain):
        factor = _UNITS.get(_unit(place), {}).get(match[2].casefold(), 1)
        yield _tidy(float(match[1]) * factor)


def _for_number(place: Place, raw: float, fits: Fits) -> str:
    key = place[-1] if place else ""
    if key in ("pin", "trigger", "echo") and isinstance(raw, int):
        pin = gpio_at(raw)
        if pin is not None:
            return f"Place {raw} of the header is GPIO{pin}: if you mean that, write {pin}."
        if 28 <= raw <= 40:
            return f"Place {raw} of the header is no GPIO; see which one is, at pinout.xyz."
    unit = _unit(place)
    if unit == "percent" and 0 < raw < 1 and fits(round(raw * 100)):
        return f"If that is a fraction, write {round(raw * 100)}."
    for other in _MISTAKEN.get(unit, ()):
        value = _tidy(raw * _UNITS[unit][other])
        if fits(value):
            return f"If that is in {other}, write {_shown(value)}: the key is in {unit}."
    if isinstance(raw, float) and raw.is_integer() and fits(int(raw)):
        return f"Write {int(raw)}."
    return ""


def _unit(place: Place) -> str:
    name = str(place[-1]) if place else ""
    return name.rpartition("_")[2] if "_" in name else ""


def _tidy(value: float) -> float | int:
    rounded = round(float(value), 6)
    return int(rounded) if rounded.is_integer() else rounded


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def visible(text: str) -> str:
    """The text with ordinary letters, digits and blanks in place of those that look alike."""
    return _INVISIBLE.sub(" ", unicodedata.normalize("NFKC", _INVISIBLE.sub(" ", text))).strip()


# -- lines that are not TOML -----------------------------------------------------------------

_ASSIGNED = re.compile(r"\s*([\w.\"'-]+)\s*[=＝]\s*(.*?)\s*(?:#.*)?$")
_CHINESE_QUOTES = "“”„‟「」『』＂"


def line_hint(source: str) -> tuple[str, str] | None:
    """What is wrong with a line that is not TOML, and what to write, without secrets; None: not
    known."""
    found = _of_line(source)
    return found and (found[0], without_secrets(found[1]))


def _of_line(source: str) -> tuple[str, str] | None:
    match = _ASSIGNED.match(source)
    if match is None:
        return _invisible(source)
    key, value = match[1], match[2]
    if value.startswith("{") and (within := _COMMA_WITHIN.search(value)):
        return "a number has no comma", f"Write {within[1]} = {within[2]}.{within[3]}."
    place: Place = tuple(key.split("."))
    if not value:
        return "this key has no value", f"Write {key} = …, or remove the line."
    quotes = [char for char in value if char in _CHINESE_QUOTES]
    if quotes and not (value.startswith('"') and value.endswith('"') and value.count('"') == 2):
        return f"{quotes[0]} is a Chinese quotation mark", 'Type " instead, before and after.'
    if value[0] in "\"'":
        return _invisible(source)
    plain = visible(value)
    if plain != value:
        said = "there are full-width characters in this value"
        if _INVISIBLE.search(value):
            said = "there is a space in this value that only looks like one"
        return said, f"Write {key} = {_as_toml(plain)}."
    if plain.casefold() in _TRUE | _FALSE:
        wanted = _shown(plain.casefold() in _TRUE)
        return "this is not a value", f"Write {key} = {wanted}, in small letters."
    if pin := _PIN.fullmatch(plain):
        return "a pin is a number", f"Write {key} = {pin[1]}."
    if comma := _DECIMAL_COMMA.fullmatch(plain):
        return (
            "a number has no comma",
            f"Write {key} = {comma[1]}.{comma[2]} or {key} = {comma[1]}{comma[2]}.",
        )
    if (number := _NUMBER.fullmatch(plain)) and number[2]:
        return _number_with_unit(key, place, number[1], number[2])
    if re.fullmatch(r"0\d+", plain):
        return (
            "a number does not begin with 0",
            f'Write {key} = {int(plain)}, or {key} = "{plain}".',
        )
    if re.fullmatch(r"[\w./:@-]+", plain) and not plain[0].isdigit():
        return "this text is not in quotes", f'Write {key} = "{plain}".'
    return _invisible(source)


def _number_with_unit(key: str, place: Place, digits: str, unit: str) -> tuple[str, str]:
    known = _UNITS.get(_unit(place), {})
    if unit.casefold() in known:
        value = _tidy(float(digits) * known[unit.casefold()])
        return (
            f"a number has no unit behind it; {key} is in {_unit(place)}",
            f"Write {key} = {value}.",
        )
    if unit == "%":
        return "a number has no % behind it", f"Write {key} = {digits}."
    return (
        "a number has no unit or letters behind it",
        f'Write {key} = {digits}, or "{digits}{unit}" in quotes for a text.',
    )


def _as_toml(plain: str) -> str:
    return plain if re.fullmatch(r"[+-]?[\d.]+|true|false|[\"'].*|\[.*", plain) else f'"{plain}"'


def _invisible(source: str) -> tuple[str, str] | None:
    outside = re.sub(r"\"[^\"]*\"|'[^']*'|#.*", "", source)
    if found := _INVISIBLE.search(outside):
        name = unicodedata.name(found[0], "an invisible character").lower()
        return (
            f"there is a {name} in this line, which only looks like a space",
            "Delete it and type an ordinary space.",
        )
    return None
