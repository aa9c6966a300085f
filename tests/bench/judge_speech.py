"""How well our Mandarin is understood, by a judge that is no part of the kiosk: Whisper-base.

    python -m tests.bench.judge_speech [--voice syllables|espeak] [TEXT…]
    python -m tests.bench.judge_speech --rendered FOLDER [--limit ERROR]

Every phrase of the zh-CN catalogue is rendered and transcribed; the transcript is compared as
pinyin without tones, because homophones are the judge's spelling and not our pronunciation.
The result for the kiosk's own voice is kept in judge_speech.md beside this file.

With --rendered the sentences that `linli voice render` put into FOLDER are judged, and those whose
error is above the limit are listed in its refused.txt: the kiosk says them by syllables.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import io
import itertools
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pypinyin import Style, lazy_pinyin, pinyin

from agent.technician.sentences import packaged
from drivers.voice import Voice
from drivers.voice.render import sentences
from drivers.voice.rendered import REFUSED, RenderedPhrases, file_name
from drivers.voice.sound import Sound, silence, to_wav
from drivers.voice.wording import LETTERS, cardinal, worded
from tests.drivers.hearing.conftest import WHISPER, models_folder

VERSIONS = ("faster-whisper", "pypinyin", "soundfile")
KEPT = Path(__file__).with_suffix(".md")
CATALOGUE = Path(__file__).parents[2] / "kiosk_ui/phrases/zh-CN"
VALUES = {
    "place": "番禺路三八一弄大门口",
    "destination": "长宁区中心医院",
    "plate": "沪A·D1234",
    "colour": "绿色",
    "model": "荣威",
    "driver": "王师傅",
    "minutes": "5",
    "spot": "大门右边",
    "by": "司机取消了",
    "reason": "今天已经叫了三次",
    "helper": "李医生",
    "elapsed": "3",
    "name": "湿垃圾桶",
    "label": "同仁医院",
    "n": "3",
    "count": "8",
}
"""What the phrases of the catalogue mention, as it would be in a real sentence."""
OTHERS = (
    "没有网络，请打电话叫车：62580000。",
    "请打电话13812345678。",
    "车费大约25.5元。",
    "现在时间8:05，车14:30到。",
    "车牌沪B·K5678，请核对。",
    "车牌沪F·X9021，请核对。",
    "请到3号楼1203室。",
    "有生命危险，请打120。",
    "下一班71路，还有12分钟。",
    "今天最高31℃，下雨的可能是20%。",
)
"""Figures, which the catalogue has none of."""


def catalogue(folder: Path = CATALOGUE) -> list[str]:
    """Every Chinese phrase of the catalogue with its values filled in, each once."""

    def strings(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            for value in node.values():
                yield from strings(value)
        elif isinstance(node, str):
            yield node

    values = defaultdict(lambda: "三", VALUES)
    files = sorted(folder.glob("*.toml"))
    found = strings({path.name: tomllib.loads(path.read_text("utf-8")) for path in files})
    filled = (re.sub(r"[\[\]]", "", text).format_map(values) for text in found)
    return list(dict.fromkeys(text for text in filled if re.search(r"[\u4e00-\u9fff]", text)))


def error(text: str, heard: str) -> tuple[int, int]:
    """Wrong, missing and added syllables of *heard*, and the number of those in *text*."""
    letters = "".join(re.findall(r"[\u3007\u4e00-\u9fff]+", worded(text)))
    wanted = ["yi" if one == "yao" else one for one in lazy_pinyin(letters)]
    return min(_distance(wanted, _heard(reading)) for reading in _readings(heard)), len(wanted)


def _readings(heard: str) -> Iterator[str]:
    """The transcript with its figures in every way that they may have been said."""
    yield worded(heard)
    figures = re.findall(r"\d+", heard)[:5]
    for chosen in itertools.product(*({cardinal(int(one)), _each(one)} for one in figures)):
        yield _with_names(heard, iter(chosen))


def _with_names(heard: str, figures: Iterator[str]) -> str:
    def name(match: re.Match[str]) -> str:
        return LETTERS.get(match[0].upper()) or next(figures, match[0])

    letter = r"(?<![a-z])[A-Z](?![a-z])|(?<![A-Za-z])[a-z](?![A-Za-z])"
    return re.sub(rf"\d+|{letter}", name, heard)


def _each(figures: str) -> str:
    return "".join("零一二三四五六七八九"[int(digit)] for digit in figures)


def _heard(text: str) -> list[set[str]]:
    """The readings that each syllable of the transcript may have.

    In its traditional characters pypinyin does not know which of them is meant. Words in Latin
    letters are pinyin already. 幺 is how 1 is said in telephone numbers: either spelling counts.
    """
    syllables: list[set[str]] = []
    for word in re.findall(r"[\u3007\u4e00-\u9fff]+|[a-z]+", text, re.IGNORECASE):
        if word.isascii():
            syllables.append({word.lower()})
        else:
            syllables += map(set, pinyin(word, style=Style.NORMAL, heteronym=True))
    return [readings | {"yi"} if "yao" in readings else readings for readings in syllables]


def _distance(wanted: list[str], heard: list[set[str]]) -> int:
    """Levenshtein."""
    row = list(range(len(heard) + 1))
    for index, one in enumerate(wanted, 1):
        previous, row[0] = row[0], index
        for at, other in enumerate(heard, 1):
            differs = one not in other
            previous, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, previous + differs)
    return row[-1]


class Judge:
    """Whisper-base on the CPU."""

    def __init__(self) -> None:
        from faster_whisper import WhisperModel

        folder = models_folder() / WHISPER
        if not folder.is_dir():
            raise SystemExit(f"{folder} is not there; run: linli models fetch {WHISPER}")
        self._model = WhisperModel(str(folder), device="cpu", compute_type="int8")

    def hear(self, sound: Sound, language: str = "zh") -> str:
        """What the judge understands."""
        around = silence(0.25, sound.hz)
        padded = Sound(np.concatenate((around, sound.samples, around)), sound.hz)
        segments, _ = self._model.transcribe(
            io.BytesIO(to_wav(padded, "")),
            language=language,
            beam_size=5,
            temperature=0,
            condition_on_previous_text=False,
        )
        return "".join(segment.text for segment in segments)


class Verdict(NamedTuple):
    """What the judge made of one phrase."""

    text: str
    heard: str
    wrong: int
    syllables: int
    seconds: float


def judged(voice: Voice, judge: Judge, texts: Iterable[str]) -> list[Verdict]:
    """Every text, spoken and heard; what is misheard is printed on the way."""
    verdicts = []
    for text in texts:
        sound = voice.render(text, "zh-CN")
        heard = judge.hear(sound)
        verdict = Verdict(text, heard, *error(text, heard), sound.seconds)
        verdicts.append(verdict)
        if verdict.wrong:
            print(f"{verdict.wrong:3d}/{verdict.syllables:<3d} {text}  →  {heard}", flush=True)
    return verdicts


def main() -> None:
    """Judge the catalogue, or the phrases that are given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voice", choices=("syllables", "espeak"), default="syllables")
    parser.add_argument("text", nargs="*", help="phrases to judge instead of the catalogue")
    parser.add_argument("--rendered", type=Path, help="folder of rendered sentences to judge")
    parser.add_argument("--limit", type=float, default=0.15, help="greatest error of one sentence")
    options = parser.parse_args()
    if options.rendered:
        judge_rendered(options.rendered, options.limit)
        return
    judge, voice = Judge(), _voice(options.voice)
    if options.text:
        judged(voice, judge, options.text)
        return
    sets = {"catalogue": catalogue(), "figures": OTHERS}
    report = _report(voice.name, {name: judged(voice, judge, sets[name]) for name in sets})
    print(report)
    if options.voice == "syllables":
        KEPT.write_text(report, encoding="utf-8")


