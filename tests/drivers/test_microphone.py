"""The kiosk hears, through a recorder that plays what a test says.

The words are Korean by espeak-ng and the model is Korean: they exercise the real recogniser.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from agent.contract.driver import DriverUnavailable, Site
from agent.contract.orders import Cancel, CheckPhrases, Headset, Listen, Order, Speaking
from agent.contract.signals import DeviceBack, Heard, Listening, Signal
from agent.core.child import ChildProcess
from drivers.hearing import capture
from drivers.microphone import Microphone, MicrophoneSettings
from hw_mocks.devices import microphone as recorder
from tests.drivers.hearing.conftest import KOREAN, model
from tests.drivers.hearing.sounds import Noises, Samples, clips, korean, level, silence, write
from tests.drivers.running import Running, only_child
from tests.waiting import wait_for

PHRASES = ("도와줘", "네", "아니요", "취소", "지하철", "은행")
YES, HELP = "네", "도와줘"


class Gate(NamedTuple):
    """A microphone at work, and who speaks into it."""

    microphone: Microphone
    running: Running
    room: recorder.Microphone
    words: dict[str, Path]

    def listen(self, *phrases: str, **changes: Any) -> None:
        """Ask for one answer, and wait until it is listened for."""
        before = len(self.heard)
        self.tell(Listen(**{"phrases": phrases or PHRASES, "patience_s": 0.4, **changes}))
        wait_for(lambda: self.heard[before:])

    def listen_again(self) -> None:
        """Ask until it is listened for: what is asked of a child that is not there is dropped."""

        def asked() -> bool:
            self.tell(Listen(PHRASES, 0.4))
            return bool(self.heard)

        wait_for(asked, 40)

    def tell(self, order: Order) -> None:
        self.microphone.command(order)

    def say(self, text: str) -> str:
        """Speak into the microphone."""
        return self.room.play(self.words[text])

    @property
    def heard(self) -> list[Signal]:
        """All that was heard so far; not that the microphone works."""
        return [s for s in self.running.signals if not isinstance(s, DeviceBack)]

    def until(self, *last: Signal) -> None:
        """Wait for these signals to be the last ones."""
        wait_for(lambda: self.heard[-len(last) :] == list(last), 10)


ON = Listening(source="ear", on=True)
DONE = Listening(source="ear", on=False, ended="utterance")


def heard(text: str) -> Heard:
    return Heard(source="ear", text=text)


def make(
    folder: Path, models: Path = Path("none"), **changes: Any
) -> tuple[Microphone, recorder.Microphone]:
    room = recorder.Microphone(folder / "room")
    command = (sys.executable, "-I", "-S", str(recorder.__file__), *room.command)
    settings = MicrophoneSettings(**{"model": KOREAN, "recorder": command, **changes})
    return Microphone("ear", settings, Site(models, folder)), room


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Korean words as WAV files."""
    folder = tmp_path_factory.mktemp("words")

    def said(text: str) -> Samples:
        # After a pause: what somebody says at once is heard with the end of what was before.
        return np.concatenate([silence(0.5), korean(text, folder)])

    return {text: write(folder / f"{text}.wav", said(text)) for text in (YES, HELP)}


@pytest.fixture(scope="module")
def models() -> Path:
    """The folder with the Korean model."""
    return model(KOREAN).parent


@pytest.fixture(scope="module")
def one(
    words: dict[str, Path], models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gate]:
    """One microphone for many tests: its model takes a while to load."""
    microphone, room = make(tmp_path_factory.mktemp("gate"), models, device="front", headset="ears")
    with Running(microphone) as running:
        yield Gate(microphone, running, room, words)
    assert not running.gave_up


@pytest.fixture
def gate(one: Gate) -> Iterator[Gate]:
    """Nobody speaks, nothing is listened for."""
    one.running.signals.clear()
    yield one
    one.room.silence()
    one.tell(Speaking(False))
    one.tell(Headset(False))
    one.tell(Cancel())
    wait_for(lambda: not one.heard or one.heard[-1] != ON)


def test_an_answer_is_heard_quickly(gate: Gate) -> None:
    """Within 0.6 s of its end, at a patience of 0.4 s; the lamp goes out first."""
    gate.listen()
    said = gate.say(YES)
    gate.until(ON, DONE, heard(YES))
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert now - (gate.room.ended(said) or 0) < 0.6


def test_nothing_is_heard_unasked(gate: Gate) -> None:
    """Whoever speaks to a kiosk that did not ask is not listened to, nor later."""
    said = gate.say(HELP)
    wait_for(lambda: gate.room.ended(said))
    assert gate.heard == []
    gate.listen()
    gate.say(YES)
    gate.until(ON, DONE, heard(YES))


def test_something_else_is_no_answer(gate: Gate) -> None:
    """Words that are not expected are reported as such: the kiosk asks again."""
    gate.listen("지하철")
    gate.say(YES)
    gate.until(ON, DONE, heard(""))


def test_silence_ends_it(gate: Gate) -> None:
    """Nobody speaks: it ends at the maximum."""
    gate.listen(longest_s=1)
    gate.until(ON, Listening(source="ear", on=False, ended="silence"))


def test_it_can_be_cancelled(gate: Gate) -> None:
    """What is being said then is not heard."""
    gate.listen()
    gate.say(HELP)
    gate.tell(Cancel())
    gate.until(ON, Listening(source="ear", on=False, ended="cancelled"))


