"""All kinds of items. Who adds one writes a module beside the others and a line here."""

from __future__ import annotations

from typing import Any, NamedTuple

from agent.services.packs.filling import Forms
from agent.services.packs.format import Item
from agent.services.packs.kinds.article import ArticleItem, Articles
from agent.services.packs.kinds.booking import BookingItem, Bookings
from agent.services.packs.kinds.catalogue import CatalogueItem, Catalogues
from agent.services.packs.kinds.form import FormItem
from agent.services.packs.kinds.link import LinkItem, Links
from agent.services.packs.kinds.notice import Boards, NoticesItem
from agent.services.packs.kinds.outreach import Outreaches, OutreachItem
from agent.services.packs.kinds.poll import PollItem, Polls
from agent.services.packs.kinds.programme import ProgrammeItem, Programmes
from agent.services.packs.kinds.progress import Progresses, ProgressItem
from agent.services.packs.kinds.proposals import ProposalsItem, Proposing
from agent.services.packs.kinds.task import TaskItem, Tasks
from agent.services.packs.kinds.way import WayItem, Ways
from agent.services.packs.page import Kind


class KindType(NamedTuple):
    """A kind as ``type`` in an item's file names it."""

    item: type[Item]
    """Struct of the file's other keys."""
    serve: Kind[Any]


KINDS: dict[str, KindType] = {
    "article": KindType(ArticleItem, Articles()),
    "booking": KindType(BookingItem, Bookings()),
    "catalogue": KindType(CatalogueItem, Catalogues()),
    "form": KindType(FormItem, Forms()),
    "link": KindType(LinkItem, Links()),
    "notices": KindType(NoticesItem, Boards()),
    "outreach": KindType(OutreachItem, Outreaches()),
    "poll": KindType(PollItem, Polls()),
    "programme": KindType(ProgrammeItem, Programmes()),
    "progress": KindType(ProgressItem, Progresses()),
    "proposals": KindType(ProposalsItem, Proposing()),
    "task": KindType(TaskItem, Tasks()),
    "way": KindType(WayItem, Ways()),
}

STRUCTS: dict[str, type[Item]] = {name: kind.item for name, kind in KINDS.items()}


def kind_of(item: Item) -> str:
    """The name of an item's kind."""
    return next(name for name, kind in KINDS.items() if type(item) is kind.item)
