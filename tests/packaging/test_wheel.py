"""What `linli` is when it is installed: its code with the files that it reads, and no mocks."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SHIPPED = ("agent", "config", "drivers", "kiosk_ui")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True, timeout=50)
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_it_has_every_file_of_the_packages(wheel: zipfile.ZipFile) -> None:
    """Phrases, templates, pictures, styles, places and the manifest of models are in it."""
    here = {
        str(path.relative_to(PROJECT))
        for package in SHIPPED
        for path in (PROJECT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert here <= set(wheel.namelist())


def test_mocks_and_tests_stay_at_home(wheel: zipfile.ZipFile) -> None:
    """A kiosk has no code that pretends to be hardware, and no command for it."""
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if ".dist-info" not in top} == set(SHIPPED)
    (entries,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert wheel.read(entries).decode().splitlines() == [
        "[console_scripts]",
        "linli = agent.cli:main",
    ]


def test_it_says_under_which_licence(wheel: zipfile.ZipFile) -> None:
    """The full text of the Apache licence is part of it."""
    (licence,) = (name for name in wheel.namelist() if name.endswith("licenses/LICENSE"))
    assert b"Apache License" in wheel.read(licence)
