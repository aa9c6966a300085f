"""The driver of fall radars, on a pseudo-terminal with the radar's own bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.contract.signals import PersonDown, PersonUp
from drivers.radar import driver as fall_radar
from drivers.radar.driver import CONFIDENCE, FallRadar, FallRadarSettings
from hw_mocks.serial_lines import MockSerialLine, UltrasonicStream, radar_frame
from tests.drivers.running import Running, site
from tests.waiting import wait_for

FALL = radar_frame(0x83, 0x01, b"\x01")
CLEAR = radar_frame(0x83, 0x01, b"\x00")
DWELL = radar_frame(0x83, 0x05, b"\x01")
GONE = radar_frame(0x80, 0x01, b"\x00")
QUIET = radar_frame(0x80, 0x03, b"\x00")

DOWN = PersonDown(source="radar", track=0, confidence=CONFIDENCE, reason="radar")
UP = PersonUp(source="radar", track=0)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[MockSerialLine]:
    """A plugged line on which nothing is sent yet."""
    with MockSerialLine(tmp_path / "radar") as line:
        yield line


@pytest.fixture
def running(line: MockSerialLine) -> Iterator[Running]:
    """The driver, reading; it has taken a fall back."""
    with Running(driver(line, silence_s=30)) as running:
        listening(line, running)
        yield running


def driver(line: MockSerialLine, **settings: Any) -> FallRadar:
    """The driver of the radar on *line*, quick enough for a test."""
    return FallRadar("radar", FallRadarSettings(port=str(line.link), **settings), site())


def listening(line: MockSerialLine, running: Running) -> None:
    """Wait until the driver reads: opening flushes what was sent before."""

    def heard() -> bool:
        line.send(CLEAR)
        return bool(running.signals)

    wait_for(heard)
    settle(line, running)


def settle(line: MockSerialLine, running: Running) -> None:
    """Wait until all that was sent is read, and forget it."""
    line.send(FALL + CLEAR)
    wait_for(lambda: DOWN in running.signals and running.signals[-1] == UP)
    running.signals.clear()


def test_a_fall_and_getting_up(line: MockSerialLine, running: Running) -> None:
    """The fall state becomes `PersonDown` and `PersonUp`."""
    line.send(QUIET + FALL + QUIET)
    wait_for(lambda: running.signals == [DOWN])
    line.send(CLEAR)
    wait_for(lambda: running.signals == [DOWN, UP])


def test_what_is_no_fall(line: MockSerialLine, running: Running) -> None:
    """Dwell, an empty room, unknown values and broken frames mean nothing for themselves."""
    line.send(DWELL + GONE + radar_frame(0x83, 0x01, b"\x02") + FALL[:-3] + b"\x00TC")
    line.send(FALL)
    wait_for(lambda: running.signals)
    line.send(DWELL + GONE + CLEAR)
    wait_for(lambda: running.signals == [DOWN, UP])


def test_a_repeated_report_is_one_fall(line: MockSerialLine, running: Running) -> None:
    """A radar that repeats itself does not repeat the fall."""
    line.send(FALL * 5 + CLEAR)
    wait_for(lambda: running.signals[-1:] == [UP])
    assert running.signals == [DOWN, UP]


def test_a_later_report_is_another_fall(
    line: MockSerialLine, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the getting up was lost on the wire, the next fall is a fall all the same."""
    monkeypatch.setattr(fall_radar, "SAME_S", 0.0)
    line.send(FALL)
    wait_for(lambda: running.signals == [DOWN])
    line.send(FALL)
    wait_for(lambda: running.signals == [DOWN, DOWN])


def test_silence(line: MockSerialLine) -> None:
    """A radar that sends nothing is reported, and nobody is said to lie or stand."""
    with Running(driver(line, silence_s=1)) as running:
        assert running.why() == (
            f"{line.link} sent nothing for 1 s; check the 5 V supply and the TX wire"
        )
    assert not running.signals


def test_a_quiet_room_is_no_silence(line: MockSerialLine) -> None:
    """Frames that tell nothing new are life enough."""
    with UltrasonicStream(line, "radar") as radar, Running(driver(line, silence_s=1)) as running:
        listening(line, running)
        with pytest.raises(AssertionError):
            wait_for(lambda: running.gave_up, 1.5)
        radar.fault = "silent"
        assert "sent nothing for 1 s" in running.why()


def test_garbage(line: MockSerialLine) -> None:
    """Bytes without a frame point to model and baud rate."""
    with UltrasonicStream(line, "radar") as radar:
        radar.fault = "garbled"
        with Running(driver(line, silence_s=1)) as running:
            why = running.why()
    assert "but no whole frame at baud 115200" in why
    assert not running.signals


def test_unplugged_and_plugged_again(line: MockSerialLine) -> None:
    """Pulling the adapter out is reported at once; a new start finds it again."""
    with Running(driver(line)) as running:
        listening(line, running)
        line.unplug()
        assert "was lost while reading" in running.why()
    line.plug()
    with Running(driver(line)) as running:
        listening(line, running)


def test_a_missing_port_is_named(line: MockSerialLine) -> None:
    """The remedy is the cable."""
    line.unplug()
    with Running(driver(line)) as running:
        assert running.why().startswith(f"{line.link} is not there; check the USB cable")


@pytest.mark.parametrize("wrong", [{"port": ""}, {"baud": 300}, {"silence_s": 0}, {"unit": "mm"}])
def test_settings(wrong: dict[str, Any]) -> None:
    """What cannot work is refused."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"port": "/dev/ttyUSB0"} | wrong, FallRadarSettings)
