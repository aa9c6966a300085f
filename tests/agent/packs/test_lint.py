"""What staff learn of a pack before anybody hears it, and packs made from spreadsheets."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from agent.cli import main
from agent.packs.lint import alike, sentences_of
from agent.packs.packaged import FOLDER, packs_in

SURVEY = [
    ["type", "name", "label::zh", "required", "relevant", "min", "max", "personal"],
    ["select_one when", "when", "什么时候来？", "", "", "", "", ""],
    ["integer", "people", "几个人来？", "", "", 1, 9, ""],
    ["phone", "phone", "打哪个电话找您？", "no", "${when} = 'later'", "", "", "yes"],
]
CHOICES = [
    ["list_name", "name", "label::zh", "aliases"],
    ["when", "today", "今天", "今朝"],
    ["when", "later", "以后再说", ""],
]
SETTINGS = [
    ["form_title", "form_id", "version", "responsible", "purpose", "retention_days"],
    ["重阳节聚餐报名", "double-ninth", 2, "三村居委会", "只为了留位子。", 30],
]


def sheet(path: Path, **changes: Any) -> Path:
    """A spreadsheet as staff write it."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    sheets: dict[str, Any] = {
        "survey": SURVEY,
        "choices": CHOICES,
        "settings": SETTINGS,
        **changes,
    }
    for name, rows in sheets.items():
        made = book.create_sheet(name)
        for row in rows:
            made.append(row)
    book.save(path)
    return path


def test_a_spreadsheet_becomes_a_pack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`linli pack import` makes a folder that `linli pack lint` finds right."""
    path = sheet(tmp_path / "form.xlsx")
    assert main(["pack", "import", str(path), str(tmp_path)]) == 0
    assert "all is well" in capsys.readouterr().out
    text = (tmp_path / "double-ninth" / "form.toml").read_text(encoding="utf-8")
    assert 'relevant = "when=later"' in text and '"今朝"' in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"survey": [SURVEY[0], ["select_one wen", "when", "什么时候？"]]}, "no list 'wen'"),
        ({"survey": [SURVEY[0], ["integer", "n", ""]]}, "row 2: the column label::zh is empty"),
        ({"survey": [SURVEY[0], ["integer", "n", "几个？", "", "", "一"]]}, "no whole number"),
        ({"survey": [SURVEY[0], ["text", "n", "说说？"]]}, "select_one"),
        ({"settings": [SETTINGS[0], ["", "x", 1, "居委会"]]}, "the column form_title is empty"),
        (
            {"settings": [SETTINGS[0], ["表", "x", "二", "居委会"]]},
            "column version: '二' is no whole number",
        ),
    ],
)
def test_mistakes_in_a_spreadsheet_are_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, list[list[object]]],
    said: str,
) -> None:
    """Sheet, row, column, value, remedy."""
    path = sheet(tmp_path / "form.xlsx", **changes)
    assert main(["pack", "import", str(path), str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert said in captured.out + captured.err


def test_what_is_no_spreadsheet_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A text file by that name, or none at all."""
    path = tmp_path / "form.xlsx"
    assert main(["pack", "import", str(path), str(tmp_path)]) == 2
    path.write_text("hello")
    assert main(["pack", "import", str(path), str(tmp_path)]) == 2
    assert "save it as .xlsx" in capsys.readouterr().err


@pytest.mark.parametrize("part", ["xl/workbook.xml", "[Content_Types].xml", "xl/styles.xml"])
@pytest.mark.parametrize("content", [b"<a", b"", b"<x><y/></x>", b"\xff\xfe", b"<a>" * 3_000])
def test_a_spoiled_spreadsheet_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], part: str, content: bytes
) -> None:
    """Whatever the library raises at one of its parts: a sentence, no traceback."""
    good = sheet(tmp_path / "form.xlsx")
    spoiled = tmp_path / "spoiled.xlsx"
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(spoiled, "w") as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    if main(["pack", "import", str(spoiled), str(tmp_path)]):  # some parts may be spoiled
        assert "spoiled.xlsx: " in capsys.readouterr().err


def test_lint_reads_every_sentence_on_paper(capsys: pytest.CaptureFixture[str]) -> None:
    """With its reading, how long it takes, and the characters to listen to."""
    assert main(["pack", "lint", "--paper", str(FOLDER / "lift")]) == 0
    printed = capsys.readouterr().out
    assert "第一步" in printed and " s)" in printed and "listen to:" in printed


def test_choices_that_sound_alike_are_found() -> None:
    """No two choices on one screen may be taken for each other."""
    assert alike("是的", "四的") and alike("按摩", "按摩")
    assert not alike("上午", "下午") and not alike("赞成", "不赞成")


def test_every_packaged_sentence_can_be_read() -> None:
    """Nothing in the packs is without a reading."""
    count = 0
    for pack in packs_in().values():
        for spoken in sentences_of(pack):
            count += 1
            assert spoken.reading or not any("\u4e00" <= c <= "\u9fff" for c in spoken.sentence)
    assert count > 500
