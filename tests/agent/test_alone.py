"""One data folder belongs to one daemon."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from agent.cli import main
from tests.agent.test_configuration import PACKAGED


def test_a_second_daemon_on_one_folder_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of them would both send and both drive the lamps: the later one says so and ends."""
    monkeypatch.setattr("agent.cli.signal.signal", lambda number, handler: None)
    with (tmp_path / "lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert main(["run", "--config", str(PACKAGED), "--data", str(tmp_path)]) == 1
    assert "another kiosk runs here" in caplog.text
    assert not (tmp_path / "linli.db").exists()
