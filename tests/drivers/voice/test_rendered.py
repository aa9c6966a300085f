"""Sentences that are rendered ahead."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest

from agent.technician.sentences import packaged
from drivers.voice import Unspeakable, render
from drivers.voice.cache import PhraseCache
from drivers.voice.kokoro import MODEL, KokoroMissing, KokoroVoice, phonemes
from drivers.voice.mandarin import phrases
from drivers.voice.render import sentences
from drivers.voice.rendered import REFUSED, RenderedPhrases, file_name, keep
from drivers.voice.repertoire import Repertoire, open_voices
from drivers.voice.sound import SPEECH_LUFS, Sound, loudness
from tests.drivers.hearing.conftest import models_folder

HZ = 24_000


def tone(seconds: float) -> Sound:
    at = np.arange(round(seconds * HZ)) / HZ
    return Sound((0.2 * np.sin(2 * np.pi * 300 * at)).astype(np.float32), HZ)


def test_what_was_rendered_is_known_by_heart(tmp_path: Path) -> None:
    """Whatever its punctuation; as loud as all other speech; other texts are not."""
    keep(tmp_path, "车到了，请上车。", tone(1.0))
    voice = RenderedPhrases(tmp_path)
    sound = voice.render("车到了 请上车", "zh-CN")
    assert sound.seconds == pytest.approx(1.0, abs=0.02)
    assert loudness(sound) == pytest.approx(SPEECH_LUFS, abs=0.5)
    assert not list(tmp_path.glob("*.partial"))
    with pytest.raises(Unspeakable):
        voice.render("车到了，请下车。", "zh-CN")


def test_what_the_judge_refused_is_left_to_the_syllables(tmp_path: Path) -> None:
    """One sentence a line in a file of the folder; the others stay."""
    for text in ("请上车。", "请稍等。"):
        keep(tmp_path, text, tone(0.5))
    (tmp_path / REFUSED).write_text("请上车。\n", encoding="utf-8")
    voice = RenderedPhrases(tmp_path)
    assert voice.render("请稍等。", "zh-CN").seconds > 0.4
    with pytest.raises(Unspeakable):
        voice.render("请上车。", "zh-CN")


def test_a_damaged_file_costs_only_its_sentence(tmp_path: Path) -> None:
    """Another voice says it."""
    keep(tmp_path, "请上车。", tone(0.5))
    (tmp_path / file_name("请上车。")).write_bytes(b"OggS no")
    with pytest.raises(Unspeakable):
        RenderedPhrases(tmp_path).render("请上车。", "zh-CN")


def test_one_utterance_may_be_rendered_and_joined(tmp_path: Path) -> None:
    """The sentences by heart, the plate by syllables, one after the other."""
    keep(tmp_path, "车到了，请上车。", tone(1.0))
    repertoire = Repertoire(open_voices("", tmp_path), PhraseCache(tmp_path / "c", 1 << 20), 1.0)
    sounds = list(repertoire.sounds("车到了，请上车。车牌是，沪A·D1234。", "zh-CN"))
    assert [sound.hz for sound in sounds] == [HZ, 22_050]


def test_what_is_worth_rendering() -> None:
    """Sentences without placeholders, and the long enough clauses of those with one."""
    assert list(
        sentences(["车到了，请上车。车牌是，{plate}。[大约{minutes}分钟到。]请不要走远。"])
    ) == [
        "车到了，请上车。",
        "请不要走远。",
    ]
    found = list(sentences(packaged()))
    assert len(found) > 300 and not [text for text in found if re.search(r"[\[\]{}]", text)]
    assert len({file_name(text) for text in found}) > 0.95 * len(found)


def test_rendering_goes_on_where_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is there is not rendered again; a sentence that fails stops no other."""
    said: list[str] = []

    class Voice:
        def __init__(self, *arguments: object) -> None:
            pass

        def render(self, text: str, language: str) -> Sound:
            said.append(text)
            if "二" in text:
                raise Unspeakable("too long")
            return tone(0.5)

    texts = ["第一句话。", "第二句话。", "第三句话。", "第四句话。"]
    monkeypatch.setattr(render, "KokoroVoice", Voice)
    monkeypatch.setattr(os, "nice", lambda more: 0)
    assert render.render(texts, tmp_path, tmp_path / "out", limit=2) == 0
    assert render.render(texts, tmp_path, tmp_path / "out") == 0
    assert said == ["第一句话。", "第二句话。", "第二句话。", "第三句话。", "第四句话。"]
    assert "4 sentences, 3 to be rendered" in capsys.readouterr().out


def test_without_the_model_it_says_what_to_do(tmp_path: Path) -> None:
    """By its name in the manifest."""
    pytest.importorskip("onnxruntime")
    with pytest.raises(KokoroMissing, match="linli models fetch kokoro"):
        KokoroVoice(tmp_path)


def test_sentences_are_written_as_the_model_was_taught() -> None:
    """Tones as arrows before a closing nasal, spaces between words, marks for pauses."""
    assert phonemes(phrases("车到了，请上车。"), ".") == "ꭧʰɤ→ tau↘lɤ, ʨʰi↓ŋ ʂa↘ŋꭧʰɤ→."


def test_a_sentence_of_the_model_itself() -> None:
    """Of a plausible length, and not silent; skipped where the model is not there."""
    pytest.importorskip("onnxruntime")
    folder = models_folder() / MODEL
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there; linli models fetch {MODEL}")
    sound = KokoroVoice(folder).render("车到了，请上车。", "zh-CN")
    assert 0.8 < sound.seconds < 3.0
    assert loudness(sound) == pytest.approx(SPEECH_LUFS, abs=0.5)
