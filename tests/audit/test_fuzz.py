"""The fuzzer, for a moment: `make audit` gives each parser a minute."""

from __future__ import annotations

import random

import pytest

from tests.audit.fuzz import TARGETS, bend, once


@pytest.mark.parametrize("name", TARGETS)
def test_a_parser_raises_only_what_it_declares(name: str) -> None:
    """The same thousand inputs each time, and the good ones they are made of."""
    chance, target = random.Random(20), TARGETS[name]
    for seed in target.seeds:
        once(target, seed)
    for _ in range(1_000):
        once(target, bend(chance, target.seeds))
