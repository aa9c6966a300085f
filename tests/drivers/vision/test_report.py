"""`linli falls`."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.vision.ground import Mounting
from drivers.vision.pose import as_frame
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


def film(path: Path, size: tuple[int, int] = (160, 120), pictures: int = 20) -> Path:
    """Write a short film of an empty room."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, size)
    for number in range(pictures):
        writer.write(as_frame(np.full((size[1], size[0], 3), 90 + number % 3)))
    writer.release()
    return path


def test_damaged_files_are_reported_one_by_one_and_the_rest_is_judged(
    models: Path, data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each with its name and what is wrong with it; exit 2, for something was not looked at."""
    shutil.copy(data_dir / "falls" / "Subject3_Fall_20.mp4", tmp_path / "fall.mp4")
    whole = (data_dir / "falls" / "Subject3_Fall_20.mp4").read_bytes()
    (tmp_path / "a_empty.mp4").touch()
    (tmp_path / "b_text.mp4").write_text("no video")
    (tmp_path / "c_cut.mp4").write_bytes(whole[: len(whole) // 3])
    (tmp_path / "d_folder.mp4").mkdir()
    os.mkfifo(tmp_path / "e_pipe.mp4")
    (tmp_path / "f_gone.mp4").symlink_to(tmp_path / "nowhere.mp4")
    film(tmp_path / "g_tiny.avi", (16, 16))
    cut = film(tmp_path / "h_shorter.avi", pictures=60).read_bytes()
    (tmp_path / "h_shorter.avi").write_bytes(cut[: len(cut) // 2])
    film(tmp_path / "i_good.avi")
    (tmp_path / "labels.tsv").write_text(
        "file\tlabel\nfall.mp4\tfall\na_empty.mp4\tfall\nh_shorter.avi\tfall\ni_good.avi\tadl\n"
    )
    assert main([str(tmp_path), "--models", str(models)]) == 2
    lines = capsys.readouterr().out.splitlines()
    for name, word in {
        "a_empty.mp4": "is empty", "b_text.mp4": "cannot be read", "c_cut.mp4": "cannot be read",
        "d_folder.mp4": "is no file", "e_pipe.mp4": "is no file", "f_gone.mp4": "is no file",
        "g_tiny.avi": "16×16", "h_shorter.avi": "cut off",
    }.items():  # fmt: skip
        assert word in next(line for line in lines if line.startswith(name)), name
    assert "falls found 1 of 1 " in "\n".join(lines)
    assert "daily living with an alarm 0 of 1 " in "\n".join(lines)
    assert "8 of 10 files are damaged; see above" in lines


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
