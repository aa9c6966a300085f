"""The driver of serial scanners, on a pseudo-terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.contract.signals import Scanned, Unreadable
from drivers.scanner import serial
from drivers.scanner.serial import ScannerSerial, ScannerSerialSettings
from hw_mocks.devices.scanner import MockScanner
from tests.drivers.running import Running, site
from tests.waiting import wait_for


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[MockScanner]:
    scanner = MockScanner(tmp_path / "scanner")
    yield scanner
    scanner.close()


def driver(scanner: MockScanner) -> ScannerSerial:
    settings = ScannerSerialSettings(port=str(scanner.line.link))
    return ScannerSerial("gate", settings, site())


def opened(running: Running, scanner: MockScanner) -> None:
    """Opening a port flushes what was sent before."""

    def told() -> bool:
        scanner.scan("open")
        return running.has_emitted()

    wait_for(told)
    running.signals.clear()


def test_codes_are_told_once(scanner: MockScanner) -> None:
    """With and without a tail; a code that stays before the scanner is one scan."""
    with Running(driver(scanner)) as running:
        opened(running, scanner)
        for _ in range(3):
            scanner.scan("BXJ1:AB23")
        wait_for(running.has_emitted)
        scanner.scan("8711218972875", tail="")
        wait_for(lambda: len(running.signals) == 2)
    assert running.signals == [
        Scanned(source="gate", text="BXJ1:AB23"),
        Scanned(source="gate", text="8711218972875"),
    ]


def test_a_code_that_is_too_long_is_refused_out_loud(
    scanner: MockScanner, caplog: pytest.LogCaptureFixture
) -> None:
    """Once, in the log too; the next one is told as itself."""
    with Running(driver(scanner)) as running:
        opened(running, scanner)
        for _ in range(2):
            scanner.scan("https://" + "x" * 2000)
        scanner.scan("BXJ1:AB23")
        wait_for(lambda: len(running.signals) == 2)
    assert running.signals == [
        Unreadable(source="gate", why="too_long"),
        Scanned(source="gate", text="BXJ1:AB23"),
    ]
    assert caplog.text.count("code refused driver=gate reason=too_long") == 1


def test_a_dead_scanner_is_noticed(
    scanner: MockScanner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody scans for hours: so it is asked whether it is there. No code stands in the log."""
    monkeypatch.setattr(serial, "BEAT_S", 0.1)
    with Running(driver(scanner)) as running:
        opened(running, scanner)
        scanner.answers = False
        assert "does not answer" in running.why()
    assert "open" not in caplog.text


def test_unplugged(scanner: MockScanner) -> None:
    with Running(driver(scanner)) as running:
        opened(running, scanner)
        scanner.connect(False)
        assert "was lost" in running.why()
