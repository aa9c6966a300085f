"""The judge and the soak of falls, on the least that they can be given."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.bench import judge_falls, judge_streams, soak_vision
from tests.bench.clips import Clip


@pytest.fixture
def clips(models: Path, data_dir: Path, tmp_path: Path) -> Path:
    """A stranger's folder: clips in folders of their own, and a table without frame numbers."""
    for folder, name in (("falls", "Subject3_Fall_20.mp4"), ("others", "Subject2_ADL_23.mp4")):
        (tmp_path / folder).mkdir()
        shutil.copy(data_dir / "falls" / name, tmp_path / folder)
    (tmp_path / "labels.tsv").write_text(
        "file\tlabel\nfalls/Subject3_Fall_20.mp4\tfall\nSubject2_ADL_23.mp4\tadl\n"
    )
    return tmp_path


def test_any_labelled_folder_is_judged(clips: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each detector's falls and false alarms with intervals, by variant and in total."""
    assert judge_falls.main(["as they are", "4 pictures a second", "--clips", str(clips)]) == 0
    printed = capsys.readouterr().out
    assert printed.count("kiosk                falls found 1 of 1 (95 %: 21% to 100%)") == 2
    assert "kiosk                falls found 2 of 2" in printed
    assert printed.count("simple rules         daily living with an alarm 0 of") == 3


def test_falls_in_spoiled_streams_are_judged(
    clips: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was found, what was withdrawn, what alarmed wrongly, kind by kind; others are named."""
    kinds = ["one grey, +0.0 s", "held for ten minutes, grey"]
    assert judge_streams.main(["--only", "Fall_20", "--clips", str(clips), *kinds]) == 0
    printed = capsys.readouterr().out
    for kind in kinds:
        assert re.search(rf"^{re.escape(kind)} +1 of 1  +0 +0 of 0$", printed, re.MULTILINE)
    assert "all                                2 of 2, withdrawn 0, false 0 of 0" in printed


def test_a_folder_without_labels_is_refused(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Judge and soak say what is missing."""
    for main in (judge_falls.main, judge_streams.main, soak_vision.main):
        assert main(["--clips", str(tmp_path)]) == 2
        assert "labels.tsv with the columns file and label" in capsys.readouterr().err


def test_a_soak_counts_hours_and_alarms(clips: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A minute of daily living, and what is left of it for falls backwards."""
    assert soak_vision.main(["--hours", "0.0167", "--clips", str(clips)]) == 0
    printed = capsys.readouterr().out
    assert "camera, daily living: 0.0 h, 0 alarms, 0 times blind" in printed
    assert "camera, falls backwards: 0.0 h" in printed


def test_two_players_of_one_seed_show_the_same(clips: Path) -> None:
    """What alarmed once can be shown again; another seed shows something else."""
    clip = Clip.read(clips / "others" / "Subject2_ADL_23.mp4", None)

    def scenes(seed: int) -> list[str]:
        shown = soak_vision.Player(seed).daily([clip])
        return [next(shown).scene for _ in range(300)]

    assert scenes(1) == scenes(1) != scenes(2)
