"""Proposals of residents (群策群议): what was proposed, who supports it, what was answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from agent.dialogue.views import List, Phrase, Row, Status, joined
from agent.effects import Choice
from agent.services.packs.format import Item, Line, Paragraph, Reference, Slug, Sourced, twice
from agent.services.packs.page import Here, Page, Scene, Tally, Turn, dated, listed, sentence


class Proposal(Sourced, frozen=True, kw_only=True):
    """One proposal."""

    id: Slug
    title: Line
    text: Paragraph
    answer: Paragraph | Literal[""] = ""
    """Of those who decide."""
    support: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    """Residents who support it elsewhere; those of this kiosk are added."""


class ProposalsItem(Item, frozen=True, kw_only=True):
    """Proposals that can be read, heard and supported."""

    proposal: Annotated[tuple[Proposal, ...], Meta(max_length=100)] = ()
    form: Slug | Literal[""] = ""
    """Form of this pack by which one makes a proposal."""

    def references(self) -> Iterator[Reference]:
        """The form by which one proposes."""
        if self.form:
            yield Reference("form", "form", self.form)

    def flaws(self) -> Iterator[tuple[str, str]]:
        """Ids that are there twice."""
        yield from twice("proposal", [one.id for one in self.proposal])


class Proposing:
    """Serves proposals: the list, one of them, support for it, one's own."""

    def open(self, item: ProposalsItem, page: Page, here: Here) -> Page:
        """The list."""
        return replace(page, kind="proposals")

    def scene(self, item: ProposalsItem, page: Page, here: Here) -> Scene:
        """The list, or one proposal."""
        title = here.word(item.title)
        one = self._one(item, page.at)
        if one is None:
            choices = [Choice("packs.proposal", p.title, value=p.id) for p in item.proposal]
            shown, more = listed(page, choices, at_once=5)
            own = (Choice("packs.begin", icon="pencil", look="primary"),) if item.form else ()
            return Scene(List(more=more), title, "", choices=(*shown, *own) or (Choice("back"),))
        key = self._key(page, one)
        support = one.support + here.memory.tallies.get(key, Tally()).counts.get("support", 0)
        rows = [Row(Phrase("label.packs.support"), str(support), "person")]
        if one.answer:
            rows.append(Row(Phrase("label.packs.answered"), one.answer, "book"))
        voted = key in here.visit
        support_it = () if voted else (Choice("packs.support", icon="heart", look="primary"),)
        about = dated(one.source or item.source, one.as_of, one.verified, one.invented)
        answered = Phrase("label.packs.answered.say", {"answer": one.answer})
        answer = answered if one.answer else Phrase("label.packs.unanswered")
        supported = Phrase("label.packs.supported", {"n": support})
        said = joined((sentence(one.title), sentence(one.text), supported, answer))
        return Scene(
            Status("person", rows=tuple(rows)),
            one.title,
            about if voted else one.text,
            said,
            choices=(*support_it, Choice("back")),
        )

    def choose(
        self, item: ProposalsItem, page: Page, choice: str, value: str, here: Here
    ) -> Turn | None:
        """Into one, or in favour of it."""
        if choice == "packs.proposal" and self._one(item, value) is not None:
            return Turn(replace(page, at=value, n=0))
        one = self._one(item, page.at)
        if choice == "packs.begin" and one is None and item.form:
            return Turn(Page("form", page.pack, item.form))
        if choice != "packs.support" or one is None or self._key(page, one) in here.visit:
            return None
        key = self._key(page, one)
        before = here.memory.tallies.get(key, Tally())
        counts = {**before.counts, "support": before.counts.get("support", 0) + 1}
        tallies = {
            **here.memory.tallies,
            key: replace(before, counts=counts, version=here.pack.version),
        }
        memory = replace(here.memory, tallies=tallies)
        return Turn(page, replaces=True, memory=memory, visited=key, say="packs.counted")

    def _one(self, item: ProposalsItem, id: str) -> Proposal | None:
        return next((one for one in item.proposal if one.id == id), None)

    def _key(self, page: Page, one: Proposal) -> str:
        return f"{page.pack}/{page.item}/{one.id}"
