"""The last good configuration, and files that are never half written."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from msgspec import Struct

from config.atomic import replacing
from config.keep import FILE, keep_good, last_good
from config.reader import BadConfiguration, read


class Site(Struct, frozen=True, kw_only=True):
    """A whole file."""

    name: str
    pin: int = 0


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two layers on disk."""
    paths = [tmp_path / "kiosk.toml", tmp_path / "10.toml"]
    paths[0].write_text('name = "x"\n')
    paths[1].write_text("\npin = 4\n")
    return paths


def test_what_was_kept_is_read_back_with_its_lines(files: list[Path], tmp_path: Path) -> None:
    """The last good configuration is the same settings from the same files and lines."""
    kept = tmp_path / "state"
    keep_good(read(files, Site), kept)
    files[0].write_text("name = \n")
    back = last_good(kept, Site)
    assert back is not None
    assert back.require() == Site(name="x", pin=4)
    assert back.origins[("pin",)] == (f"{files[1]} (last good)", 2)


def test_only_the_owner_can_read_it_and_it_is_written_only_when_changed(
    files: list[Path], tmp_path: Path
) -> None:
    """Mode 0600, and no write to the card at a start with an unchanged configuration."""
    keep_good(read(files, Site), tmp_path)
    first = (tmp_path / FILE).stat()
    assert stat.S_IMODE(first.st_mode) == 0o600
    keep_good(read(files, Site), tmp_path)
    assert (tmp_path / FILE).stat().st_ino == first.st_ino
    files[1].write_text("pin = 5\n")
    keep_good(read(files, Site), tmp_path)
    back = last_good(tmp_path, Site)
    assert back is not None
    assert back.require().pin == 5


def test_a_wrong_configuration_is_never_kept(files: list[Path], tmp_path: Path) -> None:
    """Keeping one with problems is refused, so the good one stays."""
    files[1].write_text("pni = 5\n")
    with pytest.raises(BadConfiguration):
        keep_good(read(files, Site), tmp_path)
    assert last_good(tmp_path, Site) is None


@pytest.mark.parametrize("kept", [b"", b"[[1,2]]", b'[["kiosk.toml","pin = 1"]]', b"\xff"])
def test_a_kept_file_that_is_of_no_use_is_none(kept: bytes, tmp_path: Path) -> None:
    """Torn, foreign, or no longer valid after an upgrade: there is no last good one."""
    (tmp_path / FILE).write_bytes(kept)
    assert last_good(tmp_path, Site) is None


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """An error in the middle of writing changes nothing and leaves no rubbish."""
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), replacing(path) as file:
        file.write(b"new")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
