"""The kiosk speaks, through a player that keeps what would have sounded."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import drivers.voice.repertoire as repertoire
from agent.contract.driver import DriverUnavailable, Site
from agent.contract.orders import Headset, Prepare, Speak, StopSpeaking, Volume
from agent.contract.signals import DeviceBack, Spoken
from drivers.speaker import Speaker, SpeakerSettings
from drivers.voice.espeak import EspeakMissing
from drivers.voice.sound import from_wav
from drivers.voice.syllables import SyllablesMissing
from hw_mocks import player
from tests.drivers.running import Running
from tests.waiting import wait_for

LONG = "没有网络，请打电话叫车：六二五八零零零零。急着走，请打电话或者找门卫帮忙。"


class Gate(NamedTuple):
    """A speaker at work."""

    speaker: Speaker
    running: Running
    log: Path

    def say(self, text: str, urgency: int = 0, language: str = "zh-CN", **more: Any) -> None:
        speak: dict[str, Any] = {"urgency": urgency, "language": language, **more}
        self.speaker.command(Speak(text, **speak))

    def events(self) -> list[dict[str, Any]]:
        """What the player wrote down of what sounded, in order."""
        if not self.log.exists():
            return []
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line for line in lines if line["event"] != "tried"]

    def event(self, event: str, text: str) -> dict[str, Any]:
        """Wait for it."""
        return wait_for(lambda: self.find(event, text), 15)

    def find(self, event: str, text: str) -> dict[str, Any]:
        found = (one for one in self.events() if one["event"] == event and one["text"] == text)
        return next(found, {})


def make(folder: Path, **changes: Any) -> tuple[Speaker, Path]:
    log = folder / "said.jsonl"
    command = (sys.executable, "-I", "-S", str(player.__file__), "--log", str(log))
    settings = SpeakerSettings(**{"player": command, **changes})
    return Speaker("speaker", settings, Site(folder / "models", folder / "cache")), log


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """A speaker with a loudspeaker and a headset."""
    speaker, log = make(tmp_path, device="outside", headset="ears", rate=1.6)
    with Running(speaker) as running:
        yield Gate(speaker, running, log)
    assert not running.gave_up


@pytest.mark.parametrize(
    ("text", "language"),
    [("车到了。", "zh-CN"), ("Please wait.", "en"), ("请等A座的B2。", "zh-CN")],
)
def test_what_is_said_sounds_and_is_told(gate: Gate, text: str, language: str) -> None:
    """The sound carries its words and is not silent; the kiosk learns of beginning and end."""
    gate.say(text, language=language)
    finished = gate.event("finished", text)
    sound, words = from_wav(Path(finished["copy"]).read_bytes())
    assert words == text
    assert sound.seconds > 0.3 and finished["rms_dbfs"] > -40
    wait_for(lambda: len(gate.running.signals) == 3)
    assert gate.running.signals == [
        DeviceBack(source="speaker"),  # the sound card has answered
        Spoken(source="speaker", text=text, state="began"),
        Spoken(source="speaker", text=text, state="finished"),
    ]


def test_an_utterance_may_have_a_rate_of_its_own(gate: Gate) -> None:
    """Half as fast takes twice as long; beyond what is understood it does not get faster."""
    seconds: dict[float, float] = {}
    for text, rate in (("车到了。", 1.0), ("车到了！", 0.5), ("车到了；", 2.0)):
        gate.say(text, rate=rate)
        seconds[rate] = gate.event("finished", text)["seconds"]
    assert seconds[0.5] == pytest.approx(2 * seconds[1.0], rel=0.15)
    assert seconds[2.0] == pytest.approx(seconds[1.0])


def test_an_alarm_silences_the_rest_and_nothing_overlaps(gate: Gate) -> None:
    """Information yields to the alarm; the answer waits until the alarm has ended."""
    gate.say(LONG)
    gate.event("began", LONG)
    gate.say("您还好吗？", urgency=2)
    gate.say("已经取消。", urgency=1)
    stopped, alarm = gate.event("stopped", LONG), gate.event("began", "您还好吗？")
    answer, ended = gate.event("began", "已经取消。"), gate.event("finished", "您还好吗？")
    assert stopped["at"] <= alarm["at"] <= ended["at"] <= answer["at"]


def test_stop_is_silence_at_once(gate: Gate) -> None:
    """What sounds ends, what waits is not said."""
    gate.say(LONG)
    gate.event("began", LONG)
    gate.say("车到了。")
    asked = time.clock_gettime(time.CLOCK_BOOTTIME)
    gate.speaker.command(StopSpeaking())
    assert gate.event("stopped", LONG)["at"] - asked < 0.5
    gate.say("好的。")
    gate.event("finished", "好的。")
    assert not gate.find("began", "车到了。")


def test_volume_goes_in_steps_up_to_the_ceiling_and_back(gate: Gate) -> None:
    """One step is 6 dB; the next resident starts at the technician's volume."""

    def loudness(text: str, *steps: Volume) -> float:
        for step in steps:
            gate.speaker.command(step)
        gate.say(text, urgency=1)
        return float(gate.event("finished", text)["rms_dbfs"])

    # The same words, told apart by what cannot be heard.
    normal = loudness("好的。")
    assert loudness("好的！", Volume(-1)) == pytest.approx(normal - 6, abs=0.5)
    assert loudness("好的；", *[Volume(1)] * 9) == pytest.approx(normal + 6, abs=0.5)
    assert loudness("好的", Volume(reset=True)) == pytest.approx(normal, abs=0.5)


