"""Renders the kiosk's sentences ahead with Kokoro: at install, at night, or on another machine.

    linli voice render [--voice NAME] [--into FOLDER]

What is there is not rendered again, so it may be stopped and go on at any time.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from drivers.voice import Unspeakable
from drivers.voice.kokoro import MODEL, KokoroMissing, KokoroVoice
from drivers.voice.rendered import file_name, keep
from drivers.voice.text import PIECE, clauses

SPEED = 0.8
"""Of Kokoro, for four syllables a second."""
_SENTENCES = re.compile(r"(?<=[。！？!?；;\n])")
_HAN = re.compile("[\u4e00-\u9fff]")
_SHORTEST = 4
"""Characters of a clause that is rendered alone: Kokoro says single short words badly."""


def sentences(texts: Iterable[str]) -> Iterator[str]:
    """What is worth rendering of *texts*, each once: their sentences, and of those with a
    placeholder ``{name}`` the clauses without one."""
    seen: set[str] = set()
    parts = (part for text in texts for part in re.split(r"[\[\]]", text))
    for sentence in (one for part in parts for one in _SENTENCES.split(part)):
        whole = "{" not in sentence and len(sentence) <= 2 * PIECE
        for clause in [sentence] if whole else clauses(sentence):
            clause = clause.strip()
            long_enough = whole or len(_HAN.findall(clause)) >= _SHORTEST
            if "{" not in clause and long_enough and _HAN.search(clause) and clause not in seen:
                seen.add(clause)
                yield clause


def render(
    texts: Iterable[str],
    models: Path,
    into: Path,
    voice: str = "zm_yunjian",
    limit: int | None = None,
) -> int:
    """Render what *into* lacks of *texts*, saying how far it is; the exit status.

    Args:
        limit: so many sentences at most this time.
    """
    wanted = list(sentences(texts))
    into.mkdir(parents=True, exist_ok=True)
    missing = [text for text in wanted if not (into / file_name(text)).is_file()]
    print(f"{len(wanted)} sentences, {len(missing)} to be rendered into {into}", flush=True)
    if not missing:
        return 0
    try:
        kokoro = KokoroVoice(models / MODEL, voice, SPEED)
    except KokoroMissing as error:
        print(f"not rendered: {error}")
        return 1
    with contextlib.suppress(OSError):
        os.nice(10)  # the kiosk speaks meanwhile
    began, failed = time.monotonic(), 0
    for number, text in enumerate(missing[:limit], 1):
        try:
            keep(into, text, kokoro.render(text, "zh-CN"))
        except Unspeakable as error:
            failed += 1
            print(f"left out: {error}", flush=True)
        except OSError as error:
            print(f"stopped: {into}: {error}; what was rendered stays")
            return 1
        if number % 20 == 0 or number == len(missing):
            left = (time.monotonic() - began) / number * (len(missing) - number)
            print(f"{number} of {len(missing)}, {left / 60:.0f} minutes left", flush=True)
    return 0
