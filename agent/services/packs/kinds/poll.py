"""Polls: one question a screen; votes are counted here and go up as totals only."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from agent.dialogue.views import Ballot as BallotView
from agent.dialogue.views import Bar, Phrase, Status, Words, joined
from agent.effects import Choice
from agent.services.packs.format import Item, Prose, Slug, Table, twice
from agent.services.packs.kinds.form import FormChoice
from agent.services.packs.page import Here, Page, Scene, Tally, Turn, dated, listed, sentence


class Ballot(Table, frozen=True, kw_only=True):
    """One question and what can be voted for."""

    name: Slug
    label: Prose
    choice: Annotated[tuple[FormChoice, ...], Meta(min_length=2, max_length=12)]


class PollItem(Item, frozen=True, kw_only=True):
    """A vote of residents."""

    ballot: Annotated[tuple[Ballot, ...], Meta(min_length=1, max_length=8)]
    per: Literal["visit", "code"] = "visit"
    """One vote per visit, or per resident's code."""
    ends: datetime.date | None = None
    results: Literal["shown", "after the end"] = "shown"

    def flaws(self) -> Iterator[tuple[str, str]]:
        """Names that are there twice."""
        yield from twice("ballot", [one.name for one in self.ballot])
        for one in self.ballot:
            yield from twice(f"choice of {one.name}", [choice.name for choice in one.choice])


class Polls:
    """Serves polls: one ballot a screen, then thanks and, where they may be seen, results."""

    def open(self, item: PollItem, page: Page, here: Here) -> Page:
        """The first ballot that this visitor has not voted on."""
        return replace(page, kind="poll", at=self._next(item, page, here))

    def scene(self, item: PollItem, page: Page, here: Here) -> Scene:
        """A ballot, or the results."""
        title = here.word(item.title)
        if self._over(item, here):
            return self._results(item, here, page, Phrase("label.packs.poll-over"))
        ballot = next((one for one in item.ballot if one.name == page.at), None)
        if ballot is None:
            return self._results(item, here, page, Phrase("label.packs.voted"))
        choices = [
            Choice("packs.vote", here.word(one.label), value=one.name) for one in ballot.choice
        ]
        shown, more = listed(page, choices)
        about = dated(item.source, item.as_of, item.verified, item.invented)
        said = joined((sentence(title), here.word(ballot.label)))
        return Scene(BallotView(), here.word(ballot.label), more or about, said, choices=shown)

    def choose(
        self, item: PollItem, page: Page, choice: str, value: str, here: Here
    ) -> Turn | None:
        """A vote is counted: nothing is kept of who gave it, or when."""
        ballot = next((one for one in item.ballot if one.name == page.at), None)
        if choice == "packs.finish":
            return Turn(leaves=True)
        if ballot is None or choice != "packs.vote" or self._over(item, here):
            return None
        if value not in {one.name for one in ballot.choice}:
            return None
        key = f"{page.pack}/{page.item}/{ballot.name}"
        if key in here.visit:
            return Turn(replace(page, at=""), replaces=True)
        before = here.memory.tallies.get(key, Tally())
        counts = {**before.counts, value: before.counts.get(value, 0) + 1}
        tallies = {
            **here.memory.tallies,
            key: replace(before, counts=counts, version=here.pack.version),
        }
        memory = replace(here.memory, tallies=tallies)
        visited = here._replace(visit=here.visit | {key})
        after = replace(page, at=self._next(item, page, visited), n=0)
        return Turn(after, replaces=True, memory=memory, visited=key, say="packs.counted")

    def _next(self, item: PollItem, page: Page, here: Here) -> str:
        open_ = (
            b.name for b in item.ballot if f"{page.pack}/{page.item}/{b.name}" not in here.visit
        )
        return next(open_, "")

    def _over(self, item: PollItem, here: Here) -> bool:
        return item.ends is not None and here.now is not None and here.now.date() > item.ends

    def _results(self, item: PollItem, here: Here, page: Page, text: Phrase) -> Scene:
        title = here.word(item.title)
        done = (Choice("packs.finish", icon="check", look="primary"),)
        if item.results != "shown" and not self._over(item, here):
            return Scene(Status("check"), title, text, choices=done)
        bars: list[Bar] = []
        said: list[Words] = []
        votes = 0
        for ballot in item.ballot:
            tally = here.memory.tallies.get(f"{page.pack}/{page.item}/{ballot.name}", Tally())
            total = sum(tally.counts.values())
            votes += total
            for one in ballot.choice:
                share = round(100 * tally.counts.get(one.name, 0) / total) if total else 0
                bars.append(Bar(here.word(one.label), share))
                what = here.word(one.label)
                said.append(Phrase("label.packs.share", {"what": what, "percent": share}))
        values = {"results": joined(said), "votes": votes, "title": title}
        view = BallotView(tuple(bars), votes)
        return Scene(view, title, text, Phrase("label.packs.results.say", values), choices=done)
