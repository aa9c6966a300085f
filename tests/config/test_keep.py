"""The last good configuration, and files that are never half written."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from config.atomic import replacing
from config.keep import LINK, keep_good, last_good

FILES = {"kiosk.toml": "a = 1\n", "kiosk.d/10.toml": "b = 2\r\n", "phrases/zh-CN/taxi.toml": "车"}


def kept(folder: Path) -> dict[str, str]:
    """What is kept, by relative names."""
    found = last_good(folder)
    assert found is not None
    files = [path for path in found.rglob("*") if path.is_file()]
    return {str(path.relative_to(found)): path.read_bytes().decode() for path in files}


def test_what_was_kept_is_the_whole_set_as_it_was(tmp_path: Path) -> None:
    """Every file with every byte under its name; of earlier sets nothing remains."""
    keep_good({"kiosk.toml": "", "places.toml": "old"}, tmp_path)
    keep_good(FILES, tmp_path)
    assert kept(tmp_path) == FILES
    assert len(list(tmp_path.iterdir())) == 2  # the set and the link to it


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    """Addresses of cameras may have passwords in them."""
    keep_good(FILES, tmp_path)
    folder = last_good(tmp_path)
    assert folder is not None
    assert stat.S_IMODE(folder.resolve().stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "kiosk.toml").stat().st_mode) == 0o600


def test_it_is_written_only_when_changed(tmp_path: Path) -> None:
    """No write to the card at a start with an unchanged configuration."""
    keep_good(FILES, tmp_path)
    before = (tmp_path / LINK / "kiosk.toml").stat()
    keep_good(dict(FILES), tmp_path)
    after = (tmp_path / LINK / "kiosk.toml").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_failed_write_keeps_the_old_set(tmp_path: Path) -> None:
    """A name that cannot be written ends with the set that was there, and no rubbish."""
    keep_good(FILES, tmp_path)
    with pytest.raises(OSError):
        keep_good({"kiosk.toml": "x", "kiosk.toml/y": "not possible"}, tmp_path)
    assert kept(tmp_path) == FILES
    assert len(list(tmp_path.iterdir())) == 2


def test_nothing_kept_is_none(tmp_path: Path) -> None:
    """An empty folder, and a link that leads nowhere."""
    assert last_good(tmp_path) is None
    (tmp_path / LINK).symlink_to("good-gone")
    assert last_good(tmp_path) is None


def test_a_failed_replacement_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """An error in the middle of writing changes nothing and leaves no rubbish."""
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), replacing(path) as file:
        file.write(b"new")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
