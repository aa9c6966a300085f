"""The technician's handbook says what is true: its commands exist, its files are right."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest

from agent.cli import _parser
from agent.configuration import load

PROJECT = Path(__file__).parents[2]
TEXT = (PROJECT / "config" / "README.zh-CN.md").read_text(encoding="utf-8")
CHINESE = (PROJECT / "config" / "chinese.toml").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"```{kind}\n(.*?)```", TEXT, re.DOTALL)


def commands() -> list[list[str]]:
    """Every command of the handbook in words, also those within sentences, without sudo."""
    lines = [line for block in blocks("sh") for line in block.splitlines() if line]
    lines += re.findall(r"`((?:sudo )?(?:linli|make|journalctl|systemctl) [^`]+)`", TEXT)
    return [shlex.split(line.removeprefix("sudo ")) for line in lines]


LINLI = [words for words in commands() if words[0] == "linli"]


@pytest.mark.parametrize("words", LINLI, ids=[" ".join(words) for words in LINLI])
def test_each_command_is_one_that_linli_knows(words: list[str]) -> None:
    """With all its options."""
    _parser().parse_args(words[1:])


def test_each_target_of_make_exists() -> None:
    """`make install`, `make uninstall`."""
    makefile = (PROJECT / "Makefile").read_text()
    targets = {words[1] for words in commands() if words[0] == "make"}
    assert targets >= {"install", "uninstall"}
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_other_programs_are_called_as_they_can_be() -> None:
    """Nothing but programs of Debian and of the kiosk."""
    known = {"linli", "make", "nano", "cp", "install", "systemctl", "journalctl"}
    assert {words[0] for words in commands()} <= known


def test_the_example_is_a_right_configuration(tmp_path: Path) -> None:
    """What is to be changed at least, on top of the packaged file, has no mistake."""
    (example,) = blocks("toml")
    tomllib.loads(example)
    path = tmp_path / "kiosk.toml"
    path.write_bytes((PROJECT / "config" / "kiosk.toml").read_bytes())
    (tmp_path / "kiosk.d").mkdir()
    (tmp_path / "kiosk.d" / "10-site.toml").write_text(example, encoding="utf-8")
    found = load(path, machine=tmp_path)
    assert [str(problem) for problem in found.problems] == []
    assert [caution.place for caution in found.cautions] == ["upstream.token_file"]


def test_twenty_faults_are_named_in_the_words_that_are_said() -> None:
    """Each fragment in the left column is part of a sentence of check, doctor or the page."""
    table = TEXT.partition("## 七")[2]
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| [^|]+ \|$", table, re.MULTILINE)
    parts = [part for row in rows[1:] for part in row.split(" / ")]
    said = [fragment for part in parts for fragment in part.split("…")]
    assert len(rows) - 1 == 20
    for fragment in said:
        assert fragment.strip() in CHINESE, fragment


def test_it_is_on_a_few_pages() -> None:
    """Long manuals are not read in the rain."""
    assert len(TEXT.splitlines()) < 220


def test_links_within_it_lead_somewhere() -> None:
    """Each entry of its contents is the anchor of a heading."""
    anchors = {
        re.sub(r"[^\w-]", "", heading.strip().lower().replace(" ", "-"))
        for heading in re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors


def test_the_installer_points_to_it() -> None:
    """Who has installed learns where to read on."""
    told = subprocess.run(
        ["grep", "-c", "config/README.zh-CN.md", ".ci/install"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout.strip() == "1"
