"""Content that is read, shown and filled in: data, not code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent.effects import Choice, Utterance, Wish
from agent.services.packs.finding import READING, utterances
from agent.services.packs.format import Item, Manifest, Pack
from agent.services.packs.kinds.article import ArticleItem
from agent.services.packs.listing import listing_of
from agent.services.packs.messages import COMMANDS, RECORDS
from agent.services.packs.service import Packs
from agent.services.service_type import ServiceType, Surroundings
from config.articles import Articles

OPEN = Choice("packs.services", icon="list")


def _build(here: Surroundings) -> Packs:
    speaker = next(iter(here.able("speaker")), "")
    printer = next(iter(here.able("printer")), "")
    return Packs(_all(here), here.kiosk.id, speaker, printer)


def _all(here: Surroundings) -> Mapping[str, Pack]:
    """The packs, and articles.toml as one more."""
    own = _reading(here.articles)
    return {**here.packs, READING: own} if own.items else here.packs


def _reading(articles: Articles) -> Pack:
    items: dict[str, Item] = {
        one.id: ArticleItem(title=one.title, language=one.language, paragraphs=one.paragraphs)
        for one in articles.article
    }
    manifest = Manifest(
        id=READING, version=1, title=READING, group="生活", responsible="articles.toml"
    )
    listings = tuple(listing_of(id, item) for id, item in items.items())
    return Pack(manifest, items, {}, listings)


def _home(here: Surroundings) -> Sequence[Choice]:
    reading = (Choice("reading.open", icon="book"),) if here.articles.article else ()
    return (*reading, OPEN) if here.packs else reading


def _heard(here: Surroundings) -> Sequence[Utterance]:
    found = Packs(here.packs, here.kiosk.id, "").found(here.kiosk.language)
    return utterances(found, Wish(OPEN.action))


SERVICE = ServiceType(
    build=_build,
    home=_home,
    heard=_heard,
    records=RECORDS,
    commands=COMMANDS,
)
