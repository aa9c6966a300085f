"""The driver of serial distance sensors, on a pseudo-terminal with the sensor's own bytes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.contract.signals import Measured
from drivers.ultrasonic.serial import UltrasonicSerial, UltrasonicSerialSettings
from hw_mocks.serial_lines import MockSerialLine, UltrasonicStream, encode
from tests.drivers.running import Running, site
from tests.waiting import wait_for


@pytest.fixture
def line(tmp_path: Path) -> Iterator[MockSerialLine]:
    """A plugged line on which nothing is sent yet."""
    with MockSerialLine(tmp_path / "bin") as line:
        yield line


def driver(line: MockSerialLine, **settings: Any) -> UltrasonicSerial:
    """The driver of the sensor on *line*, quick enough for a test."""
    defaults: dict[str, Any] = {"port": str(line.link), "silence_s": 1, "rate_hz": 10}
    return UltrasonicSerial("bin", UltrasonicSerialSettings(**defaults | settings), site())


def distances(running: Running) -> list[float | str | None]:
    """What was emitted: millimetres, or why there are none."""
    assert all(isinstance(s, Measured) and s.source == "bin" for s in running.signals)
    return [s.missing or s.value for s in running.signals if isinstance(s, Measured)]


def open_port(line: MockSerialLine, running: Running) -> None:
    """Wait until the driver reads: opening flushes what was sent before."""
    primer = encode("a02", None)

    def primed() -> bool:
        line.send(primer)
        return bool(running.signals)

    wait_for(primed)


@pytest.mark.parametrize(
    ("stream", "settings", "mm"),
    [
        ("a02", {}, 1200),
        ("a02", {"unit": "cm", "max_mm": 13_000}, 12_000),
        ("maxbotix-mm", {"protocol": "maxbotix"}, 1200),
        ("maxbotix-cm", {"protocol": "maxbotix", "unit": "cm"}, 1200),
    ],
)
def test_distance(line: MockSerialLine, stream: Any, settings: dict[str, Any], mm: int) -> None:
    """Each family of sensors is understood, in its own unit."""
    with UltrasonicStream(line, stream, 1200), Running(driver(line, **settings)) as running:
        wait_for(lambda: len(running.signals) >= 2)
    assert set(distances(running)) == {mm}


@pytest.mark.parametrize(
    ("stream", "settings", "mm", "why"),
    [
        ("a02", {}, None, "no_echo"),
        ("a02", {"min_mm": 250}, 250, "too_near"),
        ("a02", {}, 4500, "no_echo"),
        ("a02", {}, 9999, "no_echo"),
        ("maxbotix-mm", {"protocol": "maxbotix", "min_mm": 300}, 300, "too_near"),
        ("maxbotix-mm", {"protocol": "maxbotix", "max_mm": 5000}, None, "no_echo"),
        ("maxbotix-mm", {"protocol": "maxbotix"}, 0, "probing"),
        ("maxbotix-cm", {"protocol": "maxbotix", "unit": "cm"}, None, "no_echo"),
    ],
)
def test_no_distance(
    line: MockSerialLine, stream: Any, settings: dict[str, Any], mm: int | None, why: str
) -> None:
    """Too near and no echo are told apart: the one is full, the other is a fault."""
    with UltrasonicStream(line, stream, mm), Running(driver(line, **settings)) as running:
        wait_for(lambda: running.signals)
    assert set(distances(running)) == {why}


def test_median_of_the_window(line: MockSerialLine) -> None:
    """One signal per window, the median of its readings, not the last; None for most None."""
    with Running(driver(line, rate_hz=2)) as running:
        open_port(line, running)
        for window, median in (
            ([900, 905, 910, 4400, 31], 905),
            ([900, None, 910, None], 900),
            ([900, None, None], "no_echo"),
            ([900, 20, 20], "too_near"),
            ([900, 20, None, None, None], "no_echo"),
        ):
            running.signals.clear()
            line.send(b"".join(encode("a02", mm) for mm in window))
            wait_for(lambda: running.signals)
            assert distances(running) == [median]


def test_rate(line: MockSerialLine) -> None:
    """Ten readings a second become at most two signals a second."""
    with UltrasonicStream(line), Running(driver(line, rate_hz=2)) as running:
        began = time.monotonic()
        wait_for(lambda: len(running.signals) >= 4)
        assert time.monotonic() - began >= 1.9


def test_port_is_missing(line: MockSerialLine) -> None:
    """A missing port is named, with what to look at."""
    line.unplug()
    with Running(driver(line)) as running:
        why = running.why()
    assert why.startswith(f"{line.link} is not there; check the USB cable")


def test_port_is_no_port(tmp_path: Path) -> None:
    """A path that is no serial port is refused in words."""
    for path in (tmp_path / "file", tmp_path):
        if path != tmp_path:
            path.write_text("")
        settings = UltrasonicSerialSettings(port=str(path))
        with Running(UltrasonicSerial("bin", settings, site())) as running:
            assert "cannot be opened as a serial port" in running.why()


def test_port_is_in_use(line: MockSerialLine) -> None:
    """Two sensors on one port are told apart from a broken one."""
    with UltrasonicStream(line), Running(driver(line)) as first:
        wait_for(lambda: first.signals)
        with Running(driver(line)) as second:
            assert "is in use by another program" in second.why()


def test_silence(line: MockSerialLine) -> None:
    """A sensor that sends nothing is reported, and nothing is made up."""
    with Running(driver(line)) as running:
        assert running.why() == (f"{line.link} sent nothing for 1 s; check power and the TX wire")
    assert not running.signals


def test_falls_silent(line: MockSerialLine) -> None:
    """A sensor whose wire breaks while it works is reported."""
    with UltrasonicStream(line) as sensor, Running(driver(line)) as running:
        wait_for(lambda: running.signals)
        sensor.fault = "silent"
        assert "sent nothing for 1 s" in running.why()


@pytest.mark.parametrize("settings", [{}, {"protocol": "maxbotix"}])
def test_garbage(line: MockSerialLine, settings: dict[str, Any]) -> None:
    """Bytes without a frame point to the protocol, the unit and the baud rate."""
    with UltrasonicStream(line) as sensor:
        sensor.fault = "garbled"
        with Running(driver(line, **settings)) as running:
            why = running.why()
    assert "but no reading in protocol" in why
    assert "baud 9600" in why
    assert not running.signals


def test_unplugged_and_plugged_again(line: MockSerialLine) -> None:
    """Pulling the adapter out is reported at once; a new start finds it again."""
    with UltrasonicStream(line):
        with Running(driver(line)) as running:
            wait_for(lambda: running.signals)
            line.unplug()
            assert "was lost while reading" in running.why()
        line.plug()
        with Running(driver(line)) as running:
            wait_for(lambda: running.signals)


def test_flood(line: MockSerialLine) -> None:
    """A line that floods costs little and still gives its signals at the asked rate."""
    with UltrasonicStream(line) as sensor:
        sensor.fault = "flood"
        with Running(driver(line, rate_hz=2)) as running:
            wall, cpu = time.monotonic(), time.process_time()
            wait_for(lambda: len(running.signals) >= 3)
            assert time.process_time() - cpu < 0.2 * (time.monotonic() - wall)
            assert set(distances(running)) == {1200}
            assert running.stop() < 1


def test_settings() -> None:
    """A range that is none is refused with the remedy."""
    with pytest.raises(msgspec.ValidationError, match="min_mm must be below max_mm, got 500"):
        msgspec.convert(
            {"port": "/dev/ttyUSB0", "min_mm": 500, "max_mm": 500}, UltrasonicSerialSettings
        )


def test_a_sensor_that_measures_when_it_is_asked(line: MockSerialLine) -> None:
    """JSN-SR04T in mode 3: each 55 brings one frame; unasked it is silent."""
    stop = threading.Event()

    def answer() -> None:
        while not stop.is_set():
            for byte in line.receive(0.05):
                if byte == 0x55:
                    line.send(encode("a02", 777))

    sensor = threading.Thread(target=answer)
    sensor.start()
    with Running(driver(line, asks=True)) as running:
        wait_for(running.has_emitted)
    stop.set()
    sensor.join()
    assert set(distances(running)) == {777}
