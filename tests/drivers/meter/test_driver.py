"""Meters on a bus, with the devices' own bytes on a pseudo-terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract.driver import Driver, Site
from agent.contract.signals import Measured
from drivers import REGISTRY, capabilities, claims
from drivers.bus.owner import Bus, BusSettings
from drivers.meter.modbus import PZEM_REGISTERS, Register, decoded
from hw_mocks.bus import MockBus
from hw_mocks.devices import Stand
from hw_mocks.devices.meter import crc, make
from tests.drivers.running import Running, site
from tests.waiting import wait_for

MAP = {
    "supply": {
        "register": 5,
        "quantity": "temperature",
        "unit": "Cel",
        "kind": "s16",
        "scale": 0.1,
    },
    "pump": {"register": 10, "quantity": "power", "unit": "W", "kind": "f32"},
}
HOUSEHOLD = {"type": "household_meter", "address": "002241020208"}
MODBUS = {"type": "modbus", "address": 7, "registers": MAP}
PZEM = {"type": "pzem004t", "address": 1}


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[MockBus]:
    with MockBus(tmp_path / "bus") as wire:
        yield wire


@pytest.fixture
def place(wire: MockBus) -> Iterator[Site]:
    """A site with one bus, named meters."""
    bus = Bus("meters", BusSettings(port=str(wire.line.link)))
    yield site()._replace(buses={"meters": bus})
    bus.close()


def attached(wire: MockBus, name: str, table: dict[str, Any]) -> Any:
    """The stand-in of *table* on the bus."""
    stand = Stand(Path(), None, 0, {"meters": wire})  # type: ignore[arg-type]
    return make(name, {"bus": "meters", **table}, stand)


def driver(place: Site, name: str, table: dict[str, Any]) -> Driver:
    rest = {key: value for key, value in table.items() if key != "type"}
    kind = REGISTRY[table["type"]]
    settings = msgspec.convert({"bus": "meters", "interval_s": 0.5, **rest}, kind.settings)
    return kind.driver(name, settings, place)


def readings(running: Running) -> dict[str, float | str | None]:
    """What was measured last, by part or quantity."""
    told = [s for s in running.signals if isinstance(s, Measured)]
    return {s.part or s.quantity: s.missing or s.value for s in told}


def test_household_meter(wire: MockBus, place: Site) -> None:
    """Energy and power by default; the rest where it is asked for."""
    attached(wire, "flat", HOUSEHOLD).set({"power": -271.5})
    with Running(driver(place, "flat", HOUSEHOLD)) as running:
        wait_for(lambda: len(running.signals) >= 2)
    assert readings(running) == {"energy": 1206.42, "power": -271.5}


def test_registers_of_a_technicians_map(wire: MockBus, place: Site) -> None:
    attached(wire, "heat", MODBUS).set({"supply": -12.5, "pump": 1.25})
    with Running(driver(place, "heat", MODBUS)) as running:
        wait_for(lambda: len(running.signals) >= 2)
    assert readings(running) == {"supply": -12.5, "pump": 1.25}


def test_a_register_that_is_refused_is_invalid(wire: MockBus, place: Site) -> None:
    attached(wire, "heat", {**MODBUS, "registers": {"supply": MAP["supply"]}})
    with Running(driver(place, "heat", MODBUS)) as running:
        wait_for(lambda: len(running.signals) >= 2)
    assert readings(running) == {"supply": 1.0, "pump": "invalid"}


def test_pzem(wire: MockBus, place: Site) -> None:
    attached(wire, "flat", PZEM).set({"voltage": 225.7, "energy": 99.999, "power": 2200.4})
    with Running(driver(place, "flat", PZEM)) as running:
        wait_for(lambda: len(running.signals) >= 6)
    assert readings(running)["voltage"] == 225.7
    assert readings(running)["energy"] == 99.999
    assert readings(running)["power"] == 2200.4


def test_one_dead_member_and_the_others_on_time(wire: MockBus, place: Site) -> None:
    """Each has its own down; who is plugged in again is read again."""
    attached(wire, "flat", HOUSEHOLD)
    dead = attached(wire, "heat", MODBUS)
    dead.connect(False)
    with Running(driver(place, "heat", MODBUS)) as lost:
        assert "no answer on" in lost.why()
    with (
        Running(driver(place, "flat", HOUSEHOLD)) as running,
        Running(driver(place, "heat", MODBUS)) as lost,
    ):
        assert "no answer on" in lost.why()
        wait_for(lambda: len(running.signals) >= 4)
        assert not running.gave_up
    dead.connect(True)
    with Running(driver(place, "heat", MODBUS)) as back:
        wait_for(lambda: back.signals)


def test_an_adapter_that_echoes(wire: MockBus, place: Site) -> None:
    wire.echoes = True
    attached(wire, "flat", HOUSEHOLD)
    attached(wire, "heat", MODBUS)
    with (
        Running(driver(place, "flat", HOUSEHOLD)) as one,
        Running(driver(place, "heat", MODBUS)) as other,
    ):
        wait_for(lambda: one.signals and other.signals)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            "01 04 14 08 D1 00 6C 00 00 00 F4 00 00 00 26 00 00 01 F4 00 64 00 00 51 34",
            (225.7, 0.108, 24.4, 0.038, 50.0, 1.0),
        ),
        (
            "01 04 14 09 59 02 04 00 00 03 85 00 00 12 29 00 00 01 F3 00 49 00 00 D3 EA",
            (239.3, 0.516, 90.1, 4.649, 49.9, 0.73),
        ),
        (
            "01 04 14 08 98 03 E8 00 00 08 98 00 00 00 00 00 00 01 F4 00 64 00 00 63 CE",
            (220.0, 1.0, 220.0, 0.0, 50.0, 1.0),
        ),
    ],
)
def test_pzem_vectors(answer: str, expected: tuple[float, ...]) -> None:
    """Published answers, decoded by the map that the driver uses."""
    frame = bytes.fromhex(answer)
    assert crc(frame) == 0
    words = [int.from_bytes(frame[at : at + 2], "big") for at in range(3, len(frame) - 2, 2)]
    told = tuple(
        decoded(one, words[one.register : one.register + (2 if "32" in one.kind else 1)])
        for one in PZEM_REGISTERS.values()
    )
    assert told == expected


@pytest.mark.parametrize(
    "frame",
    ["01 04 00 00 00 0A 70 0D", "F8 04 00 00 00 0A 64 64", "01 84 02 C2 C1", "0F 83 02 A1 32",
     "0A 81 02 B0 53", "0F 03 00 05 00 01 95 25", "0C 03 02 FF FF 94 35"],
)  # fmt: skip
def test_checksum_vectors(frame: str) -> None:
    assert crc(bytes.fromhex(frame)) == 0


@settings(deadline=None)
@given(
    st.sampled_from(["u16", "s16", "u32", "s32", "f32"]),
    st.booleans(),
    st.binary(min_size=4, max_size=4),
)
def test_any_contents(kind: str, low: bool, raw: bytes) -> None:
    """Every content of registers is a bounded number or none; never a NaN."""
    one = Register(register=0, quantity="x", unit="1", kind=kind, low_word_first=low)  # type: ignore[arg-type]
    words = [int.from_bytes(raw[:2], "big"), int.from_bytes(raw[2:], "big")]
    number = decoded(one, words[: 2 if "32" in kind else 1])
    assert number is None or abs(number) <= 1e12


def test_invalid_contents() -> None:
    one = Register(register=5, quantity="distance", unit="mm", scale=0.1, invalid=(0xFFFF,))
    assert decoded(one, [0xFFFF]) is None
    assert decoded(one, [0x3039]) == 1234.5


def test_what_they_claim_and_can() -> None:
    kind = REGISTRY["modbus"]
    settings = msgspec.convert({"bus": "b", "address": 7, "registers": MAP}, kind.settings)
    assert capabilities("modbus", settings) == {"temperature", "power"}
    assert [claim[:2] for claim in claims("modbus", settings)] == [("address", ("b", 7))]
