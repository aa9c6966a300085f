"""Temperature and humidity through the kernel's files, with published contents."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract.signals import Measured
from drivers.climate import driver as module
from drivers.climate.driver import ClimateSensor, ClimateSettings, Kind
from drivers.climate.files import Climate, Fault, one_wire, thousandths
from hw_mocks.devices.climate import MockClimate, w1_slave
from tests.drivers.running import Running, site
from tests.waiting import wait_for


@pytest.mark.parametrize(
    ("scratchpad", "celsius"),
    [
        ("5E 01 FF FF 7F FF FF FF 52", 21.875),
        ("62 01 4B 46 7F FF 0E 10 03", 22.125),
        ("5E FF 4B 46 7F FF 02 10 B6", -10.125),
    ],
)
def test_one_wire_vectors(scratchpad: str, celsius: float) -> None:
    assert one_wire(f"{scratchpad} : crc={scratchpad[-2:]} YES\n{scratchpad} t=1\n") == celsius


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("63 01 4B 46 7F FF 0E 10 03 : crc=40 NO\n t=22125\n", "spoiled"),
        ("63 01 4B 46 7F FF 0E 10 03 : crc=03 YES\n t=22125\n", "spoiled"),
        ("50 05 4B 46 7F FF 0C 10 1C : crc=1c YES\n t=85000\n", "power-up"),
        ("FF 07 4B 46 7F FF 0C 10 A6 : crc=a6 YES\n t=127937\n", "too little power"),
        ("00 00 00 00 00 00 00 00 00 : crc=00 YES\n t=0\n", "shorted"),
        ("FF FF FF FF FF FF FF FF FF : crc=c9 NO\n t=-62\n", "spoiled"),
        ("", "spoiled"),
        ("x y", "no bytes"),
    ],
)
def test_one_wire_faults(text: str, why: str) -> None:
    with pytest.raises(Fault, match=why):
        one_wire(text)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text(text: str) -> None:
    """A reading or a fault, never anything else."""
    for read in (one_wire, thousandths):
        try:
            assert isinstance(read(text), float)
        except Fault as fault:
            assert str(fault)


@settings(deadline=None)
@given(st.integers(-640, 1280))
def test_every_temperature_comes_back(raw: int) -> None:
    whole = raw.to_bytes(2, "little", signed=True) + bytes.fromhex("4B 46 7F FF 0E 10")
    assert one_wire(w1_slave(whole)) == raw / 16


@pytest.mark.parametrize("kind", ["one_wire", "hwmon", "iio"])
def test_readings(tmp_path: Path, kind: Kind) -> None:
    mock = MockClimate(tmp_path / "sensor", kind)
    mock.set({"celsius": 23.5, "percent": 45.678})
    settings = ClimateSettings(
        folder=str(mock.folder),
        kind=kind,
        with_humidity=kind != "one_wire",
    )
    with Running(ClimateSensor("yard", settings, site())) as running:
        wait_for(lambda: len(running.signals) == (1 if kind == "one_wire" else 2))
    told = [(s.quantity, s.value, s.unit) for s in running.signals if isinstance(s, Measured)]
    expected = [("temperature", 23.5, "Cel"), ("humidity", 45.678, "%")]
    assert told == expected[: len(told)]


def test_the_folder_of_a_chip_is_found_by_its_name(tmp_path: Path) -> None:
    """Numbers of folders change from one start to the next."""
    for number, chip in enumerate(("cpu_thermal", "sht3x")):
        folder = tmp_path / f"hwmon{number}"
        folder.mkdir()
        (folder / "name").write_text(chip + "\n")
        (folder / "temp1_input").write_text(f"{number + 20}000\n")
    settings = ClimateSettings(folder=str(tmp_path), kind="hwmon", chip="sht3x")
    with Running(ClimateSensor("yard", settings, site())) as running:
        wait_for(running.has_emitted)
    assert isinstance(running.signals[0], Measured) and running.signals[0].value == 21


def test_lost_and_implausible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AGAIN_S", 0.01)
    mock = MockClimate(tmp_path / "sensor", "hwmon")
    settings = ClimateSettings(folder=str(mock.folder), kind="hwmon", interval_s=1)
    mock.set({"celsius": 130})
    with Running(ClimateSensor("yard", settings, site())) as running:
        assert "130 °C cannot be" in running.why()
    mock.connect(False)
    with Running(ClimateSensor("yard", settings, site())) as running:
        assert "is not there" in running.why()


def test_a_jump_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One wild reading is not told; a change that stays is."""
    monkeypatch.setattr(module, "AGAIN_S", 0.01)
    readings = iter([20.0, 60.0, 20.5, 40.0, 40.5])
    settings = ClimateSettings(folder=str(tmp_path), interval_s=1)
    sensor = ClimateSensor("yard", settings, site())
    monkeypatch.setattr(sensor, "_read", lambda: Climate(next(readings, 40.5)))
    monkeypatch.setattr(sensor._clock, "wait", lambda *args, **kwargs: False)
    told: list[float] = []
    stop = _After(3, told)
    sensor.run(lambda signal: told.append(signal.value), stop)  # type: ignore[arg-type, attr-defined]
    assert told == [20.0, 20.5, 40.5]


class _After:
    """A stop that comes with the reading of this number."""

    def __init__(self, count: int, told: list[float]) -> None:
        self._count, self._told = count, told

    def is_set(self) -> bool:
        return len(self._told) >= self._count
