"""Fixtures of the uplink's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hw_mocks.upstream import Upstream
from tests.agent.uplink.rig import Rig


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A real server, online."""
    with Upstream() as server:
        yield server


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A store and an uplink that is not started yet."""
    kiosk = Rig(tmp_path)
    yield kiosk
    kiosk.close()
