"""Fixtures of the drivers' tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from drivers.camera import MODEL


@pytest.fixture(scope="session")
def models() -> Path:
    """The folder with the pose model."""
    beside = Path(__file__).resolve().parents[2] / ".linli" / "models"
    folder = Path(os.environ.get("LINLI_MODELS", beside))
    if not (folder / MODEL).is_file():
        pytest.skip(f"no pose model in {folder}; fetch it with: linli models")
    return folder
