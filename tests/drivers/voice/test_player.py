"""The process that makes the sound."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers.voice.player import PlayerFailed, Playing
from drivers.voice.sound import Sound, to_wav
from hw_mocks import player
from tests.waiting import wait_for

WAV = to_wav(Sound(np.full(22_050 * 20, 0.1, np.float32), 22_050), "长")
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


@pytest.fixture
def wake() -> Iterator[int]:
    descriptor = os.eventfd(0, os.EFD_NONBLOCK)
    yield descriptor
    os.close(descriptor)


def test_a_player_that_ignores_the_request_is_ended(wake: int) -> None:
    """Silence does not depend on the player's manners."""
    with Playing((sys.executable, "-I", "-S", "-c", DEAF), WAV) as playing:
        assert not playing.wait(0.2, wake)
        began = time.monotonic()
        playing.stop()
        assert time.monotonic() - began < 0.5


def test_an_order_wakes_the_one_who_waits(wake: int) -> None:
    """Long before the time-out."""
    with Playing((sys.executable, "-I", "-S", "-c", DEAF), WAV) as playing:
        os.eventfd_write(wake, 1)
        began = time.monotonic()
        assert not playing.wait(20, wake)
        assert time.monotonic() - began < 1


def test_the_players_own_words_are_passed_on(wake: int) -> None:
    """The last line of its error output is the reason."""
    with (
        Playing(("sh", "-c", "echo working >&2; echo no card >&2; exit 1"), WAV) as playing,
        pytest.raises(PlayerFailed, match=r"^no card$"),
    ):
        while not playing.wait(5, wake):
            pass


def test_the_player_ends_with_its_speaker(tmp_path: Path) -> None:
    """A killed speaker process does not go on talking over the one that replaces it."""
    log = tmp_path / "said.jsonl"
    command = (sys.executable, "-I", "-S", player.__file__, "--log", str(log))
    program = (
        "import sys, time; from drivers.voice.player import Playing\n"
        f"playing = Playing({command!r}, sys.stdin.buffer.read()); time.sleep(60)"
    )
    speaker = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)
    assert speaker.stdin is not None
    with speaker.stdin:
        speaker.stdin.write(WAV)
    wait_for(lambda: log.exists() and "began" in log.read_text(), 10)
    speaker.send_signal(signal.SIGKILL)
    speaker.wait()
    wait_for(lambda: "stopped" in log.read_text())


@pytest.mark.skipif(shutil.which("aplay") is None, reason="no aplay; apt install alsa-utils")
def test_the_real_player_accepts_what_it_is_given(wake: int) -> None:
    """aplay reads the sound from memory; without a sound card it says so."""
    with Playing(("aplay", "-q", "-D", "null"), WAV) as playing:
        assert playing.wait(20, wake)
    with (
        Playing(("aplay", "-q", "-D", "no-such-device"), WAV) as playing,
        pytest.raises(PlayerFailed, match="No such file or directory"),
    ):
        playing.wait(20, wake)