def test_an_alarm_is_never_softer_than_the_technician_chose(gate: Gate) -> None:
    """A resident who likes it quiet does not turn down the question after a fall."""
    gate.say("好的。", urgency=2)
    normal = gate.event("finished", "好的。")["rms_dbfs"]
    for _ in range(4):
        gate.speaker.command(Volume(-1))
    gate.say("好的！", urgency=2)
    assert gate.event("finished", "好的！")["rms_dbfs"] == pytest.approx(normal, abs=0.5)


def test_a_headset_takes_the_speech_but_not_an_alarm(gate: Gate) -> None:
    """What sounds ceases when the headset comes or goes: it may be private."""
    gate.say(LONG)
    assert gate.event("began", LONG)["device"] == "outside"
    gate.speaker.command(Headset(True))
    gate.event("stopped", LONG)
    gate.say("好的。", urgency=1)
    assert gate.event("finished", "好的。")["device"] == "ears"
    gate.say("您还好吗？", urgency=2)
    assert gate.event("began", "您还好吗？")["device"] == "outside"


def test_fixed_phrases_are_rendered_ahead(gate: Gate, tmp_path: Path) -> None:
    """They lie in the cache and say their own words; nothing sounds."""
    gate.speaker.command(Prepare(("请上车。", "Please wait.")))
    folder = tmp_path / "cache/speech"
    files = wait_for(lambda: sorted(folder.glob("*.wav"))[1:] and sorted(folder.glob("*.wav")))
    assert {from_wav(file.read_bytes())[1] for file in files} == {"请上车。", "Please wait."}
    assert not gate.events()


def test_what_cannot_be_said_is_left_out(gate: Gate, caplog: pytest.LogCaptureFixture) -> None:
    """Signs alone, or a language without a voice, do not stop what follows."""
    gate.say("……")
    gate.say("dobrý den", language="xx")
    gate.say("好的。")
    gate.event("began", "好的。")
    assert caplog.text.count("not spoken") == 2


def test_it_stops_in_the_middle_of_a_sentence(gate: Gate) -> None:
    """Within a second, and the sentence counts as stopped."""
    gate.say(LONG)
    gate.event("began", LONG)
    assert gate.running.stop() < 1
    assert gate.event("stopped", LONG)
    assert gate.running.signals[-1] == Spoken(source="speaker", text=LONG, state="stopped")


