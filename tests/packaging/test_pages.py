"""The pages for people: their links lead somewhere, and what they teach works as it stands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for path in PROJECT.rglob("*.md")
    if not any(part.startswith(".") for part in path.relative_to(PROJECT).parts)
)
_LINK = re.compile(r"\]\(([^)#\s]+)\)")
_FILE = re.compile(r"^`([\w/.\-]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"^```python registry\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Files beside a page are there; addresses of others are not followed."""
    for link in _LINK.findall(page.read_text(encoding="utf-8").replace("\\_", "_")):
        if "://" not in link and not link.startswith("mailto:"):
            assert (page.parent / link).exists(), link


def test_the_front_page_is_read_in_five_minutes() -> None:
    """At most 150 lines."""
    assert len((PROJECT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


_RUNS_HERE = re.compile(r"linli pack lint|linli-sim run --check|linli (check|show-config)\b")
_COMMANDS = [
    (page, command)
    for page in PAGES
    for block in re.findall(r"^```sh\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    for command in block.replace(".venv/bin/", "").splitlines()
    if re.match(
        r"linli pack lint|linli-sim run --check|linli (check|show-config|models)\b", command
    )
]


@pytest.mark.parametrize(("page", "command"), _COMMANDS, ids=lambda value: str(value)[-40:])
def test_commands_of_the_pages_run(page: Path, command: str) -> None:
    """Those that need no Raspberry Pi, no network and no root, as they stand there."""
    words = command.partition("#")[0].split()
    if words[:2] in (["linli", "check"], ["linli", "show-config"]) and "--config" not in words:
        words += ["--config", "config/kiosk.toml"]
    module = {"linli": "agent.cli", "linli-sim": "hw_mocks.cli"}[words[0]]
    done = subprocess.run(
        [sys.executable, "-m", module, *words[1:]], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def files(page: str) -> Iterator[tuple[str, str]]:
    """The files that a page teaches to write."""
    for match in _FILE.finditer((PROJECT / page).read_text(encoding="utf-8")):
        yield match[1], match[2]


def line(page: str) -> str:
    """The line for a registry."""
    match = _LINE.search((PROJECT / page).read_text(encoding="utf-8"))
    assert match is not None
    return match[1]


@pytest.mark.timeout(300)
def test_a_driver_and_a_service_are_written_by_the_pages_alone(tmp_path: Path) -> None:
    """Their code, laid into a copy of the tree with one line in each registry, passes lint and
    types, its own tests, the tests that hold all drivers, and its scenario."""
    tree = tmp_path / "tree"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    for name in filter(None, listed):
        if (PROJECT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(PROJECT / name, tree / name)
    written = []
    for page in ("drivers/README.md", "agent/services/README.md"):
        for name, text in files(page):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            assert not (tree / name).exists(), f"{name} is there already"
            (tree / name).write_text(text, encoding="utf-8")
            written.append(name)
    for page, registry in (
        ("drivers/README.md", "drivers/__init__.py"),
        ("agent/services/README.md", "agent/services/registry.py"),
    ):
        path = tree / registry
        code = path.read_text(encoding="utf-8")
        head, mark, tail = code.partition("REGISTRY: dict")
        entries, end, rest = tail.partition("\n}\n")
        path.write_text(f"{head}{mark}{entries}\n{line(page).rstrip()}{end}{rest}", "utf-8")
    python = [name for name in written if name.endswith(".py")]
    environment = {**os.environ, "PYTHONPATH": str(tree), "LINLI_MODELS": str(tmp_path / "none")}

    def run(*command: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=tree,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"

    run("ruff", "check", *python)
    run("ruff", "format", "--check", *python)
    run("mypy", "--no-error-summary", "--cache-dir", str(PROJECT / ".mypy_cache"), *python)
    run("agent.schemas.generate")
    run("pytest", "-q", "-p", "no:cacheprovider", "tests/drivers/test_rain.py")
    run("pytest", "-q", "-p", "no:cacheprovider", "tests/drivers/test_registry.py", "-k", "rain")
    run("hw_mocks.cli", "run", "tests/scenarios/rain.toml")
