"""The import contracts can fail: a rule that never bites would hold nothing."""

from __future__ import annotations

import grimp
import pytest

from tests.imports import OnlyContract


def check(imports: list[tuple[str, str]], may_import: list[str]) -> list[tuple[str, str, int]]:
    graph = grimp.ImportGraph()
    graph.add_module("drivers")
    for importer, imported in imports:
        graph.add_import(
            importer=importer, imported=imported, line_number=3, line_contents="import it"
        )
    options = {"module": "drivers", "may_import": may_import}
    found = OnlyContract("drivers", {}, options).check(graph, verbose=False)
    broken: list[tuple[str, str, int]] = found.metadata["broken"]
    assert found.kept == (not broken)
    return broken


@pytest.mark.parametrize("importer", ["drivers", "drivers.lamp", "drivers.vision.pose"])
def test_a_forbidden_import_is_named(importer: str) -> None:
    """Wherever in the package it is, with the line."""
    assert check([(importer, "agent.core.store")], ["agent.contract"]) == [
        (importer, "agent.core.store", 3)
    ]


@pytest.mark.parametrize("imported", ["agent.contract", "agent.contract.keys", "drivers.pins"])
def test_what_is_allowed_passes(imported: str) -> None:
    """A package may import itself and what is listed, with all that is in there."""
    assert check([("drivers.lamp", imported)], ["agent.contract"]) == []


def test_a_name_that_begins_alike_is_another_module() -> None:
    """agent.contract does not let agent.contracts in."""
    assert check([("drivers.lamp", "agent.contracts")], ["agent.contract"])
