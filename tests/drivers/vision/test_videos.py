"""Labels of video files."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.vision.videos import Label, labelled, read_labels


def test_labels_without_a_column_are_refused(tmp_path: Path) -> None:
    """The missing column is named."""
    path = tmp_path / "labels.tsv"
    path.write_text("file\tkind\na.mp4\tx\n")
    with pytest.raises(ValueError, match="no column label"):
        read_labels(path)


def test_labels_are_found_above_and_by_path(tmp_path: Path) -> None:
    """One table serves the folders below it, file and label suffice; the nearest one counts."""
    for name in ("a/1.mp4", "b/1.mp4", "b/own/2.mp4", "b/own/3.mp4", "4.avi"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "labels.tsv").write_text("file\tlabel\na/1.mp4\tfall\nb/1.mp4\tadl\n4.avi\tfall\n")
    (tmp_path / "b/own/labels.tsv").write_text("file\tlabel\n2.mp4\tfall\n")
    found = {
        path.relative_to(tmp_path).as_posix(): label and label.fall
        for path, label in labelled([tmp_path])
    }
    assert found == {
        "a/1.mp4": True, "b/1.mp4": False, "b/own/2.mp4": True, "b/own/3.mp4": None, "4.avi": True
    }  # fmt: skip
    assert labelled([tmp_path / "a"]) == [(tmp_path / "a/1.mp4", None)]
    assert labelled([tmp_path / "a"], tmp_path / "b/own/labels.tsv")[0][1] is None


def test_a_label_that_is_none_is_refused(tmp_path: Path) -> None:
    """What is neither fall nor adl would be counted wrongly."""
    path = tmp_path / "labels.tsv"
    path.write_text("file\tlabel\na.mp4\tfalling\n")
    with pytest.raises(ValueError, match=r"a\.mp4: label must be fall or adl; got 'falling'"):
        read_labels(path)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("impact_frame", "3.5"), ("onset_frame", "-1"), ("fps_real", "fast"), ("fps_real", "0"),
        ("fallen_at", "0.4"), ("fallen_at", "0.4,1.2"), ("fallen_at", "left,low"),
    ],
)  # fmt: skip
def test_a_number_that_is_none_is_refused(tmp_path: Path, column: str, value: str) -> None:
    """Table, video, column and value are named, and what there may be."""
    path = tmp_path / "labels.tsv"
    path.write_text(f"file\tlabel\t{column}\na.mp4\tfall\t{value}\n")
    with pytest.raises(ValueError, match=rf"labels\.tsv: a\.mp4: {column} must be .*'{value}'"):
        read_labels(path)


def test_blanks_around_a_number_do_not_matter(tmp_path: Path) -> None:
    """Tables are typed by hand."""
    path = tmp_path / "labels.tsv"
    path.write_text("file\tlabel\timpact_frame\tfps_real\na.mp4\tfall\t 35 \t 15.0 \n")
    assert read_labels(path) == {"a.mp4": Label(True, 35, 15.0)}


def test_who_of_several_fell_may_be_said(tmp_path: Path) -> None:
    """By where the body lies; an empty place says that there is no need."""
    path = tmp_path / "labels.tsv"
    path.write_text("file\tlabel\tfallen_at\na.mp4\tfall\t0.25, 0.8\nb.mp4\tfall\t\n")
    labels = read_labels(path)
    assert labels["a.mp4"].lies == (0.25, 0.8) and labels["b.mp4"].lies is None
