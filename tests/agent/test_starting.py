"""One data folder belongs to one daemon, also where nothing can be written in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.starting import AnotherRuns, _alone, _writable


def test_a_folder_is_held_once(tmp_path: Path) -> None:
    """Until it is let go."""
    said = "another kiosk runs here; end it first: fuser"
    with _alone(tmp_path), pytest.raises(AnotherRuns, match=said):
        _alone(tmp_path)
    _alone(tmp_path).close()


def test_a_disk_that_cannot_be_written_is_held_all_the_same(tmp_path: Path) -> None:
    """No lock file can be made there: the daemon starts, and a second one does not."""
    (tmp_path / "lock").mkdir()
    with _alone(tmp_path), pytest.raises(AnotherRuns):
        _alone(tmp_path)
    _alone(tmp_path).close()


def test_what_is_no_folder_is_said(tmp_path: Path) -> None:
    """A file where the data folder should be."""
    (tmp_path / "data").write_text("")
    with pytest.raises(NotADirectoryError, match="not a folder"):
        _alone(tmp_path / "data")


def test_whether_a_folder_can_be_written(tmp_path: Path) -> None:
    """It is made if it is not there; a file in its way is noticed."""
    assert _writable(tmp_path / "cache")
    (tmp_path / "file").write_text("")
    assert not _writable(tmp_path / "file" / "cache")
