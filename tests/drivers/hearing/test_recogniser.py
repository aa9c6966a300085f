"""The real recogniser, with the Korean model that a package index ships."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.hearing import FRAME_BYTES
from drivers.hearing.grammar import GrammarRecogniser
from drivers.hearing.recogniser import Hearing, ModelFailed
from tests.drivers.hearing.sounds import Samples, korean, pcm

PHRASES = ["도와줘", "네", "아니요", "취소", "지하철", "은행"]


def take(hearing: Hearing, samples: Samples) -> None:
    """Hand it over frame by frame."""
    sound = bytes(FRAME_BYTES * 10) + pcm(samples) + bytes(FRAME_BYTES * 20)
    for start in range(0, len(sound) - FRAME_BYTES + 1, FRAME_BYTES):
        hearing.take(sound[start : start + FRAME_BYTES])


@pytest.mark.parametrize("said", ["도와줘", "네", "지하철"])
def test_one_of_the_phrases_is_heard(
    korean_model: GrammarRecogniser, tmp_path: Path, said: str
) -> None:
    """Through vosk's own grammar, with letters that are not ASCII."""
    hearing = korean_model.listen(PHRASES)
    assert hearing is not None
    take(hearing, korean(said, tmp_path))
    assert hearing.result(0.5) == said


def test_it_hears_again_after_a_result(korean_model: GrammarRecogniser, tmp_path: Path) -> None:
    """A cough first, then the word: one and the same hearing."""
    hearing = korean_model.listen(PHRASES)
    assert hearing is not None
    assert hearing.result(0.1) == ""
    take(hearing, korean("네", tmp_path))
    assert hearing.result(0.4) == "네"


def test_words_are_looked_up_in_the_model(
    korean_model: GrammarRecogniser, caplog: pytest.LogCaptureFixture
) -> None:
    """Chinese is none of its words, and a phrase without words is not listened for."""
    assert korean_model.vocabulary.knows("네")
    assert not korean_model.vocabulary.knows("同仁")
    assert korean_model.listen(["同仁医院"]) is None
    assert korean_model.listen([]) is None
    assert caplog.text.count("phrase=同仁医院") == 1
    assert list(korean_model.doubts(["네", "同仁医院"])) == [
        "同仁医院: the model has not all its words"
    ]


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    """It is refused; nothing is looked for on the network."""
    with pytest.raises(ModelFailed):
        GrammarRecogniser(tmp_path)
