"""Presence radars LD2410 and the second kind of fall radar, with published frames."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract.signals import PersonDown, PersonUp, Presence
from drivers.radar import fda2
from drivers.radar.driver import FallRadar, FallRadarSettings
from drivers.radar.fda2 import Fda2Parser
from drivers.radar.frames import Frame, Report
from drivers.radar.ld2410 import Ld2410Parser
from drivers.radar.presence import PresenceRadar, PresenceRadarSettings
from hw_mocks.devices.radar import MockPresenceRadar, ld2410
from hw_mocks.serial_lines import MockSerialLine
from tests.drivers.running import Running, site
from tests.waiting import wait_for

NONE = "F4 F3 F2 F1 0D 00 02 AA 00 45 00 3E 00 00 3A 00 00 55 00 F8 F7 F6 F5"
BOTH = (
    "F4 F3 F2 F1 23 00 01 AA 03 1E 00 3C 00 00 39 00 00 08 08 3C 22 05 03 03 04 03 06 05 00 00 39 "
    "10 13 06 06 08 04 60 01 55 00 F8 F7 F6 F5"
)
ACKS = (
    "FD FC FB FA 08 00 FF 01 00 00 01 00 40 00 04 03 02 01",
    "FD FC FB FA 0C 00 A0 01 00 00 00 01 07 01 16 15 09 22 04 03 02 01",
    "FD FC FB FA 1C 00 61 01 00 00 AA 08 08 08 32 32 28 1E 14 0F 0F 0F 0F 00 00 28 28 1E 1E 14 14 "
    "14 05 00 04 03 02 01",
    "FD FC FB FA 04 00 FE 01 00 00 04 03 02 01",
)
FALL = "01 00 00 00 01 0E 02 F3 01 FE"
NO_FALL = "01 00 00 00 01 0E 02 F3 00 FF"


def states(text: str) -> list[bool | None]:
    return Ld2410Parser().feed(bytes.fromhex(text))


def test_published_reports() -> None:
    """Nobody is there though distances and energies are set; engineering reports count too."""
    assert states(NONE) == [False]
    assert states(BOTH) == [True]
    assert ld2410(0) == bytes.fromhex(NONE)


@pytest.mark.parametrize("ack", ACKS)
def test_answers_are_no_reports(ack: str) -> None:
    assert states(ack) == []
    assert states(NONE + ack + BOTH + ack) == [False, True]


def test_joined_cut_and_spoiled() -> None:
    """A report that lost bytes costs itself alone; calibration says nothing of people."""
    cut = NONE[:30]
    assert states(NONE + NONE + BOTH) == [False, False, True]
    assert states(cut + NONE) == [False]
    assert states(NONE.replace("55 00", "55 01") + BOTH) == [True]
    assert states(NONE.replace("AA 00 45", "AA 04 45")) == [None]


@settings(deadline=None)
@given(st.binary(max_size=120), st.integers(0, 3), st.integers(1, 9))
def test_any_bytes_before_a_report(junk: bytes, state: int, size: int) -> None:
    """Nothing raises; behind whatever garbage the second of two reports is found."""
    parser = Ld2410Parser()
    stream = junk + ld2410(state) * 2
    found = [s for at in range(0, len(stream), size) for s in parser.feed(stream[at : at + size])]
    assert found[-1:] == [state > 0]


def test_presence_radar(tmp_path: Path) -> None:
    """Told at the start and at each change; pulled out it says so."""
    mock = MockPresenceRadar(tmp_path / "radar")
    driver = PresenceRadar("room", PresenceRadarSettings(port=str(mock.line.link)), site())
    with Running(driver) as running:
        wait_for(lambda: running.signals == [Presence(source="room", present=False)])
        mock.set({"present": True})
        wait_for(lambda: running.signals[1:] == [Presence(source="room", present=True)])
        mock.connect(False)
        assert "was lost" in running.why()
    mock.close()


def test_silent_presence_radar(tmp_path: Path) -> None:
    with MockSerialLine(tmp_path / "radar") as line:
        settings = PresenceRadarSettings(port=str(line.link), silence_s=1)
        with Running(PresenceRadar("room", settings, site())) as running:
            assert "configuration mode" in running.why()


@pytest.mark.parametrize(
    ("text", "frame", "said"),
    [
        (FALL, Frame(0x0E, 2, b"\1"), Report("fall", 1)),
        (NO_FALL, Frame(0x0E, 2, b"\0"), Report("fall", 0)),
        ("01 00 00 00 00 0E 06 F6", Frame(0x0E, 6, b""), None),
        ("01 00 00 00 00 21 10 CF", Frame(0x21, 0x10, b""), None),
    ],
)
def test_second_kind_of_fall_radar(text: str, frame: Frame, said: Report | None) -> None:
    found = Fda2Parser().feed(b"\x01\x01\x00" + bytes.fromhex(text))
    assert found == [frame]
    assert fda2.report(frame) == said


def test_spoiled_checks() -> None:
    for spoiled in (FALL.replace("F3", "F2"), FALL.replace("FE", "FD")):
        assert Fda2Parser().feed(bytes.fromhex(spoiled)) == []
        assert len(Fda2Parser().feed(bytes.fromhex(spoiled + FALL))) == 1


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(1, 9))
def test_any_bytes_of_the_second_kind(data: bytes, size: int) -> None:
    """However they are cut, the same frames, none with a wrong check."""
    whole = Fda2Parser().feed(data)
    parser = Fda2Parser()
    assert whole == [
        f for at in range(0, len(data), size) for f in parser.feed(data[at : at + size])
    ]
    for frame in whole:
        fda2.report(frame)


def test_a_fall_of_the_second_kind(tmp_path: Path) -> None:
    with MockSerialLine(tmp_path / "radar") as line:
        settings = FallRadarSettings(port=str(line.link), model="mr60fda2")
        with Running(FallRadar("bath", settings, site())) as running:

            def heard() -> bool:
                line.send(bytes.fromhex(NO_FALL))
                return bool(running.signals)

            wait_for(heard)
            assert set(map(type, running.signals)) == {PersonUp}
            line.send(bytes.fromhex(FALL))
            wait_for(lambda: isinstance(running.signals[-1], PersonDown))
