"""How well our Japanese is understood, by a judge that is no part of the kiosk: Whisper-base.

    python -m tests.bench.judge_japanese [TEXT…]

Every phrase of the ja catalogue is rendered as the kiosk says it and transcribed; transcript and
text are compared as kana, because how a word is written is the judge's and not our affair.
"""

from __future__ import annotations

import argparse
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from agent.contract.languages import JAPANESE
from drivers.voice.cache import PhraseCache
from drivers.voice.japanese import kana
from drivers.voice.repertoire import Repertoire, open_voices
from drivers.voice.sound import joined
from drivers.voice.tongues import tongues
from tests.bench.judge_speech import Judge
from tests.bench.judge_speech import _distance as distance

CATALOGUE = Path(__file__).parents[2] / "kiosk_ui/phrases/ja"
_ONLY_JAPANESE = {
    "place": "病院の正門",
    "destination": "虹橋空港",
    "plate": "沪A·D1234",
    "colour": "白",
    "model": "カローラ",
    "driver": "田中さん",
    "spot": "正門の右",
    "helper": "山田先生",
    "phones": "救急車，120；警備員，6234 5678",
    "clock": "10:25",
    "choices": "はい、またはいいえ",
    "code": "483920",
    "reason": "今日は三回呼びました",
    "wider": "ほかの車も探しています",
}
"""What the phrases mention: names in Japanese, for the Mandarin ones are another voice's."""


def catalogue() -> list[str]:
    """Every phrase that is shown or said, with its values filled in, each once."""

    def strings(node: Any, key: str = "") -> Iterator[str]:
        if isinstance(node, dict):
            for name, value in node.items():
                if name != "hear":
                    yield from strings(value, name)
        elif isinstance(node, str):
            yield node

    values = defaultdict(lambda: "3", _ONLY_JAPANESE)
    found = [
        re.sub(r"[\[\]]", "", text).format_map(values)
        for file in sorted(CATALOGUE.glob("*.toml"))
        for text in strings(tomllib.loads(file.read_text("utf-8")))
    ]
    return [text for text in dict.fromkeys(found) if len(text) > 1]


def sounds(text: str) -> list[str]:
    """How *text* is read, sound by sound."""
    return re.findall(r"[ァ-ヺー]", kana(text))


def judged(texts: Iterable[str], judge: Judge) -> tuple[int, int, float]:
    """Wrong kana, all kana, seconds; what is misheard is printed on the way."""
    folder = Path("/tmp/linli-judge-japanese")
    voices = Repertoire(open_voices(""), PhraseCache(folder, 1 << 20), 1.0)
    wrong, count, seconds = 0, 0, 0.0
    for text in texts:
        sound = joined(list(voices.sounds(text, JAPANESE)))
        heard = judge.hear(sound, "ja")
        wanted = sounds("".join(part for part, _ in tongues(text, JAPANESE)))
        errors = distance(wanted, [{one} for one in sounds(heard)])
        wrong, count, seconds = wrong + errors, count + len(wanted), seconds + sound.seconds
        if errors:
            print(f"{errors:3d}/{len(wanted):<3d} {text}  →  {heard}", flush=True)
    return wrong, count, seconds


def main() -> None:
    """Judge the catalogue, or the phrases that are given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", nargs="*", help="phrases to judge instead of the catalogue")
    texts = parser.parse_args().text or catalogue()
    wrong, count, seconds = judged(texts, Judge())
    print(
        f"{len(texts)} phrases, {count} kana: error {wrong / count:.3f}, "
        f"{count / seconds:.1f} kana a second"
    )


if __name__ == "__main__":
    main()
