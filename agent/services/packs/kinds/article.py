"""Articles: read aloud sentence by sentence, with the sentence marked on the page."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from agent.services.packs.format import Item, Language, Paragraph


class ArticleItem(Item, frozen=True, kw_only=True):
    """Something to be read."""

    language: Language = "zh-CN"
    """Of its words: the voice that reads them."""
    text: Annotated[str, Meta(pattern=r"^([a-z0-9-]+\.md)?$")] = ""
    """Markdown file beside it: paragraphs, headings and lists; no HTML."""
    paragraphs: Annotated[tuple[Paragraph, ...], Meta(max_length=60)] = ()
    """The text itself, where there is no file."""

    def __post_init__(self) -> None:
        if bool(self.text) == bool(self.paragraphs):
            raise ValueError("an article needs either text or paragraphs; write one of them")
