"""Phrases that were rendered before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drivers.voice.cache import PhraseCache
from drivers.voice.sound import Sound, from_wav

HZ = 22_050


def sound(seconds: float = 0.1) -> Sound:
    return Sound(np.full(round(seconds * HZ), 0.1, np.float32), HZ)


def test_a_kept_phrase_is_there_after_a_restart(tmp_path: Path) -> None:
    """On disk, as a file that says its own words."""
    key = PhraseCache.key("voice", "zh-CN", "车到了")
    PhraseCache(tmp_path, 1 << 20).keep(key, sound(), "车到了")
    assert PhraseCache(tmp_path, 1 << 20).find(key) is not None
    (file,) = tmp_path.iterdir()
    assert from_wav(file.read_bytes())[1] == "车到了"


def test_what_was_said_once_is_not_on_the_disk(tmp_path: Path) -> None:
    """A resident's plate and destination stay in memory only."""
    cache = PhraseCache(tmp_path, 1 << 20)
    cache.remember("key", sound())
    assert cache.find("key") is not None
    assert not any(tmp_path.iterdir())


def test_the_oldest_make_room(tmp_path: Path) -> None:
    """The folder stays within its limit, and the newest phrase stays."""
    cache = PhraseCache(tmp_path, 20_000)
    for number in range(10):
        cache.keep(str(number), sound(), str(number))
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 20_000
    assert cache.has("9") and not cache.has("0")


def test_a_damaged_file_is_forgotten(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is removed and rendered again, not played."""
    cache = PhraseCache(tmp_path, 1 << 20)
    cache.keep("key", sound(), "车")
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:100])
    assert cache.find("key") is None
    assert not cache.has("key")
    assert "phrase unreadable" in caplog.text


def test_a_disk_that_refuses_is_reported_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Speech goes on; the log has one line."""
    (tmp_path / "file").write_text("in the way")
    cache = PhraseCache(tmp_path / "file", 1 << 20)
    for number in range(3):
        cache.keep(str(number), sound(), "车")
    assert caplog.text.count("phrases not kept") == 1


def test_memory_is_bounded(tmp_path: Path) -> None:
    """Hours of speech do not pile up; the latest is at hand."""
    cache = PhraseCache(tmp_path, 1 << 20)
    for number in range(60):
        cache.remember(str(number), sound(3.0))
    assert cache.find("0") is None
    assert cache.find("59") is not None
