"""Link cards: an address for the resident's own phone, as words and as a QR code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from agent.dialogue.views import Phrase, Status
from agent.effects import Choice
from agent.services.packs.format import Item, Paragraph, Reference
from agent.services.packs.page import Here, Page, Scene, Turn


class LinkItem(Item, frozen=True, kw_only=True):
    """Something that is done elsewhere."""

    url: Annotated[
        str,
        Meta(
            pattern=r"^https://[a-z0-9.-]+(/[A-Za-z0-9._~/?=&%-]*)?$",
            max_length=200,
            description="an https:// address",
        ),
    ]
    """Its host must be in the district's list (``hosts.toml`` beside the packs)."""
    without_phone: Paragraph
    """How to do the same without a phone."""

    def references(self) -> Iterator[Reference]:
        """The host of its address."""
        yield Reference("url", "host", self.url.removeprefix("https://").partition("/")[0])


class Links:
    """Serves link cards: the kiosk itself never opens an address."""

    def open(self, item: LinkItem, page: Page, here: Here) -> Page:
        """The card."""
        return replace(page, kind="link")

    def scene(self, item: LinkItem, page: Page, here: Here) -> Scene:
        """The address as a code for a phone, and how to do without."""
        title = here.word(item.title)
        summary = here.word(item.summary) if item.summary else ""
        return Scene(
            Status("phone", code=item.url),
            title,
            item.without_phone,
            say=Phrase(
                "label.packs.link.say",
                {"title": title, "summary": summary, "without": item.without_phone},
            ),
            choices=(Choice("back"),),
        )

    def choose(
        self, item: LinkItem, page: Page, choice: str, value: str, here: Here
    ) -> Turn | None:
        """Nothing can be chosen but the way back."""
        return None
