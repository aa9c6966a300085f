"""Characters with several readings: where no word decides, their neighbours do."""

from __future__ import annotations

import functools
import importlib.resources
import re
from collections.abc import Iterator


def decided(text: str) -> Iterator[tuple[int, str]]:
    """Index of a character in a run of Chinese → its reading, tone number at the end."""
    for pattern, reading in _rules():
        for match in pattern.finditer(text):
            yield match.start(match.lastindex or 0), reading


@functools.cache
def _rules() -> tuple[tuple[re.Pattern[str], str], ...]:
    """What ``readings.txt`` has."""
    listed = importlib.resources.files("drivers.voice").joinpath("readings.txt")
    names: dict[str, str] = {}
    rules = []
    for line in listed.read_text(encoding="utf-8").splitlines():
        if named := re.match(r"([A-Z]+) = (.*)", line):
            names[named[1]] = named[2]
        elif "\t" in line and not line.startswith("#"):
            pattern, _, reading = line.partition("\t")
            rules.append((re.compile(_filled(pattern, names)), reading))
    return tuple(rules)


def _filled(pattern: str, names: dict[str, str]) -> str:
    return re.sub(r"\{([A-Z]+)\}", lambda match: names[match[1]], pattern)
