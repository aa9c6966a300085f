"""Fixtures of the drivers' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hw_mocks.devices.camera import MockCamera


@pytest.fixture
def mock() -> Iterator[MockCamera]:
    """A network camera that shows an empty room."""
    camera = MockCamera()
    yield camera
    camera.close()
