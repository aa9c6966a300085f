"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from drivers.camera import MODEL

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("linli", deadline=None)
settings.load_profile("linli")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real clips and recordings, which is not part of the project."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("LINLI_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no recordings at {folder}; set LINLI_DATA to a folder that has them")
    return folder


@pytest.fixture(scope="session")
def models() -> Path:
    """The folder with the pose model."""
    beside = Path(__file__).resolve().parents[1] / ".linli" / "models"
    folder = Path(os.environ.get("LINLI_MODELS", beside))
    if not (folder / MODEL).is_file():
        pytest.skip(f"no pose model in {folder}; fetch it with: linli models")
    return folder
