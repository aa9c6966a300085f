"""The table of requirements names tests that exist, and every number."""

from __future__ import annotations

import re
from pathlib import Path

TABLE = Path(__file__).with_name("REQUIREMENTS.md").read_text(encoding="utf-8")
TESTS = Path(__file__).parents[1]


def test_every_requirement_has_a_line() -> None:
    """All 46, in order."""
    assert re.findall(r"^\| (\d+) \|", TABLE, re.M) == [str(n) for n in range(1, 47)]


def test_every_test_that_is_named_exists() -> None:
    """What the table promises is somewhere among the tests, under that name."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", TABLE))
    assert [name for name in sorted(named) if f"def {name}(" not in code] == []
    numbered = set(re.findall(r"def (test_req_\d\d_\w+)\(", code))
    assert numbered <= named
