"""Readings and the tones that change in context."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.voice.mandarin import phrases


def tones(text: str) -> str:
    return "".join(
        str(syllable.tone) for phrase in phrases(text) for word in phrase.words for syllable in word
    )


def bases(text: str) -> list[str]:
    return [s.base for phrase in phrases(text) for word in phrase.words for s in word]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("不用", "24"),
        ("不好", "43"),
        ("要不要", "454"),
        ("一辆车", "241"),
        ("一起", "43"),
        ("第一", "41"),
        ("十一点", "213"),
        ("一号", "14"),
        ("统一", "31"),
        ("你好", "23"),
        ("请管理员", "3232"),
        ("看一看", "454"),
        ("您还好吗", "2235"),
        ("沪A·D1111", "4141111"),
    ],
)
def test_tones_change_as_in_speech(text: str, expected: str) -> None:
    """Of 不, 一 and third tones; never between spelled characters."""
    assert tones(text) == expected


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("长宁区", "ㄔㄤ"),
        ("长风公园", "ㄔㄤ"),
        ("单师傅", "ㄕㄢ"),
        ("单位", "ㄉㄢ"),
        ("曾女士", "ㄗㄥ"),
        ("行人", "ㄒㄧㄥ"),
        ("音乐", "ㄧㄣ"),
        ("重选", "ㄔㄨㄥ"),
        ("重要", "ㄓㄨㄥ"),
        ("还没有", "ㄏㄞ"),
    ],
)
def test_characters_with_several_readings(text: str, first: str) -> None:
    """The word decides, and our own words before pypinyin's."""
    assert bases(text)[0] == first


def test_punctuation_is_a_pause_and_the_end_is_none() -> None:
    """A full stop is longer than a comma; a comma longer than an enumeration mark."""
    comma, stop, mark, end = (phrase.pause for phrase in phrases("车到了，请上车。左、右"))
    assert stop > comma > mark > end == 0.0


@given(st.text(st.sampled_from("一不三五上好吗的車㐂㐃䷀䶭〇，。1A ") | st.characters()))
def test_any_text_can_be_read(text: str) -> None:
    """Characters that no dictionary knows are left out; every syllable has a base and a tone."""
    for phrase in phrases(text):
        assert phrase.words and all(phrase.words)
        for syllable in (one for word in phrase.words for one in word):
            assert "ㄅ" <= syllable.base[0] <= "ㄩ"
            assert 1 <= syllable.tone <= 5


@pytest.mark.parametrize("text", ["", "。。。", "…", "🙂"])
def test_nothing_to_say(text: str) -> None:
    """Signs alone are no speech, and no error."""
    assert phrases(text) == []
