"""What technicians read is there in Chinese too."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from config.chinese import chinese, language, meaning, said

MISTAKES = Path(__file__).parents[1] / "agent" / "mistakes.toml"
SENTENCES = tomllib.loads(
    (Path(__file__).parents[2] / "config" / "chinese.toml").read_text(encoding="utf-8")
)["sentence"]


@pytest.mark.parametrize(
    ("environment", "wanted", "right"),
    [
        ({"LANG": "zh_CN.UTF-8"}, None, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, None, "en"),
        ({"LANG": "en_GB.UTF-8"}, None, "en"),
        ({}, None, "en"),
        ({"LANG": "C"}, "zh", "zh"),
        ({"LANG": "zh_CN.UTF-8"}, "en", "en"),
    ],
)
def test_the_locale_decides_and_lang_wins(
    environment: dict[str, str], wanted: str | None, right: str
) -> None:
    """As every program does it."""
    assert language(wanted, environment) == right


def test_each_translation_fills_the_holes_of_its_sentence() -> None:
    """As many holes on the right as on the left, by order or all by number."""
    for english, translated in SENTENCES.items():
        holes = re.findall(r"\{(\d*)\}", translated)
        assert len(holes) == english.count("{}"), english
        assert all(holes) or not any(holes), english


def test_holes_are_filled_and_translated() -> None:
    """What stands in a hole is put into Chinese as far as it is known."""
    assert chinese("must be a whole number from 0 to 27") == "应当是0 到 27 的整数"
    assert chinese("81.7 GB free at /var") == "/var 剩余 81.7 GB"
    assert chinese("nobody ever said this") is None
    assert said("nobody ever said this", "zh") == "nobody ever said this"


def test_every_mistake_is_said_in_chinese() -> None:
    """Of each sentence about a mistake both halves are known: what is wrong, and what to do."""
    unknown = set()
    for mistake in tomllib.loads(MISTAKES.read_text(encoding="utf-8"))["mistake"]:
        for sentence in mistake["says"]:
            text = re.sub(r"^!?\w+\.toml(:[@+\w-]+)?: ([\w.\[\]-]+: |column \w+: )?", "", sentence)
            text = re.sub(
                r"; got (?:'[^']*'|\[[^\]]*|\(hidden\)|-?[\w.]+)…?\]?(?=\.( |$))", "", text
            )
            first, _, remedy = re.sub(r"\.(?= [A-Z])", "\0", text, count=1).partition("\0 ")
            for part in (first.removesuffix("."), remedy):
                if part and chinese(part) is None and chinese(part.removesuffix(".")) is None:
                    unknown.add(part)
    assert unknown == set()


def test_settings_have_a_chinese_meaning() -> None:
    """By their whole place, or for any bin and any device."""
    assert meaning("kiosk.id", "x", "zh") == "终端编号，全网唯一"
    assert meaning("drivers.key_up.pin", "x", "zh").startswith("引脚")
    assert meaning("drivers.key_up.pin", "English", "en") == "English"
