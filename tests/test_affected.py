"""What `make check` runs after a change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.affected import chosen, distances, importers_now, modules_of, seconds_by_module


@pytest.fixture(scope="module")
def importers() -> dict[str, frozenset[str]]:
    """The project as it is."""
    return importers_now()


def test_a_module_is_its_file_and_a_data_file_its_package(
    importers: dict[str, frozenset[str]],
) -> None:
    """Every file leads to modules, or to the tests that read it; a README to none."""
    assert modules_of(Path("agent/core/inbox.py"), importers) == {"agent.core.inbox"}
    assert modules_of(Path("agent/core/__init__.py"), importers) == {"agent.core"}
    assert "tests.scenarios.test_scenarios" in modules_of(
        Path("tests/scenarios/taxi_ride.toml"), importers
    )
    assert "kiosk_ui.server" in modules_of(Path("kiosk_ui/static/kiosk.css"), importers)
    assert "tests.packaging.test_install" in modules_of(Path(".ci/install"), importers)
    assert modules_of(Path("README.md"), importers) == set()


def test_the_tests_of_a_module_come_before_those_of_what_uses_it(
    importers: dict[str, frozenset[str]],
) -> None:
    """The inbox's own test is next to it; the scenarios, which start the daemon as a process,
    are reached too."""
    away = distances({"agent.core.inbox"}, importers)
    assert away["tests.agent.core.test_inbox"] == 1
    assert away["tests.scenarios.test_scenarios"] > 1
    assert "tests.config.test_reader" not in away


def test_time_is_spent_on_what_is_near() -> None:
    """A changed test runs whatever it takes; of the rest the nearest, while there is time."""
    away = {"a.test_changed": 0, "a.test_near": 1, "a.test_slow": 1, "a.test_far": 2, "a.code": 0}
    seconds = {"a.test_changed": 50.0, "a.test_near": 4.0, "a.test_slow": 90.0, "a.test_far": 6.0}
    run, left = chosen(away, seconds, budget_s=60)
    assert run == ["a.test_changed", "a.test_near", "a.test_far"]
    assert left == ["a.test_slow"]


def test_times_are_those_of_the_last_run(tmp_path: Path) -> None:
    """Tests in classes count to their module; no report is no times."""
    report = tmp_path / "tests.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="tests.test_a" name="x" time="1.5"/>'
        '<testcase classname="tests.test_a.TestIt" name="y" time="0.5"/></testsuite></testsuites>'
    )
    assert seconds_by_module(report) == {"tests.test_a": 2.0}
    assert seconds_by_module(tmp_path / "none.xml") == {}
