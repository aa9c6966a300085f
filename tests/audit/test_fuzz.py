"""The fuzzer, for a moment: `make audit` gives each parser a minute."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from drivers import SETTINGS
from tests.audit import doors
from tests.audit.devices import OF_DRIVERS
from tests.audit.fuzz import TARGETS, bend
from tests.audit.target import once

_INPUTS, _BYTES = 500, 60_000


@pytest.fixture(scope="module", autouse=True)
def servers() -> Iterator[None]:
    """Those that are fuzzed end with the tests."""
    yield
    doors.OPEN.close()


@pytest.mark.parametrize("name", TARGETS)
def test_a_parser_raises_only_what_it_declares(name: str) -> None:
    """The same five hundred inputs each time, fewer where they are long, and the good ones they
    are made of."""
    chance, target = random.Random(20), TARGETS[name]
    fed = 0
    for seed in target.good():
        once(target, seed)
    for _ in range(_INPUTS):
        data = bend(chance, target)
        once(target, data)
        fed += len(data)
        if fed > _BYTES:
            break


def test_every_driver_that_reads_bytes_is_fuzzed() -> None:
    """A new type of driver names its parsers' targets, or says that it has none."""
    assert OF_DRIVERS.keys() == SETTINGS.keys()
    assert {name for names in OF_DRIVERS.values() for name in names} <= TARGETS.keys()
