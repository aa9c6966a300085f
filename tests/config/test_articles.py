"""Articles to be read aloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.services.packs.sentences import sentences
from config.articles import read_articles

ARTICLE = """\
[[article]]
id = "{id}"
title = "出门"
paragraphs = ["先看天。"]
"""


def problems(tmp_path: Path, text: str) -> list[str]:
    """What is wrong with an articles.toml."""
    path = tmp_path / "articles.toml"
    path.write_text(text, encoding="utf-8")
    return [str(problem).removeprefix(f"{path}:") for problem in read_articles(path).problems]


def test_the_packaged_article_has_short_sentences() -> None:
    """What can be remembered while it is heard, and stands on a small screen as a whole."""
    (article,) = read_articles().require().article
    assert all(len(one) <= 30 for text in article.paragraphs for one in sentences(text))


def test_there_may_be_none(tmp_path: Path) -> None:
    """A kiosk need not read."""
    assert problems(tmp_path, "") == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (ARTICLE.format(id="a") * 2, "'a'"),
        (ARTICLE.format(id="a").replace("先看天。", "。"), "paragraph 1 has no words"),
        (ARTICLE.format(id="A b"), "a short name"),
        ('[[article]]\nid = "a"\ntitle = "x"\nparagraphs = []\n', "paragraphs"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, text: str, complaint: str) -> None:
    """Each with its reason."""
    assert any(complaint in problem for problem in problems(tmp_path, text))