def test_no_sound_card(tmp_path: Path) -> None:
    """It is known before there is anything to say, with the player's words and a remedy."""
    speaker, log = make(tmp_path)
    log.with_name("said.jsonl.unplugged").touch()
    with pytest.raises(DriverUnavailable, match=r"No such device; check the sound card .*aplay"):
        speaker.run(lambda signal: None, threading.Event())


def test_a_sound_card_that_is_pulled_out_and_put_back(tmp_path: Path) -> None:
    """What could not sound is not said later; the next phrase is."""
    speaker, log = make(tmp_path)
    missing = log.with_name("said.jsonl.unplugged")
    with Running(speaker) as running:
        gate = Gate(speaker, running, log)
        gate.say("一。")
        gate.event("finished", "一。")
        missing.touch()
        gate.say("二。")
        assert "No such device" in running.why()
    missing.unlink()
    with Running(speaker) as running:
        gate.say("三。")
        gate.event("began", "三。")
    assert not gate.find("began", "二。")


def test_a_sound_card_that_is_busy_for_a_moment(tmp_path: Path) -> None:
    """The question after a fall is asked again at once, before anything else."""
    speaker, log = make(tmp_path)
    with Running(speaker) as running:
        gate = Gate(speaker, running, log)
        gate.say("好的。")
        gate.event("finished", "好的。")
        busy = log.with_name("said.jsonl.busy")
        busy.touch()
        gate.say("天气很好。")
        gate.say("您还好吗？", urgency=2)
        wait_for(
            lambda: "began" in [one.state for one in running.signals[3:] if hasattr(one, "state")]
        )
        busy.unlink()
        freed = time.clock_gettime(time.CLOCK_BOOTTIME)
        assert gate.event("began", "您还好吗？")["at"] - freed < 1.0
    assert not running.gave_up


def test_an_alarm_does_not_wait_for_a_long_text_to_be_rendered(gate: Gate) -> None:
    """A name of 30,000 characters is no reason to be silent."""
    gate.say("王" * 30_000, urgency=1)
    asked = time.clock_gettime(time.CLOCK_BOOTTIME)
    gate.say("您还好吗？", urgency=2)
    assert gate.event("began", "您还好吗？")["at"] - asked < 2.0


def test_no_player(tmp_path: Path) -> None:
    """The missing program is named."""
    speaker, _ = make(tmp_path, player=("no-such-player",))
    with pytest.raises(DriverUnavailable, match="no-such-player is not installed"):
        speaker.run(lambda signal: None, threading.Event())


def test_without_recorded_syllables_espeak_speaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One line in the log names the package."""

    def missing(foreign: object) -> None:
        raise SyllablesMissing("no recorded syllables; sudo apt install gcin-voice")

    monkeypatch.setattr(repertoire, "SyllableVoice", missing)
    speaker, log = make(tmp_path)
    with Running(speaker) as running:
        gate = Gate(speaker, running, log)
        gate.say("车到了。")
        gate.event("finished", "车到了。")
    assert caplog.text.count("apt install gcin-voice") == 1


def test_without_any_voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver is unavailable and says what to install."""

    def no_syllables(foreign: object) -> None:
        raise SyllablesMissing("sudo apt install gcin-voice")

    def no_espeak() -> None:
        raise EspeakMissing("sudo apt install espeak-ng")

    monkeypatch.setattr(repertoire, "SyllableVoice", no_syllables)
    monkeypatch.setattr(repertoire, "EspeakVoice", no_espeak)
    speaker, _ = make(tmp_path)
    with pytest.raises(DriverUnavailable, match=r"espeak-ng.*gcin-voice"):
        speaker.run(lambda signal: None, threading.Event())


def test_the_volume_may_not_start_above_the_ceiling() -> None:
    """The settings say so."""
    with pytest.raises(ValueError, match="above ceiling_db"):
        SpeakerSettings(volume_db=-3, ceiling_db=-10)
