"""The PZEM-004T before Modbus, with published frames."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract.signals import Measured
from drivers.bus.owner import Bus, BusSettings
from drivers.meter.pzem_v1 import PzemV1, PzemV1Settings, Quantity, answered, ask
from hw_mocks.bus import MockBus
from hw_mocks.devices.meter import PzemV1 as Mock
from tests.drivers.running import Running, site
from tests.waiting import wait_for


@pytest.mark.parametrize(
    ("quantity", "question", "answer", "value"),
    [
        ("voltage", "B0 C0 A8 01 01 00 1A", "A0 00 E6 02 00 00 88", 230.2),
        ("current", "B1 C0 A8 01 01 00 1B", "A1 00 11 20 00 00 D2", 17.32),
        ("power", "B2 C0 A8 01 01 00 1C", "A2 08 98 00 00 00 42", 2200),
        ("energy", "B3 C0 A8 01 01 00 1D", "A3 01 86 9F 00 00 C9", 99.999),
    ],
)
def test_published(quantity: Quantity, question: str, answer: str, value: float) -> None:
    assert ask(quantity) == bytes.fromhex(question)
    assert answered(quantity, b"\xa0" + bytes.fromhex(answer)) == value
    assert answered(quantity, bytes.fromhex(answer)[:-1]) is None
    assert answered(quantity, bytes.fromhex(answer)[:-1] + b"\x00") is None
    others = [one for one in get_args(Quantity) if one != quantity]
    assert all(answered(one, bytes.fromhex(answer)) is None for one in others)


@settings(deadline=None)
@given(st.sampled_from(get_args(Quantity)), st.binary(max_size=40))
def test_any_bytes(quantity: Quantity, data: bytes) -> None:
    value = answered(quantity, data)
    assert value is None or 0 <= value < 100_000


def test_driver(tmp_path: Path) -> None:
    with MockBus(tmp_path / "bus") as wire:
        bus = Bus("pzem", BusSettings(port=str(wire.line.link)))
        Mock(wire, "mains")
        here = site()._replace(buses={"pzem": bus})
        with Running(PzemV1("mains", PzemV1Settings(bus="pzem"), here)) as running:
            wait_for(lambda: len(running.signals) == 4)
        bus.close()
    values = {s.quantity: s.value for s in running.signals if isinstance(s, Measured)}
    assert values == {"voltage": 230.2, "current": 17.32, "power": 2200, "energy": 99.999}
