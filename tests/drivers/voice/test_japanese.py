"""Sentences in Japanese, with what is Chinese in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drivers.voice import Unspeakable, Voice
from drivers.voice.cache import PhraseCache
from drivers.voice.espeak import EspeakMissing, EspeakVoice
from drivers.voice.japanese import JapaneseMissing, JapaneseVoice, worded
from drivers.voice.repertoire import Repertoire
from drivers.voice.sound import Sound
from drivers.voice.tongues import tongues
from kiosk_ui.phrases import Catalogue


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("車が着きました。", "ja", [("車が着きました。", "ja")]),
        (
            "運転手は王师傅。お待ちください。",
            "ja",
            [("運転手は", "ja"), ("王师傅。", "zh-CN"), ("お待ちください。", "ja")],
        ),
        ("行き先は上海市同仁医院。", "ja", [("行き先は上海市同仁医院。", "ja")]),
        ("ナンバーは、沪A·D12345。", "ja", [("ナンバーは、フー、A、D、1、2、3、4、5。", "ja")]),
        ("请到一楼办理。", "ja", [("请到一楼办理。", "zh-CN")]),
        ("中文、6個のうち5番目", "ja", [("中文、", "zh-CN"), ("6個のうち5番目", "ja")]),
        ("日本語, 5 of 6", "en", [("日本語, ", "ja"), ("5 of 6", "en")]),
        (
            "The plate is 沪A·D1234. It waits at 2号口.",
            "en",
            [
                ("The plate is ", "en"),
                ("沪, ", "zh-CN"),
                ("A, D, 1, 2, 3, 4. It waits at ", "en"),
                ("2号口.", "zh-CN"),
            ],
        ),
        ("日本語，第5项", "zh-CN", [("日本語", "ja"), ("，第5项", "zh-CN")]),
        ("车牌沪A·D1234，请选English。", "zh-CN", [("车牌沪A·D1234，请选English。", "zh-CN")]),
    ],
)
def test_each_language_says_what_is_its_own(
    text: str, language: str, said: list[tuple[str, str]]
) -> None:
    """Names are never read by the rules of another language, and nothing is lost."""
    assert tongues(text, language) == said


@pytest.mark.parametrize("phrase", Catalogue().phrases("ja").values())
def test_no_phrase_of_ours_is_taken_for_chinese(phrase: str) -> None:
    """Whatever the sentence, the Japanese voice says all of it but the example of a search."""
    if "敬老卡" not in phrase and "中文" not in phrase:
        assert {tongue for _, tongue in tongues(phrase, "ja")} <= {"ja"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("救急車，120；消防，119", "救急車、イチ ニ ゼロ。消防、イチ イチ キュウ"),
        ("警備員，6234 5678", "警備員、ロク ニ サン ヨン 、 ゴ ロク ナナ ハチ"),
        ("すぐに120番へ", "すぐにイチ ニ ゼロ番へ"),
        ("2番の方", "2番の方"),
        ("120番目", "120番目"),
        ("10:25ごろ", "10時25分ごろ"),
        ("8:00から", "8時ちょうどから"),
        ("2026-09-01に確認", "2026年9月1日に確認"),
        ("照会番号は、483920。", "照会番号は、ヨン ハチ サン キュウ ニ ゼロ。"),
        ("12000元", "12000元"),
        ("あと4分", "あと4分"),
    ],
)  # fmt: skip
def test_numbers_that_are_dialled_are_said_digit_by_digit(text: str, said: str) -> None:
    """Telephone numbers and codes; minutes, prices and turns are numbers."""
    assert worded(text) == said


@pytest.fixture(scope="module")
def japanese() -> JapaneseVoice:
    try:
        return JapaneseVoice()
    except JapaneseMissing as error:
        pytest.skip(str(error))


def test_japanese_is_spoken(japanese: JapaneseVoice) -> None:
    """Kanji and kana alike, at some six sounds a second; signs alone are nothing to say."""
    sound = japanese.render("車が着きました。お乗りください。", "ja")
    assert 1.5 < sound.seconds < 4.0 and float(np.abs(sound.samples).max()) > 0.1
    with pytest.raises(Unspeakable, match="nothing to say"):
        japanese.render("。", "ja")


def test_without_its_voice_kanji_are_not_spelled_as_chinese_letters(tmp_path: Path) -> None:
    """espeak-ng says kana; a sentence that it cannot read is an error, and never half said."""
    try:
        espeak = EspeakVoice()
    except EspeakMissing as error:
        pytest.skip(str(error))
    assert espeak.render("はい、おねがいします。", "ja").seconds > 0.5
    repertoire = Repertoire([espeak], PhraseCache(tmp_path, 1 << 20), 1.0)
    for text in ("車が着きました。", "車が着きました。" * 20):
        with pytest.raises(Unspeakable, match="no kanji"):
            list(repertoire.sounds(text, "ja"))


class Heard:
    """A voice of one language that notes what it was given."""

    by_heart = False

    def __init__(self, language: str) -> None:
        self.name = self._language = language
        self.texts: list[str] = []

    def speaks(self, language: str) -> bool:
        return language == self._language

    def render(self, text: str, language: str) -> Sound:
        self.texts.append(text)
        return Sound(np.zeros(100, np.float32), 100)


def test_one_sentence_is_said_by_two_voices(tmp_path: Path) -> None:
    """The driver's name by the Chinese one, the rest by the other."""
    chinese, japanese = Heard("zh-CN"), Heard("ja")
    voices: list[Voice] = [chinese, japanese]
    repertoire = Repertoire(voices, PhraseCache(tmp_path, 1 << 20), 1.0)
    list(repertoire.sounds("運転手は王师傅。お待ちください。", "ja"))
    assert chinese.texts == ["王师傅。"] and japanese.texts == ["運転手は", "お待ちください。"]
