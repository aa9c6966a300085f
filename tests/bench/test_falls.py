"""The soak of falls, on the least that it can be given."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.bench import soak_vision
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
