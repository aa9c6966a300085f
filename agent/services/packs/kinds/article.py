"""Articles: read aloud sentence by sentence, with the sentence marked on the page."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from agent.services.packs.format import Item, Prose
from agent.services.packs.page import Here, Page, Scene, Turn
from agent.services.packs.reading import text_choice, text_scene
from agent.services.packs.sentences import plain, spoken_parts


class ArticleItem(Item, frozen=True, kw_only=True):
    """Something to be read."""

    language: Annotated[str, Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]+)*$")] = "zh-CN"
    """Of words that do not say it themselves: the voice that reads them."""
    text: Annotated[str, Meta(pattern=r"^([a-z0-9-]+\.md)?$")] = ""
    """Markdown file beside it: paragraphs, headings and lists; no HTML."""
    paragraphs: Annotated[tuple[Prose, ...], Meta(max_length=60)] = ()
    """The text itself, where there is no file; in several languages, each has all of it."""

    def __post_init__(self) -> None:
        if bool(self.text) == bool(self.paragraphs):
            raise ValueError("an article needs either text or paragraphs; write one of them")


class Articles:
    """Serves articles."""

    def open(self, item: ArticleItem, page: Page, here: Here) -> Page:
        """The first sentence."""
        return replace(page, kind="article")

    def scene(self, item: ArticleItem, page: Page, here: Here) -> Scene:
        """One sentence and those around it."""
        sentences, language = self._of(item, here), self._language(item, here)
        return text_scene(here.word(item.title), sentences, language, page, here)

    def choose(
        self, item: ArticleItem, page: Page, choice: str, value: str, here: Here
    ) -> Turn | None:
        """On, back, slower, faster."""
        return text_choice(self._of(item, here), page, choice, here)

    def _of(self, item: ArticleItem, here: Here) -> tuple[str, ...]:
        if item.text:
            return plain(here.texts[item.text])
        return spoken_parts(*map(here.word, item.paragraphs))

    def _language(self, item: ArticleItem, here: Here) -> str:
        """Of what is read: the resident's, where it is written in that."""
        first = item.paragraphs[0] if item.paragraphs else ""
        if isinstance(first, str):
            return item.language
        return next(tag for tag in (here.language, "zh-CN", *first) if tag in first)
