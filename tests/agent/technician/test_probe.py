"""`linli probe`: what a device sends, and what is made of it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from agent.cli import main
from agent.contract.driver import Site
from agent.contract.signals import Measured
from agent.technician.probe import probe, shown
from config.build import Chosen
from drivers.ultrasonic.serial import UltrasonicSerialSettings
from hw_mocks.serial_lines import MockSerialLine, UltrasonicStream
from tests.agent.technician.test_accept import TEXT
from tests.waiting import wait_for


def probed(port: Path, until: str, tmp_path: Path) -> list[str]:
    """The lines until one has *until* in it."""
    lines: list[str] = []
    stop = threading.Event()
    chosen = Chosen("ultrasonic_serial", UltrasonicSerialSettings(port=str(port)))
    site = Site(tmp_path, tmp_path)
    thread = threading.Thread(target=probe, args=("bin_1", chosen, site, lines.append, stop))
    thread.start()
    try:
        wait_for(lambda: any(until in line for line in lines), 10)
    finally:
        stop.set()
        thread.join(10)
    return lines


def test_bytes_and_values(tmp_path: Path) -> None:
    """The frame as it came, and the distance in it."""
    with MockSerialLine(tmp_path / "line") as line, UltrasonicStream(line, mm=1953):
        lines = probed(line.link, "measured", tmp_path)
    assert any(" < " in one and "FF 07 A1 A7" in one for one in lines)
    assert any(one.endswith("= measured quantity=distance value=1953.0 unit=mm") for one in lines)


def test_what_is_wrong(tmp_path: Path) -> None:
    lines = probed(tmp_path / "none", "is not there", tmp_path)
    assert " ! " in lines[0] and "stop linli" in lines[0]


def test_one_line() -> None:
    signal = Measured(source="x", quantity="distance", value=None, unit="mm", missing="no_echo")
    assert shown(signal) == "measured quantity=distance unit=mm missing=no_echo"


def test_no_such_device(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(TEXT)
    assert main(["probe", "lampe", "--config", str(path)]) == 2
    assert "There is no device 'lampe'. Known: key_help, lamp, door." in capsys.readouterr().err
