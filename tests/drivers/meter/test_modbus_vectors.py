"""Published and computed frames of Modbus RTU, through the driver itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from agent.contract.signals import Measured
from drivers.bus.owner import BusSettings, Unanswered
from drivers.meter.modbus import ModbusDevice, ModbusSettings
from tests.drivers.running import site


class Wire:
    """A bus on which *answer* follows *request*, whatever comes before it."""

    settings = BusSettings(port="wire")

    def __init__(self, request: str, answer: str) -> None:
        self._request, self._answer = bytes.fromhex(request), bytes.fromhex(answer)

    def ask(self, member: str, request: bytes, answer: Callable[[bytes], bytes | None]) -> bytes:
        assert request == self._request
        told = answer(self._answer)
        if told is None:
            raise Unanswered("nothing")
        return told


def read(wire: Wire, address: int, register: dict[str, Any], function: int = 3) -> Measured:
    table = {"bus": "b", "address": address, "function": function, "registers": {"it": register}}
    device = ModbusDevice("m", msgspec.convert(table, ModbusSettings), site())
    [told] = device._read(wire)  # type: ignore[arg-type]
    return told


DISTANCE = {"register": 5, "quantity": "distance", "unit": "mm", "invalid": [65535]}


@pytest.mark.parametrize(
    ("address", "scale", "request_", "answer", "mm"),
    [
        (15, 1, "0F 03 00 05 00 01 95 25", "0F 03 02 04 D2 53 18", 1234),  # URM15
        (12, 0.1, "0C 03 00 05 00 01 95 16", "0C 03 02 30 39 41 97", 1234.5),  # URM14
        (12, 0.1, "0C 03 00 05 00 01 95 16", "0C 03 02 FF FF 94 35", None),
        (15, 1, "0F 03 00 05 00 01 95 25", "0F 83 02 A1 32", None),  # no such register
    ],
)
def test_distance_sensors(
    address: int, scale: float, request_: str, answer: str, mm: float | None
) -> None:
    """No reading and a refusal are told as such."""
    told = read(Wire(request_, answer), address, {**DISTANCE, "scale": scale})
    assert (told.value, told.missing) == (mm, "invalid" if mm is None else "")


def test_an_exception_of_the_specification() -> None:
    """A refusal counts as one, whichever function the device names in it."""
    wire = Wire("0A 03 04 A1 00 01 D5 A3", "0A 81 02 B0 53")
    assert read(wire, 10, {**DISTANCE, "register": 0x4A1}).missing == "invalid"


@pytest.mark.parametrize(
    "spoiled", ["0F 03 02 04 D2 53 19", "0E 03 02 04 D2 6F D9", "0F 03 04 04 D2 53 18", "0F"]
)
def test_answers_that_are_none(spoiled: str) -> None:
    with pytest.raises(Unanswered):
        read(Wire("0F 03 00 05 00 01 95 25", spoiled), 15, DISTANCE)
