"""Outreach (语音外呼): a few questions asked by voice, with consent, in quiet hours never."""

from __future__ import annotations

import datetime
from typing import Annotated

from msgspec import Meta

from agent.services.packs.format import Item, Paragraph
from agent.services.packs.kinds.form import Question


class OutreachItem(Item, frozen=True, kw_only=True):
    """One round of questions. Only the class of each answer is kept, never the sound."""

    opening: Paragraph
    """Says who asks, that it is a machine, and how to stop."""
    question: Annotated[tuple[Question, ...], Meta(min_length=1, max_length=3)]
    begins: datetime.time = datetime.time(9, 0)
    ends: datetime.time = datetime.time(18, 0)
    """Outside of these nobody is asked."""
    stop_words: Annotated[tuple[str, ...], Meta(min_length=1, max_length=8)] = (
        "不要再打",
        "不要再问",
    )
    closing: Paragraph
