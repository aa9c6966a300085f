"""Content that is read, shown and filled in: data, not code."""

from __future__ import annotations

from collections.abc import Sequence

from agent.effects import Choice
from agent.services.packs.article import Article, Reading
from agent.services.packs.sentences import sentences
from agent.services.service_type import ServiceType, Surroundings


def _build(here: Surroundings) -> Reading:
    articles = [
        Article(
            one.id,
            one.title,
            one.language,
            tuple(part.strip() for text in one.paragraphs for part in sentences(text)),
        )
        for one in here.articles.article
    ]
    return Reading(articles, next(iter(here.able("speaker")), ""))


def _home(here: Surroundings) -> Sequence[Choice]:
    return (Choice("reading.open", icon="book"),) if here.articles.article else ()


SERVICE = ServiceType(build=_build, home=_home)
