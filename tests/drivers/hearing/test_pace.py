"""How fast samples really come, and another rate made 16 kHz."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.hearing import HZ, capture
from drivers.hearing.capture import Capture, CaptureFailed
from drivers.hearing.pace import RATES, OddPace, Pace, Resampler


def tone(hz: int, seconds: float, hertz: float = 440.0) -> bytes:
    at = np.arange(round(hz * seconds)) / hz
    return bytes((8000 * np.sin(2 * np.pi * hertz * at)).astype("<i2").tobytes())


@pytest.mark.parametrize("hz", [8_000, 22_050, 44_100, 48_000])
def test_another_rate_becomes_16_khz(hz: int) -> None:
    """As long, as high and as loud, however it is cut into pieces."""
    sound, resampler = tone(hz, 2.0), Resampler(hz)
    made = b"".join(resampler.take(sound[at : at + 999]) for at in range(0, len(sound), 999))
    samples = np.frombuffer(made, "<i2").astype(float)
    assert len(samples) == pytest.approx(2 * HZ, abs=100)
    assert np.argmax(np.abs(np.fft.rfft(samples[:HZ]))) == pytest.approx(440, abs=1)
    assert np.sqrt((samples[800:-800] ** 2).mean()) == pytest.approx(8000 / 2**0.5, rel=0.02)


def test_what_is_too_high_is_left_out() -> None:
    """A tone above 8 kHz does not come back as another one."""
    made = np.frombuffer(Resampler(48_000).take(tone(48_000, 1.0, 11_000)), "<i2").astype(float)
    assert np.sqrt((made[800:-800] ** 2).mean()) < 150


@settings(max_examples=30)
@given(st.sampled_from((HZ, *RATES)), st.floats(0.97, 1.03), st.floats(0.005, 0.2))
def test_bytes_are_counted_against_the_clock(hz: int, drift: float, every: float) -> None:
    """The rate is found, whatever the pieces, within ten seconds."""
    pace, now = Pace(), 100.0
    for _ in range(int(10 / every)):
        now += every
        pace.count(round(hz * drift * every) * 2, now)
    assert pace.hz == hz


def test_a_rate_that_no_card_has_is_refused() -> None:
    """With both numbers."""
    pace = Pace()
    with pytest.raises(OddPace, match=r"37\d{3} samples a second come instead of 16000"):
        for number in range(100):
            pace.count(7_500, number * 0.1)


@given(st.lists(st.tuples(st.floats(0.02, 3.0), st.floats(0.0, 1.0)), max_size=60))
@example([(2.5, 0.375), (0.25, 0.5), (2.0, 0.625), (1.5, 0.75), (2.0, 1.0)])
@example([(3.0, 0.25), (1.0, 0.5), (2.0, 0.625), (1.5, 0.75), (2.0, 1.0)])
def test_a_busy_machine_is_no_other_card(reads: list[tuple[float, float]]) -> None:
    """Reads that come late, then much at once, or catch up little by little, and sound that was
    lost meanwhile: two seconds of it wait in the pipe."""
    pace, now, waiting = Pace(), 0.0, 0.0
    for passed, kept in reads:
        now += passed
        waiting = min(65_536, waiting + passed * HZ * 2 * (1 if kept > 0.2 else kept))
        size = int(waiting * kept) // 2 * 2
        waiting -= size
        pace.count(size, now)
    assert pace.hz <= HZ


def recorder(hz: int, value: str) -> list[str]:
    """Writes samples at this rate, as arecord does."""
    return [
        sys.executable,
        "-c",
        "import sys,time,array,math\n"
        f"hz={hz}; n=0; began=time.monotonic()\n"
        "while True:\n"
        " due=int((time.monotonic()-began)*hz)\n"
        f" sys.stdout.buffer.write(array.array('h',[{value} for k in range(n,due)]).tobytes())\n"
        " sys.stdout.buffer.flush(); n=max(n,due); time.sleep(0.02)\n",
    ]


def test_a_card_that_gives_48_khz_is_heard_as_it_sounds(caplog: pytest.LogCaptureFixture) -> None:
    """After two seconds its sound comes at 16 kHz, at its own pitch; the log says so."""
    came = bytearray()
    with Capture(recorder(48_000, "int(8000*math.sin(k*2*math.pi*500/48000))")) as card:
        deadline = time.monotonic() + 15
        while "given=48000" not in caplog.text and time.monotonic() < deadline:
            list(card.frames(0.1))
        while len(came) < HZ * 2 and time.monotonic() < deadline:
            came += b"".join(card.frames(0.1))
    samples = np.frombuffer(bytes(came[: HZ * 2]), "<i2").astype(float)
    assert np.argmax(np.abs(np.fft.rfft(samples))) == pytest.approx(500, abs=3)


def test_a_microphone_of_zeros_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reported; it is never alive."""
    monkeypatch.setattr(capture, "_ZEROS_S", 0.5)
    with Capture(recorder(HZ, "0")) as card:
        with pytest.raises(CaptureFailed, match=r"nothing but zeros .* muted"):
            while True:
                list(card.frames(0.1))
        assert not card.alive


def test_a_card_of_an_odd_rate_is_refused() -> None:
    """The remedy names a device that converts."""
    with (
        Capture(recorder(38_000, "k % 99")) as card,
        pytest.raises(CaptureFailed, match=r"samples a second come .*plughw"),
    ):
        while True:
            list(card.frames(0.1))


def test_the_engine_is_chosen_by_what_is_there(tmp_path: Path) -> None:
    """vosk's model before Whisper's; a configured one in any case."""
    from agent.contract.driver import Site
    from drivers.microphone import Microphone, MicrophoneSettings

    def chosen(model: str = "") -> str:
        settings = MicrophoneSettings(model=model)
        return Microphone("ear", settings, Site(tmp_path, tmp_path))._folder.name

    assert chosen() == "vosk-model-small-cn-0.22"
    (tmp_path / "whisper-base").mkdir()
    assert chosen() == chosen("vosk-model-small-cn-0.22") == "whisper-base"
    (tmp_path / "vosk-model-small-cn-0.22").mkdir()
    assert chosen() == "vosk-model-small-cn-0.22"
    assert chosen("other") == "other"