def test_the_same_question_again_does_not_interrupt(gate: Gate) -> None:
    """A screen that is drawn anew asks anew; the half-said answer is heard to its end."""
    gate.listen()
    said = gate.say(HELP)
    while gate.room.ended(said) is None:
        gate.tell(Listen(PHRASES, 0.4))
        time.sleep(0.05)
    gate.until(ON, DONE, heard(HELP))


def test_it_does_not_hear_itself(gate: Gate) -> None:
    """While the kiosk speaks it is deaf; the question stays open until afterwards."""
    gate.tell(Speaking(True))
    gate.tell(Listen(PHRASES, 0.4))
    said = gate.say(HELP)
    wait_for(lambda: gate.room.ended(said))
    assert gate.heard == []
    gate.tell(Speaking(False))
    gate.until(ON)
    gate.tell(Speaking(True))
    gate.until(ON, Listening(source="ear", on=False, ended="speaking"))
    gate.tell(Speaking(False))
    gate.until(ON)
    gate.say(YES)
    gate.until(ON, DONE, heard(YES))


def test_with_a_headset_it_may_be_interrupted(gate: Gate) -> None:
    """Its microphone is used, and the kiosk is not heard in there."""
    gate.tell(Headset(True))
    gate.tell(Speaking(True))
    gate.listen()
    gate.say(YES)
    gate.until(ON, DONE, heard(YES))


def test_what_it_cannot_understand_is_not_listened_for(
    gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    """Phrases without words of the model, and languages without a model, are told."""
    unable = Listening(source="ear", on=False, ended="unable")
    gate.listen("同仁医院")
    gate.until(unable)
    assert "phrase=同仁医院" in caplog.text
    gate.listen(language="en")
    gate.until(unable, unable)
    assert "no model for this language" in caplog.text
    gate.tell(CheckPhrases(("去静安寺", YES)))
    wait_for(lambda: "phrase=去静安寺" in caplog.text)


def test_a_television_is_not_listened_to_for_ever(
    gate: Gate, data_dir: Path, tmp_path: Path
) -> None:
    """Switched on during the question, it neither extends the listening nor answers."""
    people = Noises(clips(data_dir)).make("television", 10)
    gate.listen(longest_s=1)
    gate.room.surround(write(tmp_path / "television.wav", level(people, 1000)))
    began = time.monotonic()
    wait_for(lambda: gate.heard[-1] != ON, 8)
    assert time.monotonic() - began < 1 + 4 + 1
    assert all(s == heard("") for s in gate.heard if isinstance(s, Heard))


def test_no_model(tmp_path: Path) -> None:
    """What to run is named; the recorder is not even started."""
    microphone, _ = make(tmp_path, recorder=("no-such-recorder",))
    with pytest.raises(DriverUnavailable, match=f"linli models fetch {KOREAN}"):
        microphone.run(lambda signal: None, threading.Event())


def test_a_damaged_model(tmp_path: Path) -> None:
    """It is to be deleted and fetched again."""
    (tmp_path / KOREAN).mkdir()
    microphone, _ = make(tmp_path, tmp_path)
    with pytest.raises(DriverUnavailable, match="is damaged; delete it, then fetch it with"):
        microphone.run(lambda signal: None, threading.Event())


def test_no_sound_card(tmp_path: Path) -> None:
    """It is known at once, with the recorder's words and a remedy, before the model is loaded."""
    (tmp_path / KOREAN).mkdir()
    microphone, room = make(tmp_path, tmp_path)
    room.unplug()
    with pytest.raises(DriverUnavailable, match=r"No such device; check the microphone .*arecord"):
        microphone.run(lambda signal: None, threading.Event())


def test_no_recorder(tmp_path: Path) -> None:
    """The missing program is named."""
    (tmp_path / KOREAN).mkdir()
    microphone, _ = make(tmp_path, tmp_path, recorder=("no-such-recorder",))
    with pytest.raises(DriverUnavailable, match="no-such-recorder is not installed"):
        microphone.run(lambda signal: None, threading.Event())


def test_a_recorder_that_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sound card that hangs counts as gone."""
    monkeypatch.setattr(capture, "_SILENT_S", 0.2)
    (tmp_path / KOREAN).mkdir()
    microphone, _ = make(tmp_path, tmp_path, recorder=("sleep", "60"))
    with Running(microphone) as running:
        assert "no sound came for" in running.why()


def test_pulled_out_while_listening(words: dict[str, Path], models: Path, tmp_path: Path) -> None:
    """The lamp goes out, and the trouble is told."""
    microphone, room = make(tmp_path, models)
    with Running(microphone) as running:
        gate = Gate(microphone, running, room, words)
        gate.listen()
        room.unplug()
        assert "No such device" in running.why()
        assert gate.heard == [ON, Listening(source="ear", on=False, ended="cancelled")]


def test_killed_in_the_middle_of_a_word(
    words: dict[str, Path], models: Path, tmp_path: Path
) -> None:
    """Its process dies without a word, its recorder with it; the next one hears."""
    microphone, room = make(tmp_path, models)
    child = ChildProcess("microphone", "ear", microphone._settings, Site(models, tmp_path))
    with Running(child) as running:
        gate = Gate(child, running, room, words)  # type: ignore[arg-type]
        gate.listen_again()
        room.play(words[HELP])
        wait_for(lambda: not list((tmp_path / "room" / "queue").iterdir()))
        os.kill(only_child(), signal.SIGKILL)
        assert "ended by signal 9" in running.why()
    room.silence()
    with Running(child) as running:
        gate = Gate(child, running, room, words)  # type: ignore[arg-type]
        gate.listen_again()
        gate.say(YES)
        gate.until(ON, DONE, heard(YES))
        assert running.stop() < 2  # a whole process ends, on a machine that may be busy
