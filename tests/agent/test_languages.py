"""What language a piece of text is in."""

from __future__ import annotations

import pytest

from agent.contract.languages import is_chinese, only_chinese
from kiosk_ui.phrases import Catalogue

WORDS = Catalogue()


@pytest.mark.parametrize(
    ("text", "language", "chinese"),
    [
        ("新泾三村", "ja", True),
        ("王师傅", "ja", True),
        ("请到一楼办理。", "ja", True),
        ("運転手：王师傅", "ja", False),
        ("病院", "ja", False),
        ("荣威Ei5", "en", True),
        ("北新泾地铁站2号口", "en", True),
        ("Driver: 王师傅", "en", False),
        ("Taxi is here", "en", False),
        ("日本語、タクシー", "en", False),
        ("新泾三村", "zh-CN", False),
    ],
)
def test_what_stands_in_another_language_is_told_by_its_characters(
    text: str, language: str, chinese: bool
) -> None:
    """Chinese is what Japanese could not write, and in English any Chinese words."""
    assert is_chinese(text, language) is chinese


def test_no_japanese_phrase_has_chinese_characters() -> None:
    """The Japanese words are written with the characters of Japanese, and are words of it."""
    for name, phrase in WORDS.phrases("ja").items():
        if "敬老卡" not in phrase:  # the example of the search by pinyin
            assert not only_chinese(phrase), name
