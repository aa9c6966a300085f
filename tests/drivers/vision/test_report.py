"""`linli falls`."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import cv2
import pytest

from drivers.vision.ground import Mounting
from drivers.vision.report import Result, main, read_room, summary, wilson
from drivers.vision.videos import Label


def test_report_counts_and_times(
    models: Path, data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder with a labels file gives a table, the shares found, and the delay; exit 0."""
    for name in ("Subject3_Fall_20.mp4", "Subject3_ADL_07.mp4", "labels.tsv"):
        shutil.copy(data_dir / "falls" / name, tmp_path)
    assert main([str(tmp_path), "--models", str(models)]) == 0
    printed = capsys.readouterr().out
    assert "falls found 1 of 1" in printed
    assert "daily living with an alarm 0 of 1" in printed
    assert "alarm after impact: median" in printed


ZONES = """
[drivers.hall]
type = "camera"
source = "0"
zones = [{name = "电视", kind = "ignore", polygon = [[0, 0], [1, 0], [1, 1], [0, 1]]}]
"""


def test_zones_and_strips(models: Path, data_dir: Path, tmp_path: Path) -> None:
    """Each alarm is a strip of stick figures on white; what a zone ignores is none."""
    film = str(data_dir / "falls" / "Subject3_Fall_20.mp4")
    strips, kiosk = tmp_path / "strips", tmp_path / "kiosk.toml"
    kiosk.write_text(ZONES, encoding="utf-8")
    command = [film, "--models", str(models), "--strip", str(strips)]
    assert main([*command, "--zones", str(kiosk)]) == 1
    assert not strips.exists()
    assert main(command) == 0
    picture = cv2.imread(str(strips / "Subject3_Fall_20-1.png"))
    assert picture is not None
    white = (picture == 255).all(axis=2).mean()
    assert 0.9 < white < 0.99


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("drivers = 1 2", "kiosk.toml"),
        ("", "no driver of the type camera"),
        (ZONES.replace("ignore", "ignored"), "ignored"),
        (ZONES + ZONES.replace("hall", "door"), "several cameras (hall, door)"),
    ],
)
def test_zones_that_cannot_be_read_are_named(tmp_path: Path, text: str, part: str) -> None:
    """File and mistake."""
    path = tmp_path / "kiosk.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(part)):
        read_room(path)


def test_mounting_is_read_with_the_zones(tmp_path: Path) -> None:
    """How the camera hangs stands in the same file; half of it is refused by what is missing."""
    path = tmp_path / "kiosk.toml"
    table = ZONES + "[drivers.hall.mounting]\nheight_m = 2.4\n"
    path.write_text(f"{table}tilt_deg = 25\n", encoding="utf-8")
    zones, mounting = read_room(path)
    assert [zone.name for zone in zones] == ["电视"]
    assert mounting == Mounting(height_m=2.4, tilt_deg=25)
    path.write_text(table, encoding="utf-8")
    with pytest.raises(ValueError, match="tilt_deg"):
        read_room(path)


def test_a_video_that_is_none_is_named(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, with the file's name."""
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    assert main([str(tmp_path), "--models", str(models)]) == 2
    assert "broken.mp4" in capsys.readouterr().err


def test_a_missing_model_names_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, and the command that fetches it."""
    assert main([str(tmp_path), "--models", str(tmp_path)]) == 2
    assert "linli models" in capsys.readouterr().err


def test_misses_and_false_alarms_are_counted() -> None:
    """A labelled fall without an alarm is a miss, in the shares as in the table."""
    missed = Result("a", 10.0, [], Label(True, 30, 15.0), 1, 0.1)
    quiet = Result("b", 3600.0, [], Label(False, None, None), 1, 0.1)
    printed = "\n".join(summary([missed, quiet]))
    assert "falls found 0 of 1" in printed
    assert "below 3 an hour" in printed


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"), [(0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0), (0, 0, 0, 1)]
)
def test_wilson_interval(hits: int, trials: int, low: float, high: float) -> None:
    """Values from Wilson's formula, as printed in tables."""
    assert wilson(hits, trials) == pytest.approx((low, high), abs=0.001)
