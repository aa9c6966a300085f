"""A kiosk that offers Japanese."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import config
from agent.configuration import load


def test_whoever_offers_japanese_is_told_of_a_missing_voice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`linli check` names the package, and the kiosk starts all the same."""
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "pyopenjtalk" else there(name)
    )
    text = Path(config.__file__).with_name("kiosk.toml").read_text(encoding="utf-8")
    path = tmp_path / "kiosk.toml"
    for languages, told in (('["zh-CN", "en"]', False), ('["zh-CN", "ja"]', True)):
        path.write_text(text.replace('["zh-CN", "en"]', languages), encoding="utf-8")
        found = load(path)
        assert not found.problems
        assert any("linli[japanese]" in str(caution) for caution in found.cautions) is told
