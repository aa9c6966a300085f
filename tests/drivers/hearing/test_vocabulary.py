"""Phrases as a model's words and back; no recogniser takes part."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.hearing.vocabulary import UNKNOWN, Expected, Vocabulary

KNOWN = {
    "同仁", "同", "仁", "医院", "叫车", "去", "到", "我要", "我", "要", "不", "不要", "是", "对",
    "救命", "二号", "航站楼", "soho", "嗯", "啊", "了", "停车", "停车场", "场门口", UNKNOWN,
}  # fmt: skip


def vocabulary(*without: str) -> Vocabulary:
    return Vocabulary((KNOWN - set(without)).__contains__)


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("叫车", ["叫车"]),
        ("我要去同仁医院", ["我要", "去", "同仁", "医院"]),
        ("停车场", ["停车场"]),
        ("停车场门口", ["停车", "场门口"]),
        ("去SOHO", ["去", "soho"]),
        ("二号 航站楼", ["二号", "航站楼"]),
    ],
)
def test_a_phrase_becomes_known_words(phrase: str, words: list[str]) -> None:
    """The longest words first, unless they leave a rest that is none."""
    assert vocabulary().split(phrase) == tuple(words)


def test_an_impossible_phrase_is_refused_once(caplog: pytest.LogCaptureFixture) -> None:
    """The log names the phrase and the part; asking again adds nothing."""
    words = vocabulary()
    assert words.split("去凌空") == words.split("去凌空") == ()
    assert words.split("去SO") == ()
    assert caplog.text.count("phrase=去凌空 part=去凌空") == 1
    assert caplog.text.count("part=SO") == 1


def test_the_grammar_has_what_the_model_knows() -> None:
    """Impossible phrases are left out; fillers and the unknown word are there if known."""
    expected = Expected(["叫车", "凌空", "去同仁医院"], vocabulary())
    assert expected.grammar == ["叫车", "去 同仁 医院", "嗯", "啊", "了", UNKNOWN]
    assert UNKNOWN not in Expected(["叫车"], vocabulary(UNKNOWN)).grammar


@pytest.mark.parametrize("phrases", [[], ["凌空"], [""]])
def test_a_grammar_of_nothing_is_empty(phrases: list[str]) -> None:
    """Not even fillers: the native recogniser must not be given it."""
    assert Expected(phrases, vocabulary()).grammar == []


@pytest.mark.parametrize(
    ("words", "phrase"),
    [
        (["我要", "去", "同仁", "医院"], "我要去同仁医院"),
        (["同仁", "医院"], "同仁医院"),
        (["嗯", "同仁", "医院"], "同仁医院"),
        (["对", "啊"], "对"),
        (["救命", "救命", "救命"], "救命"),
        (["救命", "啊", "救命", "啊"], "救命"),
        (["对", "对"], "对"),
        (["不要", "了"], "不要了"),
        (["要", "了"], "要"),
        ([], ""),
        ([UNKNOWN], ""),
        (["嗯"], ""),
        (["嗯", "对"], ""),
        (["去"], ""),
        (["医院", "同仁"], ""),
        (["去", "同仁", "医院", UNKNOWN], ""),
        (["不", "同仁", "医院"], ""),
        (["同仁", "医院", "叫车"], ""),
    ],
)
def test_words_are_a_phrase_or_nothing(words: list[str], phrase: str) -> None:
    """Recombined words, unknown ones, and short answers after a mumble are asked again."""
    phrases = ["我要去同仁医院", "同仁医院", "叫车", "对", "要", "不要", "不要了", "救命", "凌空"]
    assert Expected(phrases, vocabulary()).phrase(words, 0.3 * len("".join(words))) == phrase


@pytest.mark.parametrize(("voiced_s", "understood"), [(0.02, False), (0.3, True), (3.0, False)])
def test_three_seconds_of_voice_are_no_yes(voiced_s: float, understood: bool) -> None:
    """A television bent into a short word, or a click, is not an answer."""
    assert bool(Expected(["对"], vocabulary()).phrase(["对"], voiced_s)) is understood


characters = st.sampled_from("同仁医院叫车去到我要不是对救命凌空")


@given(st.lists(st.text(characters, min_size=1, max_size=8), min_size=1, max_size=8))
def test_every_phrase_that_is_said_as_expected_is_heard(phrases: list[str]) -> None:
    """What was split is put together again as the same phrase."""
    words = vocabulary()
    expected = Expected(phrases, words)
    for phrase in phrases:
        if pieces := words.split(phrase):
            assert "".join(pieces) == phrase
            assert expected.phrase(pieces, 0.3 * len(phrase)) == phrase