def judge_rendered(folder: Path, limit: float) -> None:
    """Judge every sentence of *folder*; list those that are not understood in `REFUSED`."""
    (folder / REFUSED).unlink(missing_ok=True)
    texts = [text for text in sentences(packaged()) if (folder / file_name(text)).is_file()]
    verdicts = judged(RenderedPhrases(folder), Judge(), texts)
    refused = [v.text for v in verdicts if v.wrong > limit * v.syllables]
    (folder / REFUSED).write_text("".join(f"{text}\n" for text in refused), encoding="utf-8")
    wrong, syllables = sum(v.wrong for v in verdicts), sum(v.syllables for v in verdicts)
    kept = [v for v in verdicts if v.text not in refused]
    left = sum(v.wrong for v in kept) / max(1, sum(v.syllables for v in kept))
    print(
        f"{len(texts)} sentences, {syllables} syllables: toneless-pinyin error "
        f"{wrong / syllables:.3f}, {syllables / sum(v.seconds for v in verdicts):.2f} a second; "
        f"{len(refused)} refused, {left:.3f} without them"
    )


def _voice(name: str) -> Voice:
    from drivers.voice.espeak import EspeakVoice
    from drivers.voice.syllables import SyllableVoice

    espeak = EspeakVoice()
    return espeak if name == "espeak" else SyllableVoice(espeak)


def _report(voice: str, results: dict[str, list[Verdict]]) -> str:
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in VERSIONS)
    lines = [
        "# Is our Mandarin understood?",
        "",
        f"Voice `{voice}` at its own pace, judged by Whisper-base (int8, CPU) on "
        f"{datetime.date.today()}; {versions}.",
        "",
        "| phrases | number | syllables | toneless-pinyin error | syllables a second |",
        "|---|---|---|---|---|",
    ]
    for name, verdicts in results.items():
        wrong, syllables = sum(v.wrong for v in verdicts), sum(v.syllables for v in verdicts)
        pace = syllables / sum(v.seconds for v in verdicts)
        lines.append(
            f"| {name} | {len(verdicts)} | {syllables} | {wrong / syllables:.3f} | {pace:.2f} |"
        )
    lines += ["", "| wrong | of | phrase | heard |", "|---|---|---|---|"]
    lines += [
        f"| {v.wrong} | {v.syllables} | {' '.join(v.text.split())} | {v.heard} |"
        for verdicts in results.values()
        for v in verdicts
        if v.wrong
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
