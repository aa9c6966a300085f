"""Catalogues of public services (190 affairs): what is needed, how long, what it costs, where.

Vocabulary: CPSV-AP 3.2 (hasInput, hasCriterion, processingTime, hasCost, hasChannel,
hasCompetentAuthority).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from agent.dialogue.views import List, Phrase, Row, Status, joined
from agent.dialogue.views import Words as Drawn
from agent.effects import Choice
from agent.services.packs.format import (
    Item,
    Line,
    Need,
    Paragraph,
    Phone,
    Reference,
    Slug,
    Sourced,
    Words,
    twice,
)
from agent.services.packs.page import (
    Here,
    Page,
    Paper,
    Scene,
    Turn,
    dated,
    first_for,
    listed,
    sentence,
)
from agent.services.packs.reading import text_choice, text_scene

EntryId = Annotated[
    str, Meta(pattern="^[A-Za-z0-9-]{2,20}$", description="2 to 20 letters, digits and hyphens")
]


class Entry(Sourced, frozen=True, kw_only=True):
    """One public service. What is empty was not found: residents are told whom to ask."""

    id: EntryId
    group: Line | Literal[""] = ""
    """Heading under which it is listed; all entries have one, or none has."""
    name: Words
    aliases: Annotated[tuple[Line, ...], Meta(max_length=12)] = ()
    """Names that it had, and what residents call it."""
    needs: Annotated[tuple[Need, ...], Meta(max_length=12)] = ()
    kind: Literal["办", "查"] = "办"
    """Done at the window, or looked up at the terminal."""
    criterion: Paragraph | Literal[""] = ""
    """条件: who may have it."""
    input: Annotated[tuple[Line, ...], Meta(max_length=20)] = ()
    """材料: papers to bring, one a line: the checklist."""
    processing_time: Line | Literal[""] = ""
    """时限."""
    cost: Paragraph | Literal[""] = ""
    """费用, or the amount that is paid."""
    channel: Line | Literal[""] = ""
    """Where and how it is done; empty: at the window."""
    phone: Phone | Literal[""] = ""
    form: Slug | Literal[""] = ""
    """Id of the form of this pack by which it can be begun here."""


class CatalogueItem(Item, frozen=True, kw_only=True):
    """A list of public services of one competent authority."""

    competent_authority: Line
    """Who decides."""
    note: Paragraph | Literal[""] = ""
    """Said with every entry: 请以窗口答复为准."""
    entry: Annotated[tuple[Entry, ...], Meta(min_length=1, max_length=300)]

    def references(self) -> Iterator[Reference]:
        """The forms by which entries can be begun."""
        for entry in self.entry:
            if entry.form:
                yield Reference(f"entry {entry.id}", "form", entry.form)

    def flaws(self) -> Iterator[tuple[str, str]]:
        """Ids that are there twice."""
        yield from twice("entry", [entry.id for entry in self.entry])


class Catalogues:
    """Serves catalogues: groups, entries, one entry, its papers as a checklist."""

    def open(self, item: CatalogueItem, page: Page, here: Here) -> Page:
        """The groups, or the entries where there are none."""
        return replace(page, kind="catalogue")

    def scene(self, item: CatalogueItem, page: Page, here: Here) -> Scene:
        """A list, or one entry."""
        entry = self._entry(item, page.at)
        if entry is not None:
            if page.typed == "papers":
                return text_scene(here.word(entry.name), self._papers(entry), "zh-CN", page, here)
            return self._one(item, entry, here)
        sorted_ = first_for(here.needs, item.entry, lambda one: one.needs)
        groups = tuple(dict.fromkeys(one.group for one in sorted_ if one.group))
        if groups and not page.at:
            choices = tuple(Choice("packs.group", name, value=name) for name in groups)
            shown, more = listed(page, choices)
            return Scene(List(more=more), here.word(item.title), "", choices=shown)
        entries = [one for one in sorted_ if one.group == page.at or not page.at]
        choices = tuple(Choice("packs.entry", here.word(one.name), value=one.id) for one in entries)
        shown, more = listed(page, choices)
        title = page.at or here.word(item.title)
        return Scene(List(more=more), title, "", choices=shown)

    def choose(
        self, item: CatalogueItem, page: Page, choice: str, value: str, here: Here
    ) -> Turn | None:
        """Into a group, an entry, its papers, its form."""
        entry = self._entry(item, page.at)
        match choice:
            case "packs.group" if any(one.group == value for one in item.entry):
                return Turn(replace(page, at=value, n=0))
            case "packs.entry" if self._entry(item, value) is not None:
                return Turn(replace(page, at=value, n=0))
            case "packs.papers" if entry is not None and entry.input:
                return Turn(replace(page, typed="papers", n=0))
            case "packs.print" if entry is not None and entry.input and here.prints:
                paper = Paper(here.word(entry.name), _checklist(entry, item, here))
                return Turn(paper=paper)
            case "packs.begin" if entry is not None and entry.form:
                return Turn(Page("form", page.pack, entry.form))
        if entry is not None and page.typed == "papers":
            return text_choice(self._papers(entry), page, choice, here)
        return None

    def _entry(self, item: CatalogueItem, id: str) -> Entry | None:
        return next((entry for entry in item.entry if entry.id == id), None)

    def _papers(self, entry: Entry) -> tuple[Drawn, ...]:
        papers = enumerate(entry.input, 1)
        return tuple(Phrase("label.packs.paper", {"n": n, "paper": one}) for n, one in papers)

    def _one(self, item: CatalogueItem, entry: Entry, here: Here) -> Scene:
        fields: tuple[tuple[str, Drawn, str], ...] = (
            ("criterion", entry.criterion, "person"),
            ("input", joined(entry.input, "items"), "list"),
            ("time", entry.processing_time, "clock"),
            ("cost", entry.cost, "coin"),
            ("channel", entry.channel or here.pack.responsible, "pin"),
            ("phone", entry.phone or item.phone or here.pack.phone, "phone"),
        )
        rows = tuple(
            Row(Phrase(f"label.packs.{name}"), value, icon) for name, value, icon in fields if value
        )
        said = (
            sentence(Phrase("label.packs.field", {"label": row.label, "text": _bare(row.value)}))
            for row in rows
        )
        known = any(value for name, value, _ in fields if name not in ("channel", "phone"))
        about = dated(entry.source, entry.as_of, entry.verified, entry.invented)
        title = here.word(entry.name)
        choices = []
        if entry.form:
            choices.append(Choice("packs.begin", icon="pencil", look="primary"))
        if entry.input:
            choices.append(Choice("packs.papers", icon="list"))
            if here.prints:
                choices.append(Choice("packs.print", icon="next"))
        asked = "" if known else Phrase("label.packs.not-found")
        return Scene(
            Status("book", rows=rows, code=_taken_away(title, entry, item)),
            title,
            about,
            say=joined((sentence(title), asked, *said, item.note)),
            # Two large buttons rather than three small ones: "back" stands in the bar too
            choices=tuple(choices) if len(choices) > 1 else (*choices, Choice("back")),
        )


def _bare(text: Drawn) -> Drawn:
    """Without its stop: more stands behind it."""
    return text.rstrip("。.") if isinstance(text, str) else text


def _checklist(entry: Entry, item: CatalogueItem, here: Here) -> tuple[Drawn, ...]:
    """What stands on a slip: boxes to tick, where to go, whom to ask, and of when it is."""
    return (
        *(f"□ {paper}" for paper in entry.input),
        entry.channel or here.pack.responsible,
        entry.phone or item.phone or here.pack.phone,
        item.note,
        dated(entry.source, entry.as_of, entry.verified, entry.invented),
    )


def _taken_away(title: str, entry: Entry, item: CatalogueItem) -> str:
    """What a QR code holds for who wants to take the list along."""
    papers = "\n".join(f"□ {paper}" for paper in entry.input)
    return f"{title}\n{papers}\n{item.note}" if entry.input else ""
