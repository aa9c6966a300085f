"""The voices themselves, with their real libraries and recordings."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from drivers.voice import Unspeakable, Voice
from drivers.voice.cache import PhraseCache
from drivers.voice.espeak import EspeakMissing, EspeakVoice
from drivers.voice.lexicon import WORDS
from drivers.voice.mandarin import phrases
from drivers.voice.recordings import RecordedPhrases
from drivers.voice.repertoire import Repertoire
from drivers.voice.sound import Sound, loudness, to_wav
from drivers.voice.syllables import HZ, SyllablesMissing, SyllableVoice
from drivers.voice.text import PIECE, pause_after
from drivers.voice.wording import LETTERS


class Counting:
    """Says every text in one second."""

    name = "counting"
    by_heart = False

    def __init__(self) -> None:
        self.texts: list[str] = []

    def speaks(self, language: str) -> bool:
        return True

    def render(self, text: str, language: str) -> Sound:
        self.texts.append(text)
        return Sound(np.full(HZ, 0.2, np.float32), HZ)


@pytest.fixture(scope="module")
def syllables() -> SyllableVoice:
    try:
        return SyllableVoice()
    except SyllablesMissing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def espeak() -> EspeakVoice:
    try:
        return EspeakVoice()
    except EspeakMissing as error:
        pytest.skip(str(error))


def test_syllables_are_joined_without_clicks(syllables: SyllableVoice) -> None:
    """Each begins and ends at silence, without the recording's constant offset, and at once."""
    for text in "您还好吗需要帮助车到了牌请上没有网络打电话叫沪零幺二三四五六七八九":
        sound = syllables.render(text, "zh-CN").samples
        assert max(abs(float(sound[0])), abs(float(sound[-1]))) < 0.001
        assert abs(float(sound.mean())) < 0.003
        assert np.abs(sound[: HZ // 50]).max() > 0.002


def test_the_pace_is_that_of_a_careful_person(syllables: SyllableVoice) -> None:
    """More than three syllables a second, pauses included."""
    text = "车到了，请上车。请先看清车牌，再上车。"
    assert 2.9 < 17 / syllables.render(text, "zh-CN").seconds < 4.6


def test_every_letter_and_every_own_word_can_be_said(syllables: SyllableVoice) -> None:
    """The recordings have what plates and the lexicon need."""
    text = "，".join([*LETTERS.values(), *WORDS])
    needed = {one for phrase in phrases(text) for word in phrase.words for one in word}
    assert not [one for one in needed if syllables.recording(*one) is None]
    assert all(syllables.render(letter, "zh-CN").seconds > 0.1 for letter in LETTERS)


def test_every_common_character_can_be_said(syllables: SyllableVoice) -> None:
    """All of GB 2312, or one rare name would hand the sentence to the worse voice."""
    codes = ((row, cell) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    letters = "".join(bytes(code).decode("gb2312", errors="ignore") for code in codes)
    needed = {one for phrase in phrases(letters) for word in phrase.words for one in word}
    assert len(needed) > 1000
    assert not [one for one in needed if syllables.recording(*one) is None]


def test_syllables_are_equally_loud(syllables: SyllableVoice) -> None:
    """Less than 4 dB between any two."""
    level = [float(np.sqrt(np.mean(syllables.render(t, "zh").samples ** 2))) for t in "八是去车二"]
    assert 20 * np.log10(max(level) / min(level)) < 4


def test_voices_are_equally_loud(syllables: SyllableVoice, espeak: EspeakVoice) -> None:
    """Within one LU of each other, so that a sentence may mix them without a jump."""
    texts = ("车到了，请上车。", "您还好吗？", "请打电话62580000。", "车牌是，沪A·D1234。")
    measured = [loudness(voice.render(t, "zh-CN")) for voice in (syllables, espeak) for t in texts]
    assert max(measured) - min(measured) < 1.0


def test_foreign_words_are_said_by_the_other_voice(espeak: EspeakVoice) -> None:
    """The name of a language is not spelled; a plate is."""
    voice = SyllableVoice(espeak)
    spelled = SyllableVoice().render("请选English", "zh-CN").seconds
    assert voice.render("请选English", "zh-CN").seconds < spelled - 0.8
    assert voice.render("English，第三项", "zh-CN").seconds > 1.0
    plate = "车牌沪A·D1234"
    assert voice.render(plate, "zh-CN").seconds == SyllableVoice().render(plate, "zh-CN").seconds


def test_words_without_chinese_are_for_another_voice(syllables: SyllableVoice) -> None:
    """The next voice is asked."""
    with pytest.raises(Unspeakable):
        syllables.render("……", "zh-CN")


def test_espeak_speaks_each_language_on_a_thread_of_its_own(espeak: EspeakVoice) -> None:
    """Many phrases in a row, each complete: pyttsx3 otherwise loses all but the last."""
    lengths: list[float] = []

    def speak() -> None:
        voice = EspeakVoice()
        for _ in range(5):
            lengths.append(voice.render("Please wait for the taxi here.", "en").seconds)
            lengths.append(voice.render("请在原地等车。", "zh-CN").seconds)

    thread = threading.Thread(target=speak)
    thread.start()
    thread.join()
    assert len(lengths) == 10
    assert all(1.0 < length < 4.0 for length in lengths)
    assert not espeak.speaks("tlh")


def test_a_sound_that_cannot_be_its_text_is_rendered_again(
    espeak: EspeakVoice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Half a sentence, or the sentence before, is not what was asked for."""
    whole = espeak.render("Please wait for the taxi here.", "en")
    given = [whole, Sound(whole.samples[: HZ // 2], HZ)]
    monkeypatch.setattr(espeak, "_rendered", lambda text, language: given.pop())
    assert espeak.render("Please wait for the taxi here.", "en").seconds > 1.0
    assert caplog.text.count("again") == 1
    given[:] = [Sound(whole.samples[: HZ // 2], HZ)] * 3
    with pytest.raises(Unspeakable, match=r"made 0\.\d+ s"):
        espeak.render("Please wait for the taxi here.", "en")


def test_espeak_spells_a_telephone_number_too(espeak: EspeakVoice) -> None:
    """Digit by digit, as the recorded syllables do; not as millions."""
    spelled = espeak.render("六 二 五 八，零 零 零 零", "zh-CN").seconds
    assert espeak.render("62580000", "zh-CN").seconds == pytest.approx(spelled, rel=0.05)


def test_a_recording_by_a_person_comes_first(tmp_path: Path, espeak: EspeakVoice) -> None:
    """It is named by its words; punctuation does not matter; other phrases go to the voice."""
    spoken = Sound(np.full(HZ, 0.2, np.float32), HZ)
    (tmp_path / "车到了 请上车.wav").write_bytes(to_wav(spoken, ""))
    voices: list[Voice] = [RecordedPhrases(tmp_path), espeak]
    repertoire = Repertoire(voices, PhraseCache(tmp_path / "cache", 1 << 20), 1.0)
    (whole,) = repertoire.sounds("车到了，请上车。", "zh-CN")
    assert whole.seconds == pytest.approx(1.0, abs=0.02)
    (other,) = repertoire.sounds("车到了，请下车。", "zh-CN")
    assert other.seconds != pytest.approx(1.0, abs=0.02)


def test_a_sentence_may_be_partly_by_heart(tmp_path: Path) -> None:
    """What a person has recorded is used for its part; only the rest is rendered."""
    spoken = Sound(np.full(HZ, 0.2, np.float32), HZ)
    (tmp_path / "车到了 请上车.wav").write_bytes(to_wav(spoken, ""))
    voice = Counting()
    voices: list[Voice] = [RecordedPhrases(tmp_path), voice]
    repertoire = Repertoire(voices, PhraseCache(tmp_path / "cache", 1 << 20), 1.0)
    sounds = list(repertoire.sounds("您好，车到了，请上车。车牌是，沪A·D1234。", "zh-CN"))
    assert voice.texts == ["您好，", "车牌是，沪A·D1234。"]
    assert sounds[1].seconds == pytest.approx(1.0 + pause_after("。"), abs=0.02)


def test_a_long_text_is_rendered_in_short_parts(tmp_path: Path) -> None:
    """The first is ready after one of them; whatever is said elsewhere may come between."""
    voice = Counting()
    repertoire = Repertoire([voice], PhraseCache(tmp_path, 1 << 20), 1.0)
    next(repertoire.sounds("王" * 30_000, "zh-CN"))
    assert [len(text) for text in voice.texts] == [PIECE]


def test_a_damaged_recording_is_left_out(tmp_path: Path) -> None:
    """With the file's name and what to do."""
    (tmp_path / "车到了.wav").write_bytes(b"RIFF....")
    with pytest.raises(Unspeakable, match=r"车到了\.wav.*record it again"):
        RecordedPhrases(tmp_path).render("车到了", "zh-CN")


def test_a_phrase_at_hand_is_not_rendered_again(tmp_path: Path) -> None:
    """From memory after it was said, from disk after it was prepared."""

    voice = Counting()
    for _ in range(2):
        repertoire = Repertoire([voice], PhraseCache(tmp_path, 1 << 20), 1.0)
        for _ in repertoire.prepare("车到了", "zh-CN"):
            pass
        (sound,) = repertoire.sounds("车到了", "zh-CN")
        assert sound.seconds == 1.0
        list(repertoire.sounds("车到了", "zh-CN"))
    assert voice.texts == ["车到了"]
