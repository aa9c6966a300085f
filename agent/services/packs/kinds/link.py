"""Link cards: an address for the resident's own phone, as words and as a QR code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from agent.services.packs.format import Item, Paragraph, Reference


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
