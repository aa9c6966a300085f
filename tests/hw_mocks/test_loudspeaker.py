"""What was heard is read from the player's log."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from hw_mocks.devices.speaker import Loudspeaker


class Log:
    """Writes what `hw_mocks.player` would."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def note(self, event: str, text: str, at: float, seconds: float = 2.0) -> None:
        """Append one event."""
        line = {"at": at, "event": event, "text": text, "seconds": seconds, "copy": "/x.wav"}
        line |= {"device": "default", "rms_dbfs": -20.0}
        with self.path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """An empty log."""
    return Log(tmp_path / "speech.jsonl")


def _now() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def test_a_text_is_heard_from_its_beginning(log: Log) -> None:
    """What began before a moment was not said since; punctuation cannot be heard."""
    speaker = Loudspeaker(log.path)
    log.note("began", "车牌是，沪A·D3642。", 10.0)
    log.note("stopped", "车牌是，沪A·D3642。", 11.0)
    log.note("began", "车到了", 12.0)
    first, second = speaker.said()
    assert first.has("沪a d3642") and not first.has("到了")
    assert (first.began, first.ended) == (10.0, 11.0)
    assert first.device == "default"
    assert first.rms == pytest.approx(0.1)
    assert speaker.said(since=11.5) == [second]


def test_a_line_that_is_half_written_waits(log: Log) -> None:
    """A log that is being written is read line by line, each once."""
    speaker = Loudspeaker(log.path)
    log.note("began", "一", 10.0)
    whole = log.path.read_bytes()
    log.path.write_bytes(whole[:20])
    assert speaker.said() == []
    log.path.write_bytes(whole)
    assert [said.text for said in speaker.said()] == ["一"]
    assert len(speaker.said()) == 1


def test_silence_is_what_lies_between_sounds(log: Log) -> None:
    """The longest stretch without a sound counts, up to now; a killed player ends in time."""
    speaker = Loudspeaker(log.path)
    now = _now()
    assert speaker.longest_silence(now - 4) == pytest.approx(4, abs=0.5)
    log.note("began", "一", now - 9, seconds=2)
    log.note("finished", "一", now - 7)
    log.note("began", "二", now - 4, seconds=3.5)
    assert speaker.longest_silence(now - 8) == pytest.approx(3, abs=0.1)
    assert speaker.longest_silence(now - 3) == pytest.approx(0.5, abs=0.4)
    log.note("began", "三", now, seconds=60)
    assert speaker.longest_silence(now) <= 0


def test_what_was_said_earlier_is_forgotten(log: Log) -> None:
    """A new loudspeaker starts with nothing said, plugged in."""
    log.note("began", "旧", 1.0)
    speaker = Loudspeaker(log.path)
    speaker.unplug()
    assert Path(f"{log.path}.unplugged").exists()
    assert Loudspeaker(log.path).said() == []
    assert not Path(f"{log.path}.unplugged").exists()
