"""Pseudo-terminals behave as serial adapters do."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import serial

from hw_mocks.serial_lines import MockSerialLine, UltrasonicStream, encode


def test_bytes_pass_unchanged(tmp_path: Path) -> None:
    """All 256 byte values come through, and nothing is echoed."""
    with (
        MockSerialLine(tmp_path / "port") as line,
        serial.Serial(str(line.link), timeout=1) as port,
    ):
        line.send(bytes(range(256)))
        assert port.read(256) == bytes(range(256))


def test_outlives_its_reader(tmp_path: Path) -> None:
    """A second reader gets what is sent to it, after the first one has gone."""
    with MockSerialLine(tmp_path / "port") as line:
        for _ in range(2):
            with serial.Serial(str(line.link), timeout=1) as port:
                line.send(b"R1234\r")
                assert port.read(6) == b"R1234\r"
            line.send(b"to nobody")


def test_unplug_is_an_error_for_the_reader(tmp_path: Path) -> None:
    """Unplugging takes the name away and fails the read; plugging gives both back."""
    with MockSerialLine(tmp_path / "port") as line:
        with serial.Serial(str(line.link), timeout=5) as port:
            line.unplug()
            with pytest.raises(serial.SerialException):
                port.read(1)
        assert not line.link.is_symlink()
        line.send(b"lost")
        line.plug()
        with serial.Serial(str(line.link), timeout=1) as port:
            line.send(b"here")
            assert port.read(4) == b"here"


def test_nobody_reads(tmp_path: Path) -> None:
    """A sender never waits for a reader that is not there."""
    with MockSerialLine(tmp_path / "port") as line:
        for _ in range(100):
            line.send(bytes(4096))


def test_everything_closes(tmp_path: Path) -> None:
    """Neither descriptors nor threads nor the name remain, however often it is closed."""
    before = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
    line = MockSerialLine(tmp_path / "port")
    stream = UltrasonicStream(line)
    for thing in (stream, line, stream, line):
        thing.close()
    assert (len(list(Path("/proc/self/fd").iterdir())), threading.active_count()) == before
    assert not list(tmp_path.iterdir())


def test_frames() -> None:
    """The stand-in sends the published bytes."""
    assert encode("a02", 1953) == bytes.fromhex("FF 07 A1 A7")
    assert encode("a02", None) == bytes.fromhex("FF 00 00 FF")
    assert encode("maxbotix-mm", 480) == b"R0480\r"
    assert encode("maxbotix-cm", 1230) == b"R123\r"
    assert encode("maxbotix-mm", None) == b"R5000\r"
    assert encode("maxbotix-cm", None) == b"R765\r"
