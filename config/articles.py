"""What the kiosk reads aloud: the structs of articles.toml."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from config.checks import unique
from config.explain import Mistake
from config.places import Slug, Words
from config.reader import Loaded, read

PACKAGED = Path(__file__).with_name("articles.toml")


class Article(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to be read."""

    id: Slug
    """A short name of its own."""
    title: Words
    """What stands on its button and above its sentences."""
    language: str = "zh-CN"
    """BCP 47 tag of its words: the voice that reads them."""
    paragraphs: Annotated[tuple[Words, ...], Meta(min_length=1)]
    """Cut into sentences at their punctuation; one sentence is said and shown at a time."""

    def __post_init__(self) -> None:
        for number, paragraph in enumerate(self.paragraphs, 1):
            if not any(character.isalnum() for character in paragraph):
                raise ValueError(f"paragraph {number} has no words; write some or remove it")


class Articles(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything in articles.toml."""

    article: Annotated[tuple[Article, ...], Meta(max_length=6)] = ()
    """One [[article]] each, at most six; without any the home screen does not offer them."""


def read_articles(path: Path = PACKAGED) -> Loaded[Articles]:
    """Read articles.toml, or say everything that is wrong in it."""
    return read(path, Articles, checks=[_ids_are_unique])


def _ids_are_unique(articles: Articles) -> Iterator[Mistake]:
    yield from unique(
        (article.id, ("article", position, "id"))
        for position, article in enumerate(articles.article)
    )
