"""The stand-in for `aplay`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.voice.sound import Sound, to_wav
from hw_mocks import player
from tests.waiting import wait_for

HZ = 22_050


def write(folder: Path, text: str, seconds: float, height: float = 0.1) -> Path:
    path = folder / "phrase.wav"
    samples = np.full(round(seconds * HZ), height, np.float32)
    path.write_bytes(to_wav(Sound(samples, HZ), text))
    return path


def start(folder: Path, wav: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "hw_mocks.player", "--log", str(folder / "log"), *options]
    return subprocess.Popen([*command, str(wav)], stderr=subprocess.PIPE, text=True)


def lines(folder: Path) -> list[dict[str, Any]]:
    log = folder / "log"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def test_it_takes_as_long_as_the_sound(tmp_path: Path) -> None:
    """Both ends are written down with words, device, level and a copy of the sound."""
    wav = write(tmp_path, "车到了，“请”上车\\。", 0.2)
    _, errors = start(tmp_path, wav, "-D", "plughw:1").communicate()
    began, finished = lines(tmp_path)
    assert not errors
    assert (began["event"], finished["event"]) == ("began", "finished")
    assert 0.2 <= finished["at"] - began["at"] < 2
    assert began["text"] == "车到了，“请”上车\\。"
    assert (began["device"], began["seconds"]) == ("plughw:1", 0.2)
    assert began["rms_dbfs"] == pytest.approx(-20, abs=0.1)
    assert Path(began["copy"]).read_bytes() == wav.read_bytes()


def test_it_can_be_stopped(tmp_path: Path) -> None:
    """SIGTERM is written down, and ends it long before the sound does."""
    process = start(tmp_path, write(tmp_path, "长", 60))
    wait_for(lambda: lines(tmp_path))
    asked = time.monotonic()
    process.terminate()
    process.communicate()
    assert time.monotonic() - asked < 1
    assert [line["event"] for line in lines(tmp_path)] == ["began", "stopped"]


def test_it_can_be_unplugged(tmp_path: Path) -> None:
    """As aplay without a sound card: a line of error, status 1, and nothing was said."""
    (tmp_path / "log.unplugged").touch()
    process = start(tmp_path, write(tmp_path, "车", 0.1))
    _, errors = process.communicate()
    assert process.returncode == 1
    assert "No such device" in errors
    assert not lines(tmp_path)


def test_silence_without_words_is_a_trial(tmp_path: Path) -> None:
    """The speaker tries its player before it says anything: that says nothing."""
    process = start(tmp_path, write(tmp_path, "", 0.05, height=0.0))
    process.communicate()
    assert process.returncode == 0
    assert [line["event"] for line in lines(tmp_path)] == ["tried"]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_written_as_json(text: str) -> None:
    """Without the json module, which starts too slowly."""
    assert json.loads(player._quoted(text)) == text
