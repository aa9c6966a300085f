"""The second engine: transcripts and the phrase that sounds most like them; and real Mandarin."""

from __future__ import annotations

import pytest

from drivers.hearing import FRAME_BYTES
from drivers.hearing.engines import load
from drivers.hearing.nearest import Phrasebook, distance, syllables
from drivers.hearing.recogniser import ModelFailed
from drivers.hearing.transcript import (
    Hypothesis,
    TranscriptRecogniser,
    Transcripts,
    chosen,
    offered,
)
from tests.drivers.hearing.sounds import Clip, Noises, level, pcm, silence

LIST = ("叫车", "取消", "同仁医院", "是的", "不要了", "重复", "公共汽车", "地铁", "再见")
BOOK = Phrasebook(LIST)


def heard(plain: str, listed: str, no_speech: float = 0.1, score: float = -0.3) -> Transcripts:
    return Transcripts([Hypothesis(plain, score)], [Hypothesis(listed, score)], no_speech)


@pytest.mark.parametrize(
    ("plain", "listed", "phrase"),
    [
        ("取消", "取消，", "取消"),
        ("取銷", "取消，", "取消"),
        ("取消取消取消取", "取消，取消，", "取消"),
        ("嗯取消吧", "取消", "取消"),
        ("公共記車", "公共汽车", "公共汽车"),
        ("童人医院", "同仁医院", "同仁医院"),
        ("不要了", "不要了", "不要了"),
        ("油", "重复，", ""),
        ("今天天气很好", "地铁，再见", ""),
        ("谢谢观看", "", ""),
        ("", "", ""),
    ],
)
def test_both_transcripts_must_mean_the_phrase(plain: str, listed: str, phrase: str) -> None:
    """Other characters of the same sound, repeats, fillers: yes. What only the list has: no."""
    assert chosen(heard(plain, listed), BOOK, 0.8) == phrase


def test_whispers_own_doubt_counts() -> None:
    """Where it thinks that nobody spoke, only the very phrase is believed."""
    assert chosen(heard("取銷", "取消", no_speech=0.9), BOOK, 0.8) == ""
    assert chosen(heard("取消", "取消", no_speech=0.9), BOOK, 0.8) == "取消"


def test_a_single_syllable_must_be_sure() -> None:
    """Whisper writes 好 for noise."""
    book = Phrasebook(["好", "取消"])
    assert chosen(heard("好", "好", score=-0.6), book, 0.3) == "好"
    assert chosen(heard("好", "好", score=-1.4), book, 0.3) == ""


def test_a_phrase_takes_its_time() -> None:
    """Four syllables are not said within a tenth of a second, nor two in ten."""
    assert chosen(heard("同仁医院", "同仁医院"), BOOK, 0.1) == ""
    assert chosen(heard("取消", "取消"), BOOK, 10.0) == ""


def test_two_phrases_that_are_as_near_are_a_doubt() -> None:
    """十 and 是 sound alike: neither is taken."""
    assert chosen(heard("式", "式"), Phrasebook(["十", "是", "取消"]), 0.3) == ""


def test_three_are_offered() -> None:
    """For a screen that asks which of them was meant."""
    assert offered(heard("同人醫院", "同仁医院"), BOOK)[0] == "同仁医院"
    assert len(offered(heard("取消", "取消"), BOOK)) == 3


def test_confusable_phrases_are_named() -> None:
    """Before anybody says them."""
    pairs = [pair[:2] for pair in Phrasebook(["一生", "医生", "取消", "叫车"]).confusable()]
    assert pairs == [("一生", "医生")]


def test_how_far_sounds_are_apart() -> None:
    """Nothing between homophones; more where more differs."""
    assert distance(syllables("是的"), syllables("事的")) == 0
    near = distance(syllables("饭馆"), syllables("宾馆"))
    assert 0 < near < distance(syllables("饭馆"), syllables("电话"))
    assert syllables("3号") == syllables("三号")


def test_a_folder_without_a_model_is_refused(tmp_path: object) -> None:
    """Whatever engine its files are for."""
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "model.bin").write_bytes(b"no model")
    with pytest.raises(ModelFailed):
        load(folder)


# -- people who speak Mandarin; skipped where the model is not there ---------------------------


def listen(whisper: TranscriptRecogniser, clip: Clip, phrases: list[str]) -> str:
    hearing = whisper.listen(phrases)
    assert hearing is not None
    sound = pcm(level(clip.samples))
    sound = pcm(silence(0.3)) + sound + pcm(silence(0.3))
    for start in range(0, len(sound), FRAME_BYTES):
        hearing.take(sound[start : start + FRAME_BYTES])
    return hearing.result(clip.seconds)


@pytest.mark.timeout(240)
def test_words_are_understood_and_none_is_taken_for_another(
    whisper: TranscriptRecogniser, people: list[Clip]
) -> None:
    """Of words of two syllables and more, nine of ten; of all that is accepted, nothing wrong."""
    words = [clip for clip in people if clip.kind == "word" and len(clip.text) > 1]
    phrases = [clip.text for clip in words]
    words = words[::2]
    said = [listen(whisper, clip, phrases) for clip in words]
    right = sum(text == clip.text for text, clip in zip(said, words, strict=True))
    wrong = [
        (clip.text, text)
        for text, clip in zip(said, words, strict=True)
        if text not in ("", clip.text)
    ]
    print(f"{right} of {len(words)} understood; wrong: {wrong}")
    assert right >= 0.85 * len(words) and not wrong


@pytest.mark.timeout(240)
def test_nothing_else_is_an_answer(
    whisper: TranscriptRecogniser, people: list[Clip], noises: Noises
) -> None:
    """Sentences by other people, music, rain, babble: never a phrase."""
    phrases = [
        "叫车",
        "取消",
        "是的",
        "不要了",
        "我需要帮助",
        "重复",
        "返回",
        "同仁医院",
        "中山公园",
    ]
    others = [clip for clip in people if clip.kind == "sentence"][:12]
    for kind in ("music", "rain", "babble", "white"):
        others += [Clip("", kind, noises.make(kind, seconds)) for seconds in (0.8, 2.0)]
    assert [listen(whisper, clip, phrases) for clip in others] == [""] * len(others)
