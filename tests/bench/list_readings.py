"""Every reading that pypinyin alone and our tables decide differently, for a person to review.

    python -m tests.bench.list_readings

goes through the texts that come with the kiosk, our own words, and the surnames before a title,
and writes `tests/drivers/voice/readings/differ.tsv`: the words, pypinyin's reading, ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pypinyin import Style, lazy_pinyin

from agent.technician.sentences import packaged
from drivers.voice.lexicon import WORDS
from drivers.voice.mandarin import read
from drivers.voice.names import SURNAMES
from drivers.voice.wording import worded

KEPT = Path(__file__).parents[1] / "drivers/voice/readings/differ.tsv"
_AROUND = 6
"""Characters shown on both sides."""


def texts() -> Iterator[str]:
    """What is read, in runs of Chinese characters."""
    yield from WORDS
    yield from (f"{name}师傅" for name in SURNAMES)
    for text in packaged():
        yield from re.findall("[\u4e00-\u9fff]+", worded(text))


def toneless(bopomofo: str) -> str:
    return bopomofo.strip("ˊˇˋ˙")


def main() -> None:
    """Write the list."""
    # Before anything of ours is read: our words are put into pypinyin's own dictionary.
    found = list(dict.fromkeys(texts()))
    alone = [lazy_pinyin(text, style=Style.BOPOMOFO) for text in found]
    lines: dict[str, None] = {}
    for text, theirs in zip(found, alone, strict=True):
        ours = read(text)[1]
        if len(theirs) != len(ours):
            continue
        for at, (one, other) in enumerate(zip(theirs, ours, strict=True)):
            if toneless(one) != toneless(other):
                start = max(0, at - _AROUND)
                shown = f"{text[start:at]}[{text[at]}]{text[at + 1 : at + 1 + _AROUND]}"
                lines[f"{shown}\t{one}\t{other}"] = None
    KEPT.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    print(f"{len(lines)} readings differ: {KEPT}")


if __name__ == "__main__":
    main()
