"""A kiosk that offers Japanese."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import config
from agent.app import _words
from agent.configuration import Configuration, load


@pytest.fixture
def voiceless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open JTalk is not installed."""
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "pyopenjtalk" else there(name)
    )


def _kiosk(folder: Path, languages: str) -> Configuration:
    text = Path(config.__file__).with_name("kiosk.toml").read_text(encoding="utf-8")
    path = folder / "kiosk.toml"
    path.write_text(text.replace('["zh-CN", "en"]', languages), encoding="utf-8")
    return load(path)


@pytest.mark.usefixtures("voiceless")
@pytest.mark.parametrize(
    ("languages", "offered"),
    [
        ('["zh-CN", "ja", "en"]', ("zh-CN", "en")),
        ('["zh-CN", "ja"]', ("zh-CN",)),
        ('["ja"]', ("zh-CN",)),
    ],
)
def test_what_nobody_would_speak_is_not_offered(
    tmp_path: Path, languages: str, offered: tuple[str, ...]
) -> None:
    """Who chose it could not be asked after a fall."""
    assert _words(_kiosk(tmp_path, languages)).languages == offered


def test_what_is_spoken_is_offered(tmp_path: Path) -> None:
    """With its voice, Japanese is one of the languages of the key."""
    pytest.importorskip("pyopenjtalk")
    found = _words(_kiosk(tmp_path, '["zh-CN", "ja", "en"]'))
    assert found.languages == ("zh-CN", "ja", "en")


@pytest.mark.usefixtures("voiceless")
def test_whoever_offers_japanese_is_told_of_a_missing_voice(
    tmp_path: Path,
) -> None:
    """`linli check` names the package, and the kiosk starts all the same."""
    for languages, told in (('["zh-CN", "en"]', False), ('["zh-CN", "ja"]', True)):
        found = _kiosk(tmp_path, languages)
        assert not found.problems
        assert any("linli[japanese]" in str(caution) for caution in found.cautions) is told
