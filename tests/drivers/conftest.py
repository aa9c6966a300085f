"""Fixtures of the drivers' tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.camera import MODEL
from hw_mocks.camera import MockCamera


@pytest.fixture
def mock() -> Iterator[MockCamera]:
    """A network camera that shows an empty room."""
    camera = MockCamera()
    yield camera
    camera.close()


@pytest.fixture(scope="session")
def models() -> Path:
    """The folder with the pose model."""
    beside = Path(__file__).resolve().parents[2] / ".linli" / "models"
    folder = Path(os.environ.get("LINLI_MODELS", beside))
    if not (folder / MODEL).is_file():
        pytest.skip(f"no pose model in {folder}; fetch it with: linli models")
    return folder
