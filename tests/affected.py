"""Which test files to run after a change: those that import it, the nearest first.

    python -m tests.affected REVISION [DURATIONS.xml]

Prints a file a line; what is left out for want of time is said on the error output.
"""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("agent", "config", "drivers", "hw_mocks", "kiosk_ui", "tests")
BUDGET_S = 100.0
"""Seconds of tests, on one core; two run at a time."""
UNKNOWN_S = {"tests.scenarios.": 200.0, "": 5.0}
"""Seconds that tests count as before they were ever timed, by the beginning of their module."""
STARTED = {
    "hw_mocks.daemon_process": ("hw_mocks.daemon",),
    "hw_mocks.daemon": ("hw_mocks.child",),
    "agent.core.child": ("drivers",),
    "agent.contract.clock": ("agent.core.child",),
    "hw_mocks.workbench": ("hw_mocks.player", "hw_mocks.devices.microphone"),
}
"""Modules → what they start as a program, or load by name, which no import shows."""
BESIDE = {
    ".ci": "tests.packaging",
    "Makefile": "tests.packaging",
    "pyproject.toml": "tests.packaging",
    "systemd": "tests.systemd",
}
"""Files that are in no package → the tests that read them."""

Importers = Mapping[str, frozenset[str]]
"""Module → the modules that import it."""


def changed_since(revision: str) -> list[Path]:
    """Files that differ from *revision* or are new, relative to the root.

    Raises:
        subprocess.CalledProcessError: there is no such revision.
    """
    listed = [
        ("git", "diff", "--name-only", "-z", revision, "--"),
        ("git", "ls-files", "--others", "--exclude-standard", "-z"),
    ]
    names = [
        name
        for command in listed
        for name in subprocess.run(
            command, cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout.split("\0")
    ]
    return [Path(name) for name in dict.fromkeys(names) if name]


def modules_of(path: Path, modules: Iterable[str]) -> set[str]:
    """The modules that a change of *path* changes: its own, or, of a file that is no module,
    those of the nearest package around it."""
    known = set(modules)
    if path.suffix == ".py":
        name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        if name in known:
            return {name}
    for folder in (path, *path.parents):
        if beside := BESIDE.get(str(folder)):
            return {name for name in known if name == beside or name.startswith(f"{beside}.")}
        package = ".".join(folder.parts)
        if package in known:
            return {package} | {name for name in known if name.rpartition(".")[0] == package}
    return set()


def distances(changed: Iterable[str], importers: Importers) -> dict[str, int]:
    """How many imports each module is away from the nearest of the *changed*."""
    away = dict.fromkeys(changed, 0)
    queue = deque(away)
    while queue:
        module = queue.popleft()
        for importer in importers.get(module, ()):
            if importer not in away:
                away[importer] = away[module] + 1
                queue.append(importer)
    return away


def is_test(module: str) -> bool:
    """Whether pytest finds tests in it."""
    return module.rpartition(".")[2].startswith("test_")


def seconds_by_module(report: Path | None) -> dict[str, float]:
    """How long the tests of each module took, from pytest's ``--junitxml``."""
    spent: dict[str, float] = {}
    if report is None or not report.exists():
        return spent
    for case in ElementTree.parse(report).iter("testcase"):
        parts = case.get("classname", "").split(".")
        while parts and not is_test(".".join(parts)):
            parts.pop()  # a class of tests
        module = ".".join(parts)
        spent[module] = spent.get(module, 0.0) + float(case.get("time", 0))
    return spent


def chosen(
    away: Mapping[str, int], seconds: Mapping[str, float], budget_s: float = BUDGET_S
) -> tuple[list[str], list[str]]:
    """The test modules to run, nearest first within *budget_s*, and those left out.

    A changed module of tests runs whatever it takes; a long one does not keep out a shorter.
    """
    run, left = [], []
    for module in sorted(filter(is_test, away), key=lambda m: (away[m], seconds.get(m, 0.0), m)):
        guess = next(guess for start, guess in UNKNOWN_S.items() if module.startswith(start))
        takes = seconds.get(module, guess)
        if away[module] == 0 or takes <= budget_s:
            run.append(module)
            budget_s -= takes
        else:
            left.append(module)
    return run, left


def importers_now() -> dict[str, frozenset[str]]:
    """The import graph of the project, and what is started instead of imported."""
    graph = grimp.build_graph(*PACKAGES)
    importers = {
        module: set(graph.find_modules_that_directly_import(module)) for module in graph.modules
    }
    for starter, started in STARTED.items():
        for module in started:
            importers.setdefault(module, set()).add(starter)
    # conftest.py is found, not imported
    for module in graph.modules:
        if module.endswith(".conftest"):
            below = module.removesuffix("conftest")
            importers[module] |= {m for m in graph.modules if m.startswith(below) and is_test(m)}
    return {module: frozenset(found) for module, found in importers.items()}


def main(revision: str, report: Path | None = None) -> None:
    """Print what to run."""
    importers = importers_now()
    changed = {module for path in changed_since(revision) for module in modules_of(path, importers)}
    run, left = chosen(distances(changed, importers), seconds_by_module(report))
    for module in run:
        print(f"{module.replace('.', '/')}.py")
    if left:
        names = ", ".join(name.removeprefix("tests.") for name in left[:8])
        more = f" and {len(left) - 8} more" if len(left) > 8 else ""
        print(f"linli: left to `make test`, for time: {names}{more}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else None)
