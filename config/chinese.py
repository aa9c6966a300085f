"""The technician's language: English sentences as the code has them, or the same in Chinese.

Sentences are made where the knowledge is, in English; here is what each looks like in Chinese.
A sentence that is not in ``chinese.toml`` is shown in English.
"""

from __future__ import annotations

import functools
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from config.explain import Problem

LANGUAGES = ("zh", "en")
_FILE = Path(__file__).with_name("chinese.toml")
_HOLE = re.compile(r"\{(\d*)\}")
_DEEPEST = 4


def language(wanted: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """``zh`` or ``en``: what is *wanted*, or else what the locale says."""
    if wanted:
        return wanted
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, names), "")
    return "zh" if locale.startswith("zh") else "en"


def said(text: str, language: str) -> str:
    """*text* in that language; unchanged where its Chinese is not known."""
    return text if language == "en" else chinese(text) or text


def chinese(text: str, depth: int = 0) -> str | None:
    """The sentence in Chinese; None where it is not known. What fills its holes is put into
    Chinese as far as it is known."""
    for pattern, template in _templates():
        match = pattern.fullmatch(text)
        if match is None:
            continue
        holes = [
            (chinese(hole, depth + 1) if depth < _DEEPEST else None) or hole
            for hole in match.groups()
        ]
        order = iter(holes)
        return _HOLE.sub(lambda m: holes[int(m[1]) - 1] if m[1] else next(order), template)  # noqa: B023
    return None


def problem_said(problem: Problem, language: str) -> str:
    """A problem on one line, as `str` gives it, in that language."""
    if language == "en":
        return str(problem)
    where = problem.file if problem.line is None else f"{problem.file}:{problem.line}"
    text = chinese(problem.text) or problem.text
    if problem.value:
        text += f"，现在是 {problem.value}"
    remedy = problem.remedy and problem.remedy.removesuffix(".")
    remedy = chinese(problem.remedy) or chinese(f"{remedy}.") or problem.remedy
    column = problem.place.startswith("column ")
    place = said(problem.place, language) if column else problem.place
    parts = filter(None, (where, place, f"{text}。{remedy}"))
    return "：".join(parts)


def meaning(place: str, english: str, language: str) -> str:
    """What the setting at *place* (``drivers.key_up.pin``) means."""
    if language == "en":
        return english
    parts = place.split(".")
    for known in (place, ".".join([parts[0], "*", *parts[2:3]])):
        if known in _table("meaning"):
            return _table("meaning")[known]
    return english


@functools.cache
def _table(name: str) -> dict[str, str]:
    table: dict[str, str] = tomllib.loads(_FILE.read_text(encoding="utf-8"))[name]
    return table


@functools.cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    """Those with the most words of their own first: they say the most."""
    sentences = sorted(_table("sentence").items(), key=lambda item: -len(_HOLE.sub("", item[0])))
    return [
        (re.compile("(.+?)".join(map(re.escape, re.split(r"\{\d*\}", english))), re.DOTALL), zh)
        for english, zh in sentences
    ]
