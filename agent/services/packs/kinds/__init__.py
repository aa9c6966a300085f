"""Kinds of items, one module each; a kind is a struct for its file and how it is served."""

from __future__ import annotations

from agent.services.packs.format import Item
from agent.services.packs.kinds.article import ArticleItem
from agent.services.packs.kinds.booking import BookingItem
from agent.services.packs.kinds.catalogue import CatalogueItem
from agent.services.packs.kinds.form import FormItem
from agent.services.packs.kinds.link import LinkItem
from agent.services.packs.kinds.notice import NoticesItem
from agent.services.packs.kinds.outreach import OutreachItem
from agent.services.packs.kinds.poll import PollItem
from agent.services.packs.kinds.progress import ProgressItem
from agent.services.packs.kinds.proposals import ProposalsItem
from agent.services.packs.kinds.task import TaskItem
from agent.services.packs.kinds.way import WayItem

KINDS: dict[str, type[Item]] = {
    "article": ArticleItem,
    "booking": BookingItem,
    "catalogue": CatalogueItem,
    "form": FormItem,
    "link": LinkItem,
    "notices": NoticesItem,
    "outreach": OutreachItem,
    "poll": PollItem,
    "progress": ProgressItem,
    "proposals": ProposalsItem,
    "task": TaskItem,
    "way": WayItem,
}
"""What ``type`` in an item's file may say → the struct of its other keys."""
